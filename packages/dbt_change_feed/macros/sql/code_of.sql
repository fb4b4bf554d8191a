{% macro code_of(sql) %}
    {#- Without comments, texts and quoted names, in lower case. -#}
    {{- return(modules.re.sub(
        "(?s)--[^\\n]*|/\\*.*?\\*/|'(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`",
        "''",
        sql
    ) | lower) -}}
{% endmacro %}
