{% test contiguous_bands(model, lowest, highest, step) %}
with

bands as (

    select
        {{ lowest }} as lowest,
        {{ highest }} as highest,
        lead({{ lowest }}) over (order by {{ lowest }}) as next_lowest

    from {{ model }}

)

select * from bands
where
    not coalesce(lowest <= highest, false)
    or next_lowest <> highest + {{ step }}
{% endtest %}
