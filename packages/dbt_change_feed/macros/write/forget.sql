{% macro forget(name) %}
    {#- Dropping the view also drops what it has cached. -#}
    {%- do run_query('drop view if exists ' ~ name) -%}
{% endmacro %}
