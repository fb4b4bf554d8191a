select *
from values
    (1, 'north', 100.00, 100.00, date'2026-01-01'),
    (2, 'north', 50.00, 50.00, date'2026-01-02'),
    (3, 'south', 70.00, 75.00, date'2026-01-03'),
    (4, null, null, 10.00, date'2026-01-04')
    as entry (id, region, debit, credit, booked_date)
