{% macro refuse_what_cannot_be_derived(sql) %}
    {%- set name = model.name -%}
    {%- if not config.get('unique_key') and not config.get('partition_by') -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ': change_feed needs unique_key, or partition_by'
        ) -%}
    {%- endif -%}
    {%- set unstable = dbt_change_feed.unstable_function(sql) -%}
    {%- if unstable -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ': ' ~ unstable ~ ' gives another value in each run, so its rows change without'
            ~ ' a change in what they are made of; use materialized: table, or pass the value as'
            ~ ' a var'
        ) -%}
    {%- endif -%}
    {%- if dbt_change_feed.mentions(sql, this.render()) -%}
        {%- do exceptions.raise_compiler_error(name ~ ': a change_feed model does not read itself') -%}
    {%- endif -%}
{% endmacro %}
