{% set months_into_fiscal_year = (13 - var('first_fiscal_month') | int) % 12 -%}

with

days as (

    select * from {{ ref('int_days') }}

),

public_holidays as (

    select * from {{ ref('public_holidays') }}

),

shifted as (

    -- The month shifted so that the fiscal year begins in January.
    select
        date_day,
        add_months(
            trunc(date_day, 'month'), {{ months_into_fiscal_year }}
        ) as fiscal_month_date

    from days

),

described as (

    select
        shifted.date_day,
        date_format(shifted.date_day, 'MMMM') as month_name,
        date_format(shifted.date_day, 'EEEE') as day_name,
        public_holidays.holiday_name,
        year(shifted.date_day) as calendar_year,
        quarter(shifted.date_day) as calendar_quarter,
        month(shifted.date_day) as month_of_year,
        date_part('yearofweek', shifted.date_day) as iso_year,
        weekofyear(shifted.date_day) as iso_week,
        day(shifted.date_day) as day_of_month,
        weekday(shifted.date_day) + 1 as day_of_week,
        year(shifted.fiscal_month_date) as fiscal_year,
        quarter(shifted.fiscal_month_date) as fiscal_quarter,
        weekday(shifted.date_day) >= 5 as is_weekend,
        public_holidays.holiday_date is not null as is_public_holiday,
        trunc(shifted.date_day, 'week') as week_start_date,
        trunc(shifted.date_day, 'month') as month_start_date,
        trunc(shifted.date_day, 'quarter') as quarter_start_date,
        add_months(
            trunc(shifted.fiscal_month_date, 'quarter'),
            -{{ months_into_fiscal_year }}
        ) as fiscal_quarter_start_date

    from shifted
    left join public_holidays
        on shifted.date_day = public_holidays.holiday_date

)

select * from described
