{{ config(access='protected' if var('private') == 'dim_shops' else 'public') }}
select shop
from values {{ var('shops') }} as shops (shop)
