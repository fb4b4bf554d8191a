select *
from
    values
    ('v1', 'c1', date '2024-01-30'),
    ('v2', 'c2', date '2024-01-01'),
    ('v3', 'c3', date '2024-04-01')
        as visits (visit_id, customer_id, visit_date)
