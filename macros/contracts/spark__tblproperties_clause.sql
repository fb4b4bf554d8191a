{% macro spark__tblproperties_clause() -%}
    {%- set properties = dict(config.get('tblproperties') or {}) -%}
    {%- if config.get('contract').enforced -%}
        {%- do properties.update(constraint_properties(model)) -%}
    {%- endif -%}
    {%- if properties %}
    tblproperties (
        {%- for name, value in properties.items() %}
        {{ sql_string(name) }} = {{ sql_string(value) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
