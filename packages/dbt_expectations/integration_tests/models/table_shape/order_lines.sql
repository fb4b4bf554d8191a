select *
from values
    (1, 'x'), (1, 'x'), (2, 'x'), (2, 'x'),
    (3, 'y'), (3, 'y'), (4, null), (4, null),
    (5, 'z')
    as order_lines (order_id, kind)
