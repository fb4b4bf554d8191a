select
    make_date(2026, 1, day_number) as day,
    make_timestamp(2026, 1, 1, day_number, 30, 0) as hour_at,
    make_timestamp_ntz(2026, 1, 1, day_number, 30, 0) as local_at,
    make_date(2026, if(day_number > 6, 4, 2), 1) as month_start
from values (1), (2), (3), (4), (6), (7), (9), (10) as d (day_number)
