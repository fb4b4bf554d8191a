{% macro median(field, partition=none) -%}
    {{ dbt_expectations.percentile_cont(field, 0.5, partition) }}
{%- endmacro %}
