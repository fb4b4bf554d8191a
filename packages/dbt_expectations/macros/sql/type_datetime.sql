{% macro type_datetime() %}timestamp{% endmacro %}
