{%- set codes = {
    'int_accounts': ['account_status', 'customer_segment'],
    'int_interactions': ['interaction_channel', 'interaction_type'],
    'int_orders': ['order_channel', 'order_status'],
    'int_payments': ['currency', 'payment_status', 'payment_type'],
    'int_products': ['category'],
    'int_sessions': ['device_type'],
    'int_events': ['event_type']
} -%}

with

known as (

    select
        column_name,
        known_value

    from {{ ref('known_values') }}

    union all

    select
        'event_type' as column_name,
        event_type as known_value

    from {{ ref('event_types') }}

    union all

    select
        'interaction_type' as column_name,
        interaction_type as known_value

    from {{ ref('interaction_types') }}

),

delivered as (

    {% for model, columns in codes.items() %}
        select
            '{{ model }}' as model_name,
            explode(map(
                {%- for column in columns %}
                    '{{ column }}', {{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            )) as (column_name, code)

        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

unlisted as (

    select
        delivered.model_name,
        delivered.column_name,
        delivered.code,
        count(*) as row_count

    from delivered
    left anti join known
        on
            delivered.column_name = known.column_name
            and delivered.code = known.known_value
    where delivered.code <> 'unknown'
    group by delivered.model_name, delivered.column_name, delivered.code

)

select * from unlisted
