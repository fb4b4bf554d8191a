{%- set chosen = var('feature_as_of_dates') -%}
{{ config(materialized='view') }}

with

payments as (

    select * from {{ ref('int_payment_changes') }}

),

limits as (

    select
        min(transaction_date) as first_date,
        max(known_date) as last_date

    from payments

),

month_ends as (

    select
        explode(
            sequence(
                trunc(first_date, 'month'),
                trunc(last_date, 'month'),
                interval 1 month
            )
        ) as month_start_date,
        last_date

    from limits
    where first_date <= last_date

),

usual as (

    -- The last month has not ended: its features are those of the last day.
    select least(last_day(month_start_date), last_date) as as_of_date
    from month_ends

),

chosen as (

    select explode(
        from_json('{{ chosen | tojson }}', 'array<date>')
    ) as as_of_date

),

as_of_dates as (

    select * from chosen
    union all
    select * from usual
    where (select count(*) from chosen) = 0

)

select * from as_of_dates
