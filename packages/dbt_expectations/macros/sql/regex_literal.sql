{% macro regex_literal(regex, is_raw=false, flags='') %}
    {%- for flag in flags or '' if flag not in 'cimsx' -%}
        {{- exceptions.raise_compiler_error(
            "Unknown regex flag '" ~ flag ~ "': Spark has c, i, m, s and x"
        ) -}}
    {%- endfor -%}
    {#- Unless raw, two backslashes are one, as in an SQL literal. -#}
    {%- set pattern = regex if is_raw else regex.replace('\\\\', '\\') -%}
    {#- Java ignores the case of accented letters only with u. -#}
    {%- set modes = (flags or '').replace('c', '').replace('i', 'iu') -%}
    {%- set prefix = '(?' ~ modes ~ ')' if modes else '' -%}
    {{- return(dbt_expectations.string_literal(prefix ~ pattern)) -}}
{% endmacro %}
