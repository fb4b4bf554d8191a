{% macro spark__table_clauses(columns, properties) %}
    {{- return(table_definition(columns, properties)) -}}
{% endmacro %}
