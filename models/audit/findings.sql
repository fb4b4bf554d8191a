with

truth as (

    select distinct
        name,
        day,
        expected

    from {{ source('audit', 'truth') }}
    where name not like 'planted.%.corrected_files'

),

figures as (

    select * from {{ ref('bronze_figures') }}
    union all
    select * from {{ ref('planted_figures') }}
    union all
    select * from {{ ref('silver_figures') }}
    union all
    select * from {{ ref('gold_figures') }}
    union all
    select * from {{ ref('daily_figures') }}
    union all
    select * from {{ ref('history_figures') }}

),

compared as (

    select
        truth.name as `check`,
        truth.day,
        truth.expected,
        cast(coalesce(figures.found, 0) as decimal(28, 6)) as found

    from truth
    left join figures
        on
            truth.name = figures.name
            and truth.day <=> figures.day

),

findings as (

    select
        *,
        expected = found as passed

    from compared

)

select * from findings
