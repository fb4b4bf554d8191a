select
    shop,
    date_sub(current_date(), cast(days_ago as int)) as sold_date,
    shop * (100 + 7 * days_ago % 5)
        * if(days_ago = 4 and shop = 2, 3, 1) as amount
from range(0, 60) as d (days_ago)
lateral view explode(array(1, 2)) as shop
