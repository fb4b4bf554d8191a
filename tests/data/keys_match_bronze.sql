{%- set tables = [
    ('int_accounts', [source('shop', 'accounts')], ['customer_id']),
    ('int_orders', [source('shop', 'orders')], ['order_id']),
    (
        'int_order_items',
        [source('shop', 'order_items')],
        ['order_id', 'line_no']
    ),
    ('int_payments', [source('shop', 'payments')], ['transaction_id']),
    ('int_products', [source('shop', 'products')], ['product_id']),
    ('int_sessions', [source('web', 'sessions')], ['session_id']),
    ('int_events', [source('web', 'events')], ['event_id']),
    (
        'int_interactions',
        [
            source('support', 'interactions_latin1'),
            source('support', 'interactions')
        ],
        ['interaction_id']
    )
] -%}
{%- set unchanging = ['int_products', 'int_events'] -%}

with

bronze as (

    {% for model, sources, key in tables %}
        {%- set outer_loop = loop -%}
        {% for each in sources %}
            select
                '{{ model }}' as model_name,
                trim({{ key | join(" || '/' || ") }}) as row_key,
                {{ 'false' if model in unchanging else 'is_deleted' }}
                    as is_deleted

            from {{ each }}
            {% if not (loop.last and outer_loop.last) %}union all{% endif %}
        {% endfor %}
    {% endfor %}

),

delivered as (

    select
        model_name,
        row_key,
        bool_or(coalesce(is_deleted, false)) as was_deleted

    from bronze
    where row_key <> ''
    group by model_name, row_key

),

silver as (

    {% for model, sources, key in tables %}
        select
            '{{ model }}' as model_name,
            {{ key | join(" || '/' || ") }} as row_key

        from {{ ref(model) }}
        union all
    {% endfor %}

    select
        'int_order_items' as model_name,
        row_key

    from {{ ref('set_aside') }}
    where reason = 'order is unknown'

),

kept as (

    select
        model_name,
        row_key,
        count(*) as row_count

    from silver
    group by model_name, row_key

),

differences as (

    select
        coalesce(delivered.model_name, kept.model_name) as model_name,
        coalesce(delivered.row_key, kept.row_key) as row_key,
        delivered.was_deleted,
        kept.row_count

    from delivered
    full outer join kept
        on
            delivered.model_name = kept.model_name
            and delivered.row_key = kept.row_key
    where
        delivered.row_key is null
        or kept.row_count > 1
        or (kept.row_key is null and not delivered.was_deleted)

)

select * from differences
