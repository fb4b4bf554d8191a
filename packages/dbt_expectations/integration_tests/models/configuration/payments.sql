select *
from values
    (1, 'card', 10.00, true),
    (2, 'cash', 20.00, true),
    (3, null, -5.00, false)
    as payment (payment_id, method, amount, is_settled)
