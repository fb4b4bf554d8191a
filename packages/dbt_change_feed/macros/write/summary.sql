{% macro summary(changes, key) %}
    select
        coalesce(sum(greatest(_sign, 0)), 0) as added,
        coalesce(sum(greatest(-_sign, 0)), 0) as removed,
        count(distinct if(_sign > 0, struct({{ dbt_change_feed.quoted(key) }}), null)) as added_keys
        {{- dbt_change_feed.extent(key) }}
    from {{ changes }}
{% endmacro %}
