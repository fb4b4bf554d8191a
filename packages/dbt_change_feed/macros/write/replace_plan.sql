{% macro replace_plan(units, columns) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set partitions = dbt_change_feed.as_list(config.get('partition_by')) -%}
    {%- set touched = dbt_change_feed.scratch('partitions') -%}
    {%- set queries = [] -%}
    {%- for unit in units -%}
        {%- if unit.columns | sort == partitions | sort -%}
            {%- do queries.append('select ' ~ dbt_change_feed.quoted(partitions) ~ ' from ' ~ unit.name) -%}
        {%- else -%}
            {%- do queries.append(dbt_change_feed.rows_of_units(partitions, this, [unit])) -%}
            {%- do queries.append(
                dbt_change_feed.rows_of_units(partitions, '(' ~ compiled_code ~ '\n)', [unit])
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do dbt_change_feed.keep(touched, 'select distinct * from (' ~ queries | join(' union all ') ~ ')') -%}
    {%- set condition = dbt_change_feed.one_of(partitions, touched, columns) -%}
    {%- if condition == 'true' -%}
        {{- return({'mode': 'full', 'reason': 'more than 1000 partitions changed'}) -}}
    {%- elif condition == 'false' -%}
        {{- return({'mode': 'nothing', 'reason': 'new versions, which change no row of this model'}) -}}
    {%- endif -%}
    {%- set sql -%}
        insert into {{ this }} by name
        replace where {{ condition }}
        select {{ dbt_change_feed.quoted(names) }}
        from ({{ compiled_code }}
        )
        where {{ condition }}
    {%- endset -%}
    {{- return({
        'mode': 'incremental',
        'reason': units | map(attribute='count') | join(' + ') ~ ' changed values',
        'sql': sql
    }) -}}
{% endmacro %}
