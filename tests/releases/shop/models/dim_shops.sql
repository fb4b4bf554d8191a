{{ config(access='protected' if var('private') == 'dim_shops' else 'public') }}
select {{ var('shop_type') }}(shop) as shop
from values {{ var('shops') }} as shops (shop)
