{%- set tables = [
    ('shop', 'accounts', ['customer_id']),
    ('shop', 'orders', ['order_id']),
    ('shop', 'order_items', ['order_id', 'line_no']),
    ('shop', 'payments', ['transaction_id']),
    ('support', 'interactions', ['interaction_id']),
    ('support', 'interactions_latin1', ['interaction_id']),
    ('web', 'events', ['event_id']),
    ('web', 'sessions', ['session_id'])
] -%}
{%- set of_the_loader = [
    '_source_file',
    '_source_modified_at',
    '_load_id',
    '_loaded_at',
    '_rescued_data'
] -%}

with

delivered as (

    {% for source_name, table_name, key in tables %}
        select
            '{{ source_name }}_{{ table_name | replace("_latin1", "") }}'
                as table_name,
            {{ key | join(" || '/' || ") }} as row_key,
            {% if table_name in ('accounts', 'order_items') %}
                cast(null as string) as customer_id,
            {% else %}
                customer_id,
            {% endif %}
            to_json(
                struct(* except({{ of_the_loader | join(', ') }}))
            ) as content,
            {% if table_name == 'events' %}
                false as is_deleted,
                event_timestamp as changed_at,
            {% else %}
                coalesce(is_deleted, false) as is_deleted,
                updated_at as changed_at,
            {% endif %}
            {{ delivered_on() }} as delivered_on

        from {{ source(source_name, table_name) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from delivered
