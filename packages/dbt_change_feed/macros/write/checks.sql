{% macro checks() %}
    {#- Delta reads a check from the properties of `create table`, so no row precedes it. -#}
    {%- set properties = {} -%}
    {%- for place in [model] + (model.columns.values() | list) -%}
        {%- for rule in place.constraints or [] if rule.type == 'check' -%}
            {%- set name = rule.name or (place.name ~ '_check_' ~ loop.index) -%}
            {%- do properties.update({'delta.constraints.' ~ name: rule.expression}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(properties) -}}
{% endmacro %}
