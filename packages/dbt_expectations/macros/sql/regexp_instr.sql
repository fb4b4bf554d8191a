{% macro regexp_instr(
    source_value, regexp, position=1, occurrence=1, is_raw=false, flags=''
) %}
    {%- if position != 1 or occurrence != 1 -%}
        {{- exceptions.raise_compiler_error(
            "Spark's regexp_instr finds the first occurrence only"
        ) -}}
    {%- endif -%}
    regexp_instr({{ source_value }}, {{
        dbt_expectations.regex_literal(regexp, is_raw, flags)
    }})
{%- endmacro %}
