select
    visit_id,
    shop as Shop,
    visited_at,
    cast(visited_at as date) as visited_date,
    cast(visited_at as timestamp_ntz) as visited_local
from (
    select
        visit_id,
        shop,
        timestampadd(minute, minutes, current_timestamp()) as visited_at
    from values
        (1, 'A', -60),
        (2, 'A', -3 * 24 * 60),
        (3, 'B', -2 * 24 * 60 - 60),
        (4, 'B', 24 * 60),
        (5, 'C', null),
        (6, null, -60)
        as visit (visit_id, shop, minutes)
)
