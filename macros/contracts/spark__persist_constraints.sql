{% macro spark__persist_constraints(relation, model) %}
    {#- The table was created with them: see spark__tblproperties_clause. -#}
{% endmacro %}
