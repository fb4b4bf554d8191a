{% materialization table, adapter='spark' %}
    {%- set identifier = model['alias'] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set in_place = existing is not none and existing.is_delta -%}
    {%- set columns = checked_columns(compiled_code) -%}
    {%- set fingerprint = 'md5:' ~ local_md5(table_definition(columns)) -%}
    {%- set definition = table_definition(
        columns, {'lakehouse.definition': fingerprint}
    ) -%}

    {{ run_hooks(pre_hooks) }}

    {%- if existing is none -%}
        {%- do run_query('create table ' ~ target ~ definition) -%}
    {%- endif -%}
    {%- if existing is none
        or in_place and table_property(target, 'lakehouse.definition') == fingerprint -%}
        {%- call statement('main') -%}
            insert overwrite {{ target }} by name
            {{ compiled_code }}
        {%- endcall -%}
    {%- else -%}
        {#- A statement that fails, or violates a constraint, fails here. -#}
        {%- set scratch = api.Relation.create(
            schema=schema, identifier=identifier ~ '__dbt_tmp', type='table'
        ) -%}
        {%- do run_query('create or replace table ' ~ scratch ~ definition) -%}
        {%- call statement('main') -%}
            insert into {{ scratch }} by name
            {{ compiled_code }}
        {%- endcall -%}
        {%- if not in_place -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {#- In an object store a rename is a copy of each file, and not atomic. -#}
        {%- do run_query('create or replace table ' ~ target ~ definition) -%}
        {%- do run_query('insert into ' ~ target ~ ' select * from ' ~ scratch) -%}
        {%- do adapter.drop_relation(scratch) -%}
    {%- endif -%}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}
