{% macro between(expression, min_value, max_value, strictly) %}
    {%- if min_value is none and max_value is none -%}
        {{- exceptions.raise_compiler_error(
            'Give min_value, max_value or both for ' ~ expression
        ) -}}
    {%- endif -%}
    {%- set or_equal = '' if strictly else '=' -%}
    {%- set bounds = [] -%}
    {%- if min_value is not none -%}
        {%- do bounds.append(
            expression ~ ' >' ~ or_equal ~ ' '
            ~ dbt_expectations.sql_value(min_value)
        ) -%}
    {%- endif -%}
    {%- if max_value is not none -%}
        {%- do bounds.append(
            expression ~ ' <' ~ or_equal ~ ' '
            ~ dbt_expectations.sql_value(max_value)
        ) -%}
    {%- endif -%}
    {{- return(bounds | join(' and ')) -}}
{% endmacro %}
