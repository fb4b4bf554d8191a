select
    shop,
    date_sub(current_date(), ago) as sold_date,
    date_sub(date_trunc('week', current_date()), 7 * ago) as sold_week,
    shop * (100 + 7 * ago % 5) * if(ago = 4 and shop = 2, 3, 1) as amount
from (select explode(sequence(0, 59)) as ago)
lateral view explode(array(1, 2)) as shop
