{%- set features = [
    'purchase_frequency',
    'total_spend',
    'average_transaction_value',
    'recency_days',
    'transaction_frequency_last_30_days',
    'sessions_last_30_days',
    'interactions_last_90_days',
    'returns',
    'tenure_days'
] -%}
{#- Figures of a whole table. -#}
{%- set sums = {
    'dim_customers': {
        'has_account': 'count_if(has_account)',
        'active': "count_if(account_status = 'active')",
        'inactive': "count_if(account_status = 'inactive')",
        'pending': "count_if(account_status = 'pending')",
        'new': "count_if(customer_segment = 'new')",
        'regular': "count_if(customer_segment = 'regular')",
        'loyal': "count_if(customer_segment = 'loyal')"
    },
    'dim_customers_history': {
        'deleted': 'count_if(is_deleted)'
    },
    'dim_products': {
        'rows': 'count(*)',
        'unit_cost': 'sum(unit_cost)',
        'list_price': 'sum(list_price)'
    },
    'dim_products_history': {
        'unit_cost': 'sum(unit_cost)',
        'list_price': 'sum(list_price)'
    },
    'fct_order_items': {
        'rows': 'count(*)',
        'quantity': 'sum(quantity)',
        'revenue': 'sum(revenue)',
        'cost': 'sum(cost)',
        'margin': 'sum(margin)',
        'cancelled': 'count_if(is_cancelled)',
        'without_version': 'count_if(product_valid_from is null)'
    },
    'fct_orders': {
        'rows': 'count(*)',
        'revenue': 'sum(revenue)',
        'cost': 'sum(cost)',
        'margin': 'sum(margin)',
        'paid': 'count_if(is_paid)',
        'cancelled': 'count_if(is_cancelled)',
        'without_version': 'count_if(customer_valid_from is null)',
        'paid_amount_try': 'sum(paid_amount_try)',
        'refunded_amount_try': 'sum(refunded_amount_try)'
    },
    'fct_payments': {
        'rows': 'count(*)',
        'refunds': 'count_if(is_refund)',
        'settled': 'count_if(is_settled)',
        'amount_try': 'sum(amount_try)'
    },
    'fct_sessions': {
        'rows': 'count(*)',
        'duration_seconds': 'sum(duration_seconds)',
        'event_count': 'sum(event_count)',
        'product_view_count': 'sum(product_view_count)',
        'cart_count': 'sum(cart_count)',
        'checkout_count': 'sum(checkout_count)',
        'purchase_count': 'sum(purchase_count)'
    },
    'fct_events': {
        'rows': 'count(*)',
        'product_views': "count_if(event_type = 'product_view')",
        'purchases': "count_if(event_type = 'purchase')"
    },
    'fct_interactions': {
        'rows': 'count(*)',
        'duration_seconds': 'sum(duration_seconds)',
        'satisfaction': 'sum(satisfaction)'
    },
    'rpt_daily_sales': {'rows': 'count(*)'},
    'rpt_daily_profitability': {'rows': 'count(*)'},
    'rpt_customer_cohorts': {'rows': 'count(*)'}
} -%}
{#- Columns of a row: the part of the name that says which, and the day. -#}
{%- set cells = [
    (
        'rpt_daily_sales',
        "replace(product_category, ' ', '_')",
        'date',
        ['total_sales', 'order_count', 'avg_order_value']
    ),
    (
        'rpt_daily_profitability',
        'null',
        'order_date',
        ['revenue', 'cost', 'profit_margin', 'order_count']
    ),
    (
        'rpt_customer_cohorts',
        "concat('month_', months_since_first_order)",
        'cohort_month',
        ['active_customers', 'retention_rate']
    ),
    (
        'rpt_funnel',
        'device_type',
        'session_month',
        [
            'sessions',
            'sessions_with_product_view',
            'sessions_with_cart',
            'sessions_with_order',
            'order_rate'
        ]
    ),
    (
        'ftr_customers',
        'customer_id',
        'as_of_date',
        features + ['average_session_duration_seconds']
    ),
    (
        'dim_products_history',
        "concat(product_id, '.version_', version)",
        'null',
        ['unit_cost', 'list_price']
    )
] -%}
{#- Histories: the key, times as numbers; the fact that joins it, and when. -#}
{%- set histories = [
    (
        'dim_customers_history',
        'customer_id',
        'unix_micros({}) / 1000000',
        'fct_orders',
        'order_id',
        ['ordered_at', 'customer_valid_from']
    ),
    (
        'dim_products_history',
        'product_id',
        'unix_date({})',
        'fct_order_items',
        "concat_ws('/', order_id, line_no)",
        ['order_date', 'product_valid_from']
    )
] -%}

with

versions as (

    {% for model, key, number, fact, fact_key, times in histories %}
        select
            '{{ model }}' as model_name,
            {{ key }} as row_key,
            version,
            cast({{ number.format('valid_from') }} as decimal(28, 6))
                as valid_from,
            cast({{ number.format('valid_to') }} as decimal(28, 6)) as valid_to

        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

facts as (

    {% for model, key, number, fact, fact_key, times in histories %}
        select
            '{{ fact }}' as fact_name,
            {{ fact_key }} as fact_key,
            '{{ model }}' as model_name,
            {{ key }} as row_key,
            cast({{ number.format(times[0]) }} as decimal(28, 6)) as happened,
            cast({{ number.format(times[1]) }} as decimal(28, 6)) as valid_from

        from {{ ref(fact) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

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

figures as (

    {% for model, figures in sums.items() %}
        select
            '{{ model }}' as model_name,
            cast(null as string) as part,
            cast(null as date) as day,
            explode(map(
                {% for figure, value in figures.items() %}
                    '{{ figure }}',
                    cast({{ value }} as decimal(28, 6))
                    {%- if not loop.last %},{% endif %}
                {% endfor %}
            )) as (figure, found)

        from {{ ref(model) }}

        union all
    {% endfor %}

    {% for model, part, day, columns in cells %}
        select
            '{{ model }}' as model_name,
            cast({{ part }} as string) as part,
            cast({{ day }} as date) as day,
            explode(map(
                {% for column in columns %}
                    '{{ column }}',
                    cast({{ column }} as decimal(28, 6))
                    {%- if not loop.last %},{% endif %}
                {% endfor %}
            )) as (figure, found)

        from {{ ref(model) }}

        union all
    {% endfor %}

    select
        'ftr_customers' as model_name,
        cast(null as string) as part,
        as_of_date as day,
        explode(map(
            {% for feature in features %}
                '{{ feature }}',
                cast(sum({{ feature }}) as decimal(28, 6)),
            {% endfor %}
            'buyers', cast(count(recency_days) as decimal(28, 6)),
            'rows', cast(count(*) as decimal(28, 6))
        )) as (figure, found)

    from {{ ref('ftr_customers') }}
    group by as_of_date

    union all

    select
        model_name,
        cast(null as string) as part,
        cast(null as date) as day,
        explode(map(
            'rows', sum(version_count),
            'current', sum(open_count),
            'overlaps', sum(overlap_count),
            'gaps', sum(gap_count),
            'keys_without_one_open_row', count_if(open_count <> 1)
        )) as (figure, found)

    from keys
    group by model_name

    union all

    select
        model_name,
        row_key as part,
        cast(null as date) as day,
        'versions' as figure,
        version_count as found

    from keys

    union all

    select
        model_name,
        concat(row_key, '.version_', version) as part,
        cast(null as date) as day,
        explode(
            map('valid_from', valid_from, 'valid_to', valid_to)
        ) as (figure, found)

    from versions

    union all

    select
        fact_name as model_name,
        cast(null as string) as part,
        cast(null as date) as day,
        'wrong_versions' as figure,
        count_if(not valid_from <=> right_valid_from) as found

    from joined
    group by fact_name

),

named as (

    select
        concat_ws('.', 'gold', model_name, part, figure) as name,
        day,
        cast(found as decimal(28, 6)) as found

    from figures

)

select * from named
