{% macro md5(string_value) %}md5({{ string_value }}){% endmacro %}
