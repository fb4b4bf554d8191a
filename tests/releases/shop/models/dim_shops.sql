{{ config(access='protected' if var('private') == 'dim_shops' else 'public') }}
select cast(shop as {{ var('shop_type') }}) as shop
from values {{ var('shops') }} as shops (shop)
