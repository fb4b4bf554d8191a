{% macro is_required(column) %}
    {%- set required = config.get('contract').enforced
        and 'not_null' in (column.get('constraints') or []) | map(attribute='type') -%}
    {{- return(required) -}}
{% endmacro %}
