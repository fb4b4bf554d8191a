select *
from values
    (1, 's1', 10, cast(null as string), date'2026-01-01'),
    (2, 's1', 20, null, date'2026-01-02'),
    (3, 's1', 30, null, date'2026-01-03'),
    (4, 's2', 5, null, date'2026-01-04'),
    (5, 's2', 5, null, date'2026-01-05'),
    (6, 's2', null, null, date'2026-01-06'),
    (7, 's2', 3, null, date'2026-01-07')
    as reading (id, sensor, level, note, read_date)
