{# Through a view with a window: linked to the view below it. #}
{{ config(unique_key='customer_id', changes_by={'stg_customers': 'customer_id'}) }}

select
    customer_id,
    segment
from {{ ref('ranked_customers') }}
where latest_rank = 1 and segment <> 'closed'
