{% macro percentile_cont(field, quantile, partition=none) -%}
    percentile_cont({{ quantile }}) within group (order by {{ field }})
    {%- if partition %} over (partition by {{ partition }}){% endif %}
{%- endmacro %}
