{{ config(materialized='view') }}

select
    cast(null as int) as id,
    cast(null as string) as colour,
    cast(null as decimal(10, 2)) as price,
    cast(null as timestamp) as priced_at
where false
