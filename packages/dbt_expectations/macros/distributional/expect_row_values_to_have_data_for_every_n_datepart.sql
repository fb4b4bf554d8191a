{% test expect_row_values_to_have_data_for_every_n_datepart(
    model,
    date_col,
    date_part="day",
    interval=None,
    row_condition=None,
    exclusion_condition=None,
    test_start_date=None,
    test_end_date=None
) %}
{%- set n = interval or 1 -%}
{%- set period = "date_trunc('" ~ date_part ~ "', cast(" ~ date_col
    ~ ' as timestamp))' %}
with observed as (

    select collect_set({{ period }}) as periods
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}

),

bounds as (

    select
        periods,
        {%- if test_start_date %}
        date_trunc(
            '{{ date_part }}',
            cast({{ dbt_expectations.sql_value(test_start_date) }} as timestamp)
        ) as start_at,
        {%- else %}
        array_min(periods) as start_at,
        {%- endif %}
        {%- if test_end_date %}
        cast({{ dbt_expectations.sql_value(test_end_date) }} as timestamp)
            as end_at
        {%- else %}
        array_max(periods) as end_at
        {%- endif %}
    from observed

),

missing as (

    select
        explode(
            array_except(
                transform(
                    sequence(
                        0,
                        timestampdiff({{ date_part }}, start_at, end_at)
                            div {{ n }}
                    ),
                    i -> timestampadd({{ date_part }}, i * {{ n }}, start_at)
                ),
                transform(
                    periods,
                    p -> timestampadd(
                        {{ date_part }},
                        floor(
                            timestampdiff({{ date_part }}, start_at, p)
                            / {{ n }}
                        ) * {{ n }},
                        start_at
                    )
                )
            )
        ) as date_{{ date_part }},
        end_at
    from bounds

)

select
    'rows in every {{ n }} {{ date_part }}' as expected,
    'no rows' as observed,
    {{ dbt_expectations.record(['date_' ~ date_part]) }} as record
from missing
{{ dbt_expectations.where_all(
    'date_' ~ date_part ~ ' < end_at', exclusion_condition
) }}
{% endtest %}
