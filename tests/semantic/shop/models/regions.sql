select *
from
    values
    ('r1', 'Here'),
    ('r2', null)
        as regions (region_id, country)
