{% test expect_column_values_to_be_within_n_moving_stdevs(
    model,
    column_name,
    date_column_name,
    group_by=None,
    period='day',
    lookback_periods=1,
    trend_periods=7,
    test_periods=14,
    sigma_threshold=3,
    sigma_threshold_upper=None,
    sigma_threshold_lower=None,
    take_diffs=true,
    take_logs=true
) %}
{%- set upper = sigma_threshold if sigma_threshold_upper is none
    else sigma_threshold_upper -%}
{%- set lower = -1 * sigma_threshold if sigma_threshold_lower is none
    else sigma_threshold_lower -%}
{%- set keys = dbt_expectations.as_list(group_by) -%}
{%- set this_period = "date_trunc('" ~ period ~ "', "
    ~ dbt_expectations.current_time() ~ ')' %}
{%- set by_group %}
            {%- if keys %}
            partition by {% for key in keys -%}
                key_{{ loop.index }}{{ ', ' if not loop.last }}
            {%- endfor %}
            {%- endif %}
            order by period
{%- endset %}
with metrics as (

    select
        date_trunc('{{ period }}', {{ date_column_name }}) as period,
        sum({{ column_name }}) as metric
        {%- for key in keys %},
        {{ key }} as key_{{ loop.index }}
        {%- endfor %}
    from {{ model }}
    group by
        date_trunc('{{ period }}', {{ date_column_name }})
        {%- for key in keys %},
        {{ key }}
        {%- endfor %}

),

levels as (

    select
        *,
        coalesce({{ 'ln(metric)' if take_logs else 'metric' }}, 0) as level
    from metrics

),

changes as (

    select
        *,
        level
        {%- if take_diffs %} - lag(level, {{ lookback_periods }}) over (
            {{- by_group }}
        )
        {%- endif %} as change
    from levels

),

trends as (

    select
        *,
        avg(change) over trend as mean,
        stddev_samp(change) over trend as stdev
    from changes
    window trend as (
            {{- by_group }}
            rows between {{ trend_periods }} preceding and 1 preceding
        )

),

sigmas as (

    select
        *,
        (change - mean) / nullif(stdev, 0) as sigma
    from trends

)

select
    'sigma >= {{ lower }} and sigma <= {{ upper }}' as expected,
    concat('sigma ', sigma) as observed,
    to_json(struct(*)) as record
from sigmas
where
    period >= timestampadd({{ period }}, -{{ test_periods }}, {{ this_period }})
    and period < {{ this_period }}
    and not (sigma >= {{ lower }} and sigma <= {{ upper }})
{% endtest %}
