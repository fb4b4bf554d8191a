{%- set tables = ['interactions_latin1', 'interactions'] -%}

with

source as (

    {% for table in tables %}
        select
            interaction_id,
            customer_id,
            interaction_type,
            channel,
            agent,
            'support_{{ table }}' as bronze_table,
            duration_seconds,
            satisfaction,
            is_deleted,
            interaction_date,
            updated_at,
            _source_file,
            _source_modified_at

        from {{ source('support', table) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

renamed as (

    select
        nullif(trim(interaction_id), '') as interaction_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(lower(trim(interaction_type)), '') as interaction_type,
        nullif(lower(trim(channel)), '') as interaction_channel,
        nullif(trim(agent), '') as agent,
        bronze_table,
        duration_seconds,
        satisfaction,
        coalesce(is_deleted, false) as is_deleted,
        interaction_date,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
