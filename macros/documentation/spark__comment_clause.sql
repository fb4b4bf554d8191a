{% macro spark__comment_clause() %}
    {%- if (config.get('persist_docs') or {}).get('relation') %}
    comment {{ sql_string(model.description | trim) }}
    {%- endif -%}
{% endmacro %}
