{% macro create_history() %}
    {%- if execute -%}
        {%- do adapter.create_history() -%}
    {%- endif -%}
{% endmacro %}
