{% test expect_column_values_to_be_within_n_stdevs(
    model, column_name, group_by=None, sigma_threshold=3
) %}
{%- set keys = dbt_expectations.as_list(group_by) %}
with metrics as (

    select
        {{ 'sum(' ~ column_name ~ ')' if keys else column_name }} as metric,
        {{ dbt_expectations.record(keys) }} as record
    from {{ model }}
    {%- if keys %}
    group by {{ keys | join(', ') }}
    {%- endif %}

),

distribution as (

    select
        avg(metric) as mean,
        stddev_samp(metric) as stdev
    from metrics

)

select
    concat(
        'within {{ sigma_threshold }} x ', stdev, ' of ', mean
    ) as expected,
    cast(metric as string) as observed,
    record
from metrics
inner join distribution
    on stdev > 0 and abs(metric - mean) > {{ sigma_threshold }} * stdev
{% endtest %}
