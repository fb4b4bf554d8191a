{% macro rows_to_check(columns, ignore_row_if) %}
    {%- set missing = [] -%}
    {%- for column in columns -%}
        {%- do missing.append(column ~ ' is null') -%}
    {%- endfor -%}
    {%- if ignore_row_if == 'all_values_are_missing' -%}
        {{- return('not (' ~ missing | join(' and ') ~ ')') -}}
    {%- elif ignore_row_if == 'any_value_is_missing' -%}
        {{- return('not (' ~ missing | join(' or ') ~ ')') -}}
    {%- elif ignore_row_if == 'never' -%}
        {{- return('') -}}
    {%- endif -%}
    {{- exceptions.raise_compiler_error(
        "ignore_row_if is 'all_values_are_missing', 'any_value_is_missing' "
        ~ "or 'never', not '" ~ ignore_row_if ~ "'"
    ) -}}
{% endmacro %}
