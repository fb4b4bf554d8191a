select
    id,
    id % 10 as box,
    case when id = 13 then 1000.0 else 100.0 + id % 3 end as grams,
    0.1d as constant
from range(1, 31) as t (id)
