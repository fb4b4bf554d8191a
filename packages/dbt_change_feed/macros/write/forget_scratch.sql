{% macro forget_scratch(feeds) %}
    {#- Dropping the view also drops what it has cached. -#}
    {%- set names = ['changes' if config.get('unique_key') else 'partitions'] -%}
    {%- for feed in feeds -%}
        {%- do names.append('units_' ~ loop.index) -%}
    {%- endfor -%}
    {%- for name in names -%}
        {%- do run_query('drop view if exists ' ~ dbt_change_feed.scratch(name)) -%}
    {%- endfor -%}
{% endmacro %}
