select *
from values (1, 'x'), (2, 'x'), (3, 'y'), (4, null)
    as orders (order_id, region)
