{% macro type_timestamp() %}timestamp{% endmacro %}
