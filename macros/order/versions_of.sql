{% macro versions_of(states, key) %}
    select
        *,
        row_number() over (partition by {{ key }} order by valid_from) as version,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as valid_to
    from (
        select
            *,
            state <=> lag(state) over (
                partition by {{ key }} order by valid_from
            ) as is_unchanged
        from {{ states }}
    )
    where not is_unchanged
{% endmacro %}
