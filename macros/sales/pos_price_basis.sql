{% macro pos_price_basis() %}
    {%- set basis = var('pos_price_basis') -%}
    {%- if basis not in ['unit', 'line'] -%}
        {%- do exceptions.raise_compiler_error(
            "var pos_price_basis is '" ~ basis ~ "': use 'unit' or 'line'"
        ) -%}
    {%- endif -%}
    {%- do return(basis) -%}
{% endmacro %}
