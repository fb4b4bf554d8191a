select *
from
    values
    ('a1', date '2024-01-30', 100.00),
    ('a1', date '2024-01-31', 110.00),
    ('a2', date '2024-01-31', 50.00),
    ('a2', date '2024-02-15', 70.00)
        as balances (account_id, balance_date, balance)
