{% macro table_clauses(columns, properties) %}
    {{- return(adapter.dispatch('table_clauses', 'dbt_change_feed')(columns, properties)) -}}
{% endmacro %}

{% macro default__table_clauses(columns, properties) %}
    {%- set enforced = config.get('contract').enforced -%}
    {%- set all_properties = dict(config.get('tblproperties') or {}, **properties) -%}
    {%- if enforced -%}
        {%- do all_properties.update(dbt_change_feed.checks()) -%}
    {%- endif %}
    (
        {%- for column in columns %}
        {%- set rules = dbt_change_feed.declared_column(column).constraints or [] %}
        {{ adapter.quote(column.name) }} {{ column.data_type }}
        {{- ' not null' if enforced and 'not_null' in rules | map(attribute='type') }} {{ dbt_change_feed.column_comment(column) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
    using delta
    {{ partition_cols(label='partitioned by') }}
    {{ clustered_cols(label='clustered by') }}
    {{ location_clause() }}
    {{ comment_clause() }}
    {%- if all_properties %}
    tblproperties (
        {%- for name, value in all_properties.items() %}
        {{ dbt_change_feed.string(name) }} = {{ dbt_change_feed.string(value) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {%- endif %}
{% endmacro %}
