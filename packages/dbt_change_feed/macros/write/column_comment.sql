{% macro column_comment(column) %}
    {%- set declared = dbt_change_feed.declared_column(column) -%}
    {%- if config.persist_column_docs() and declared.description -%}
        {{- return('comment ' ~ dbt_change_feed.string(declared.description | trim)) -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}
