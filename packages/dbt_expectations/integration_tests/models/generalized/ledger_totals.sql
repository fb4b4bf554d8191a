select *
from values
    ('north', 150.00, date'2026-01-02'),
    ('south', 70.00, date'2026-01-03'),
    ('west', 5.00, date'2026-01-05')
    as total (area, amount, booked_date)
