{% macro full_refresh(target, existing, state) %}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(compiled_code) -%}
    {%- endif -%}
    {%- set now = dbt_change_feed.rows_of('select current_timestamp() as now')[0].now -%}
    {%- set state = dict(state, started=now.isoformat()) -%}
    {%- set in_place = existing is not none and existing.is_delta -%}
    {%- set columns = dbt_change_feed.columns_of(compiled_code) -%}
    {%- set names = dbt_change_feed.quoted(columns | map(attribute='name')) -%}
    {%- set kept = none -%}
    {%- if in_place -%}
        {%- set columns = dbt_change_feed.evolved_columns(target, columns) -%}
        {%- set kept = dbt_change_feed.table_property(target, 'change_feed.definition') -%}
    {%- endif -%}
    {%- set definition = dbt_change_feed.definition(columns) -%}
    {%- set added = [] -%}
    {%- if kept and kept != definition.hash -%}
        {%- set added = dbt_change_feed.added_columns(target, columns, kept) -%}
    {%- endif -%}

    {%- if existing is none -%}
        {%- do run_query('create table ' ~ target ~ definition.sql) -%}
    {%- endif -%}
    {%- if added -%}
        {%- do run_query(dbt_change_feed.add_columns_sql(target, added)) -%}
    {%- endif -%}
    {%- if existing is none or added or kept == definition.hash -%}
        {#- In place: the table keeps its id, so that readers of its feed go on. -#}
        {%- do dbt_change_feed.commit(
            dbt_change_feed.overwrite_sql(target, names, compiled_code), state
        ) -%}
        {%- if added -%}
            {%- do run_query(
                'alter table ' ~ target ~ " set tblproperties ('change_feed.definition' = '"
                ~ definition.hash ~ "')"
            ) -%}
        {%- endif -%}
    {%- else -%}
        {#- What fails, or violates a constraint, fails in the scratch table. -#}
        {%- set scratch = api.Relation.create(
            schema=this.schema, identifier=this.identifier ~ '__dbt_tmp', type='table'
        ) -%}
        {%- do run_query('create or replace table ' ~ scratch ~ definition.sql) -%}
        {%- do run_query(dbt_change_feed.overwrite_sql(scratch, names, compiled_code)) -%}
        {%- if not in_place -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- do run_query('create or replace table ' ~ target ~ definition.sql) -%}
        {%- do dbt_change_feed.commit(
            dbt_change_feed.overwrite_sql(target, names, 'select * from ' ~ scratch), state
        ) -%}
        {%- do adapter.drop_relation(scratch) -%}
    {%- endif -%}
{% endmacro %}
