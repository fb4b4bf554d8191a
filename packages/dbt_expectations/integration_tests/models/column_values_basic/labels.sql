select *
from values
    ('Red', 'one'),
    ('red', 'one'),
    ('Blue', 'two'),
    ('BLUE', 'two'),
    ('green', null),
    (null, null)
    as label (colour, tidy)
