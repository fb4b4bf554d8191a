{% macro log_natural(x) %}ln({{ x }}){% endmacro %}
