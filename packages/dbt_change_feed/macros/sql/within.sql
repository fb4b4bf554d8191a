{% macro within(bounds, of='') %}
    {%- set conditions = [] -%}
    {%- for bound in bounds -%}
        {%- set column = of ~ adapter.quote(bound.column) -%}
        {%- set range = column ~ ' between ' ~ bound.low ~ ' and ' ~ bound.high -%}
        {%- do conditions.append(
            '(' ~ range ~ ' or ' ~ column ~ ' is null)' if bound.nulls else range
        ) -%}
    {%- endfor -%}
    {{- return(conditions | join(' and ') or 'true') -}}
{% endmacro %}
