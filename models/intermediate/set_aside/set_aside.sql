{%- set sources = {
    'stg_shop__accounts': ["'shop_accounts'", 'customer_id'],
    'stg_shop__orders': ["'shop_orders'", 'order_id'],
    'stg_shop__order_items': ["'shop_order_items'", 'order_id, line_no'],
    'stg_shop__payments': ["'shop_payments'", 'transaction_id'],
    'stg_shop__products': ["'shop_products'", 'product_id'],
    'stg_web__sessions': ["'web_sessions'", 'session_id'],
    'stg_web__events': ["'web_events'", 'event_id'],
    'stg_support__interactions': ['bronze_table', 'interaction_id']
} -%}
{%- set personal = {'stg_shop__accounts': ' except (customer_name, email)'} -%}

with

rejected_items as (

    select
        'shop_order_items' as source,
        concat_ws('/', order_id, line_no) as row_key,
        rejection_reason as reason,
        to_json(struct(*)) as row

    from {{ ref('int_order_items_checked') }}
    where rejection_reason is not null

),

keyless as (

    {% for model, (bronze_table, key) in sources.items() %}
        select
            {{ bronze_table }} as source,
            cast(null as string) as row_key,
            'key is null' as reason,
            to_json(struct(*{{ personal.get(model, '') }})) as row

        from {{ ref(model) }}
        where {{ key.split(', ') | join(' is null or ') }} is null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

set_aside as (

    select * from rejected_items
    union all
    select * from keyless

)

select * from set_aside
