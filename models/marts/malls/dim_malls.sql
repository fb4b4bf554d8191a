with

sales as (

    select * from {{ ref('int_sales') }}

),

known_values as (

    select * from {{ ref('known_values') }}

),

known_malls as (

    select known_value as shopping_mall

    from known_values
    where column_name = 'shopping_mall'

),

names as (

    select shopping_mall from sales
    union distinct
    select shopping_mall from known_malls
    union distinct
    select 'unknown' as shopping_mall

),

malls as (

    select
        names.shopping_mall,
        known_malls.shopping_mall is not null
        and names.shopping_mall <> 'unknown' as is_known_mall

    from names
    left join known_malls
        on names.shopping_mall = known_malls.shopping_mall

)

select * from malls
