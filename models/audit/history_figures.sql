with

customer_versions as (

    select
        'dim_customers_history' as model_name,
        customer_id as row_key,
        version,
        cast(unix_micros(valid_from) / 1000000 as decimal(28, 6)) as valid_from,
        cast(unix_micros(valid_to) / 1000000 as decimal(28, 6)) as valid_to

    from {{ ref('dim_customers_history') }}

),

product_versions as (

    select
        'dim_products_history' as model_name,
        product_id as row_key,
        version,
        cast(unix_date(valid_from) as decimal(28, 6)) as valid_from,
        cast(unix_date(valid_to) as decimal(28, 6)) as valid_to

    from {{ ref('dim_products_history') }}

),

versions as (

    select * from customer_versions
    union all
    select * from product_versions

),

intervals as (

    select
        *,
        lead(valid_from) over (
            partition by model_name, row_key
            order by valid_from
        ) as next_valid_from

    from versions

),

keys as (

    select
        model_name,
        row_key,
        count(*) as version_count,
        count_if(valid_to is null) as open_count,
        count_if(coalesce(
            valid_to > next_valid_from, next_valid_from is not null
        )) as overlap_count,
        count_if(valid_to < next_valid_from) as gap_count

    from intervals
    group by model_name, row_key

),

orders as (

    select
        'fct_orders' as fact_name,
        order_id as fact_key,
        'dim_customers_history' as model_name,
        customer_id as row_key,
        cast(unix_micros(ordered_at) / 1000000 as decimal(28, 6)) as happened,
        cast(unix_micros(customer_valid_from) / 1000000 as decimal(28, 6))
            as valid_from

    from {{ ref('fct_orders') }}

),

order_items as (

    select
        'fct_order_items' as fact_name,
        concat_ws('/', order_id, line_no) as fact_key,
        'dim_products_history' as model_name,
        product_id as row_key,
        cast(unix_date(order_date) as decimal(28, 6)) as happened,
        cast(unix_date(product_valid_from) as decimal(28, 6)) as valid_from

    from {{ ref('fct_order_items') }}

),

facts as (

    select * from orders
    union all
    select * from order_items

),

joined as (

    select
        facts.fact_name,
        any_value(facts.valid_from) as valid_from,
        max(versions.valid_from) as right_valid_from

    from facts
    left join versions
        on
            facts.model_name = versions.model_name
            and facts.row_key = versions.row_key
            and facts.happened >= versions.valid_from
    group by facts.fact_name, facts.fact_key

),

totals as (

    select
        model_name,
        cast(null as string) as part,
        explode(map(
            'rows', sum(version_count),
            'current', sum(open_count),
            'overlaps', sum(overlap_count),
            'gaps', sum(gap_count),
            'keys_without_one_open_row', count_if(open_count <> 1)
        )) as (figure, found)

    from keys
    group by model_name

),

wrong_versions as (

    select
        fact_name as model_name,
        cast(null as string) as part,
        'wrong_versions' as figure,
        count_if(not valid_from <=> right_valid_from) as found

    from joined
    group by fact_name

),

deleted_customers as (

    select
        'dim_customers_history' as model_name,
        cast(null as string) as part,
        'deleted' as figure,
        count_if(is_deleted) as found

    from {{ ref('dim_customers_history') }}

),

sums_of_prices as (

    select
        'dim_products_history' as model_name,
        cast(null as string) as part,
        explode(map(
            'unit_cost', sum(unit_cost),
            'list_price', sum(list_price)
        )) as (figure, found)

    from {{ ref('dim_products_history') }}

),

version_counts as (

    select
        model_name,
        row_key as part,
        'versions' as figure,
        version_count as found

    from keys

),

ends_of_versions as (

    select
        model_name,
        concat(row_key, '.version_', version) as part,
        explode(map(
            'valid_from', valid_from,
            'valid_to', valid_to
        )) as (figure, found)

    from versions

),

prices_of_versions as (

    select
        'dim_products_history' as model_name,
        concat(product_id, '.version_', version) as part,
        explode(map(
            'unit_cost', unit_cost,
            'list_price', list_price
        )) as (figure, found)

    from {{ ref('dim_products_history') }}

),

figures as (

    select * from totals
    union all
    select * from wrong_versions
    union all
    select * from deleted_customers
    union all
    select * from sums_of_prices
    union all
    select * from version_counts
    union all
    select * from ends_of_versions
    union all
    select * from prices_of_versions

),

named as (

    select
        concat_ws('.', 'gold', model_name, part, figure) as name,
        cast(null as date) as day,
        cast(found as decimal(28, 6)) as found

    from figures

)

select * from named
