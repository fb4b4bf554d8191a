with

accounts as (

    select * from {{ ref('stg_shop__accounts') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by {{ latest_first([
                'customer_name',
                'email',
                'account_status',
                'customer_segment',
                'is_deleted',
                'registration_date'
            ], 'updated_at') }}
        ) as version_number

    from accounts
    where customer_id is not null

),

latest as (

    select
        customer_id,
        customer_name,
        email,
        coalesce(account_status, 'unknown') as account_status,
        coalesce(customer_segment, 'unknown') as customer_segment,
        registration_date,
        updated_at

    from numbered
    where version_number = 1 and not is_deleted

)

select * from latest
