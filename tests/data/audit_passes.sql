select * from {{ ref('findings') }}
where not passed
