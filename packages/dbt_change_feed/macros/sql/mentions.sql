{% macro mentions(sql, name) %}
    {{- return(modules.re.findall(dbt_change_feed.name_pattern(name), sql) | length) -}}
{% endmacro %}
