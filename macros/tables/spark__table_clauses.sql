{% macro spark__table_clauses(columns, properties) %}
    {{- table_definition(columns, properties) -}}
{% endmacro %}
