{% macro forget_scratch(feeds) %}
    {%- set names = ['changes', 'partitions'] -%}
    {%- for feed in feeds -%}
        {%- do names.append('units_' ~ loop.index) -%}
    {%- endfor -%}
    {%- for name in names -%}
        {%- do dbt_change_feed.forget(dbt_change_feed.scratch(name)) -%}
    {%- endfor -%}
{% endmacro %}
