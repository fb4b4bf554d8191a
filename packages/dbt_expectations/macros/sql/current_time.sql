{% macro current_time() %}
    {%- set time_zone = var('dbt_date:time_zone', none) -%}
    {%- if time_zone is none -%}
        {{- return('current_timestamp()') -}}
    {%- endif -%}
    {{- return(
        'cast(convert_timezone(' ~ dbt_expectations.string_literal(time_zone)
        ~ ', localtimestamp()) as timestamp)'
    ) -}}
{% endmacro %}
