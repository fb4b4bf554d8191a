with

days as (

    select
        explode(
            sequence(
                make_date({{ var('first_year') }}, 1, 1),
                make_date({{ var('last_year') }}, 12, 31)
            )
        ) as date_day

)

select * from days
