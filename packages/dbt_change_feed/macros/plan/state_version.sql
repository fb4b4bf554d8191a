{% macro state_version() %}
    {#- Raise it with each change of what an incremental run computes. -#}
    {{- return('1') -}}
{% endmacro %}
