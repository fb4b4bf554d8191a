{% macro merge_plan(units, columns) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set key = dbt_change_feed.as_list(config.get('unique_key')) -%}
    {%- set changes = dbt_change_feed.scratch('changes') -%}
    {%- do dbt_change_feed.keep(changes, dbt_change_feed.differences(names, units)) -%}
    {%- set found = dbt_change_feed.rows_of(dbt_change_feed.summary(changes, key))[0] -%}
    {%- if found.added + found.removed == 0 -%}
        {{- return({'mode': 'nothing', 'reason': 'new versions, which change no row of this model'}) -}}
    {%- elif found.added != found.added_keys -%}
        {{- return({'mode': 'full', 'reason': 'unique_key is not unique: ' ~ key | join(', ')}) -}}
    {%- endif -%}
    {{- return({
        'mode': 'incremental',
        'reason': found.added ~ ' rows to write, ' ~ found.removed ~ ' to replace or remove, of '
            ~ units | map(attribute='count') | join(' + ') ~ ' changed values',
        'sql': dbt_change_feed.merge_sql(columns, key, changes, found)
    }) -}}
{% endmacro %}
