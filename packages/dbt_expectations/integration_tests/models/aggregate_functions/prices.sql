select
    id,
    category,
    colour,
    price,
    rating,
    priced_date
from values
    (1, 'a', 'red', 1.00, 4.5d, date'2026-01-01'),
    (2, 'a', 'red', 2.00, 4.5d, date'2026-01-02'),
    (3, 'a', 'blue', 3.00, 4.5d, date'2026-01-03'),
    (4, 'b', 'blue', 4.00, 3.5d, date'2026-01-04'),
    (5, 'b', 'red', 10.00, 3.5d, date'2026-01-05'),
    (6, 'b', null, null, null, null)
    as price (id, category, colour, price, rating, priced_date)
