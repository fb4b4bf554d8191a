{% macro known_as_of(changes, key) %}
    select
        as_of_dates.as_of_date,
        min_by(struct({{ changes }}.*), {{ changes }}.latest_rank) as latest
    from as_of_dates
    inner join {{ changes }}
        on greatest({{ changes }}.known_date, to_date({{ changes }}.updated_at))
            <= as_of_dates.as_of_date
    group by as_of_dates.as_of_date, {{ changes }}.{{ key }}
{% endmacro %}
