select
    *,
    high + low as high_and_low
from values
    (1, 3, 1, 'x', 'y', 'z', null, 1),
    (2, 2, 2, 'x', 'x', 'z', null, 2),
    (3, 5, 4, 'z', null, null, null, 1),
    (4, null, null, null, null, null, null, 1),
    (5, null, null, 'x', 'v', null, 'v', 1)
    as pair (id, high, low, code_a, code_b, code_c, code_d, day)
