select
    'a.csv' as code,
    1 as amount
