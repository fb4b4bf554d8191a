{% macro leads_nowhere(reference) %}
    {{- return(
        "count_if(" ~ reference ~ " = 'unknown' and recorded_" ~ reference
        ~ " is not null)"
    ) -}}
{% endmacro %}
