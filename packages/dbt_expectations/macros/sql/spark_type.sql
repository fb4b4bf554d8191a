{% macro spark_type(name) %}
    {#- Aliases; Spark describes varchar(n) and char(n) columns as string. -#}
    {%- set aliases = [
        ('\\s*collate\\s+\\w+', ''),
        ('[`\\s]', ''),
        ('\\b(var)?char(acter)?\\b(\\(\\d+\\))?', 'string'),
        ('\\binteger\\b', 'int'),
        ('\\blong\\b', 'bigint'),
        ('\\bshort\\b', 'smallint'),
        ('\\bbyte\\b', 'tinyint'),
        ('\\breal\\b', 'float'),
        ('\\b(dec|numeric)\\b', 'decimal'),
        ('\\bdecimal\\((\\d+)\\)', 'decimal(\\1,0)'),
        ('\\btimestamp_ltz\\b', 'timestamp'),
    ] -%}
    {%- set type = namespace(name=name | string | lower | trim) -%}
    {%- for pattern, replacement in aliases -%}
        {%- set type.name = modules.re.sub(pattern, replacement, type.name) -%}
    {%- endfor -%}
    {{- return(type.name) -}}
{% endmacro %}
