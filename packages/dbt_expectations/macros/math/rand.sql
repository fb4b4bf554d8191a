{% macro rand() %}rand(){% endmacro %}
