-- The macros that models and custom tests call, in one statement.
select *
from (
    select
        {{ dbt_expectations.log_natural('exp(1)') }} as one,
        {{ dbt_expectations.rand() }} as chance,
        {{ dbt_expectations.md5("'a'") }} as digest,
        {{ dbt_expectations.median('x') }} as middle,
        {{ dbt_expectations.percentile_cont('x', 0.25) }} as quarter,
        any_value({{ dbt_expectations.regexp_instr(
            "'AB-12'", '\\d+', flags='i'
        ) }}) as position
    from values (1), (2), (9) as t (x)
)
where not (
    one = 1
    and chance between 0 and 1
    and digest = '0cc175b9c0f1b6a831c399e269772661'
    and middle = 2
    and quarter = 1.5
    and position = 4
)
