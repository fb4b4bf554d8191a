select
    *,
    row_number() over (
        partition by customer_id
        order by updated_at desc, segment desc
    ) as latest_rank
from {{ ref('stg_customers') }}
