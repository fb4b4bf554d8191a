{% macro constraint_properties(model) %}
    {%- set properties = {} -%}
    {%- for constraint in model.get('constraints', []) -%}
        {%- if constraint.type == 'check' -%}
            {%- do properties.update({
                'delta.constraints.' ~ constraint.name: constraint.expression
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.get('constraints', []) -%}
            {%- if constraint.type == 'not_null' -%}
                {%- do properties.update({
                    'delta.constraints.' ~ column.name ~ '_is_not_null':
                    adapter.quote(column.name) ~ ' is not null'
                }) -%}
            {%- elif constraint.type == 'check' -%}
                {%- do properties.update({
                    'delta.constraints.'
                    ~ (constraint.name or column.name ~ '_check'):
                    constraint.expression
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(properties) -%}
{% endmacro %}
