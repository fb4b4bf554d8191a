select
    date_day,
    if(month(date_day) <= 2, date '2024-01-01', date '2024-03-01')
        as season_start
from
    (
        select
            explode(
                sequence(date '2024-01-01', date '2024-04-30')
            ) as date_day
    ) as calendar
