select *
from
    values
    ('c1', 'r1'),
    ('c2', 'r2'),
    ('c3', null)
        as customers (customer_id, region_id)
