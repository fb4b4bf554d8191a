with

results as (

    select * from {{ source('ops', 'node_results') }}

),

costs as (

    select
        invocation_id,
        dataset,
        kind,
        status,
        seconds,
        rows as rows_written,
        files as files_written,
        bytes as bytes_written,
        ended_at

    from results
    where
        kind in ('model', 'seed', 'snapshot')
        and status in ('success', 'error')

)

select * from costs
