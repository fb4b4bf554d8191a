select *
from
    values
    ('o1', 'c1', timestamp '2024-01-31 10:15:30', 10.00, true),
    ('o2', 'c1', timestamp '2024-02-01 10:45:00', 20.50, false),
    ('o3', 'c2', timestamp '2024-02-29 23:59:59', 5.25, true),
    ('o4', 'c3', timestamp '2024-04-01 00:00:00', 7.00, false),
    ('o5', null, timestamp '2024-04-01 00:00:30', 3.00, null)
        as orders (order_id, customer_id, ordered_at, amount, is_gift)
