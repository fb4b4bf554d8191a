{%- set sources = [
    ('crm', 'customers'),
    ('pos', 'sales'),
    ('shop', 'accounts'),
    ('shop', 'orders'),
    ('shop', 'order_items'),
    ('shop', 'payments'),
    ('shop', 'products'),
    ('support', 'interactions'),
    ('support', 'interactions_latin1'),
    ('web', 'events'),
    ('web', 'sessions')
] -%}

with

delivered as (

    {% for source_name, table_name in sources %}
        select
            'bronze.{{ source_name }}_{{ table_name }}.rows' as name,
            {{ delivered_on() }} as day

        from {{ source(source_name, table_name) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

rejected as (

    select
        concat('bronze.', replace(dataset, '.', '_'), '.rejects') as name,
        {{ delivered_on('source_file') }} as day

    from {{ source('loader', 'load_quarantine') }}

),

counted as (

    select * from delivered
    union all
    select * from rejected

),

by_day as (

    select
        name,
        day,
        count(*) as found

    from counted
    where day is not null
    group by name, day

),

totals as (

    select
        name,
        cast(null as date) as day,
        count(*) as found

    from counted
    group by name

),

figures as (

    select * from by_day
    union all
    select * from totals

)

select * from figures
