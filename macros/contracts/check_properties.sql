{% macro check_properties(model) %}
    {%- set found = [] -%}
    {%- for constraint in model.get('constraints', []) -%}
        {%- if constraint.type == 'check' -%}
            {%- do found.append([constraint.name or 'check', constraint.expression]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.get('constraints', []) -%}
            {%- if constraint.type == 'check' -%}
                {%- do found.append([
                    constraint.name or column.name ~ '_check',
                    constraint.expression
                ]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set properties = {} -%}
    {%- set taken = [] -%}
    {%- for name, expression in found -%}
        {%- set distinct = namespace(name=name, number=1) -%}
        {#- At most all other constraints have the same name. -#}
        {%- for _ in found -%}
            {%- if distinct.name | lower in taken -%}
                {%- set distinct.number = distinct.number + 1 -%}
                {%- set distinct.name = name ~ '_' ~ distinct.number -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do taken.append(distinct.name | lower) -%}
        {%- do properties.update({
            'delta.constraints.' ~ distinct.name: expression
        }) -%}
    {%- endfor -%}
    {%- do return(properties) -%}
{% endmacro %}
