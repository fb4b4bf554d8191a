{%- set codes = [
    ('int_accounts', 'account_status'),
    ('int_accounts', 'customer_segment'),
    ('int_interactions', 'interaction_channel'),
    ('int_interactions', 'interaction_type'),
    ('int_orders', 'order_channel'),
    ('int_orders', 'order_status'),
    ('int_payments', 'currency'),
    ('int_payments', 'payment_status'),
    ('int_payments', 'payment_type'),
    ('int_products', 'category'),
    ('int_sessions', 'device_type'),
    ('int_events', 'event_type')
] -%}

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

    {% for model, column in codes %}
        select
            '{{ model }}' as model_name,
            '{{ column }}' as column_name,
            {{ column }} as code,
            count(*) as row_count

        from {{ ref(model) }}
        group by {{ column }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

unlisted as (

    select delivered.*
    from delivered
    left anti join known
        on
            delivered.column_name = known.column_name
            and delivered.code = known.known_value
    where delivered.code <> 'unknown'

)

select * from unlisted
