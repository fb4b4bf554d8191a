{{ config(materialized='view') }}

select *
from values
    (1, 'größer', 1, 1, 0.5, 'p'),
    (2, 'kleiner', 2, 2, 0.6, 'p'),
    (3, 'kleiner', null, 3, 0.7, 'q')
    as odd (`order id`, `Größe`, `select`, `it's`, `net-amount`, `a.b`)
