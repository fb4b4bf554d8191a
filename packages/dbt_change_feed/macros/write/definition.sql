{% macro definition(columns) %}
    {%- set sorted = columns | sort(attribute='name') -%}
    {%- set hash = local_md5(dbt_change_feed.table_clauses(sorted, {})) -%}
    {%- set properties = {
        'delta.enableChangeDataFeed': 'true', 'change_feed.definition': hash
    } -%}
    {{- return({
        'hash': hash, 'sql': dbt_change_feed.table_clauses(columns, properties)
    }) -}}
{% endmacro %}
