with

files as (

    select * from {{ source('loader', 'load_log') }}

),

loads as (

    select
        dataset,
        load_id,
        batch,
        count(*) as files,
        count_if(state = 'rejected') as rejected_files,
        coalesce(sum(rows_read), 0) as rows_read,
        sum(rows_loaded) as rows_loaded,
        sum(rows_rejected) as rows_rejected,
        sum(size_bytes) as size_bytes,
        max(seconds) as seconds,
        max(closed_at) as closed_at

    from files
    group by dataset, load_id, batch

)

select * from loads
