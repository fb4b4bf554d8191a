{% test expect_grouped_row_values_to_have_recent_data(
    model,
    group_by,
    timestamp_column,
    datepart,
    interval,
    row_condition=None
) %}
{%- set now = dbt_expectations.current_time() -%}
{%- set timestamp = 'cast(' ~ timestamp_column ~ ' as timestamp)' -%}
{%- set latest = 'max(' ~ timestamp ~ ') filter (where ' ~ timestamp ~ ' <= '
    ~ now ~ ')' -%}
{%- set cutoff = 'timestampadd(' ~ datepart ~ ', -' ~ interval ~ ', '
    ~ now ~ ')' %}
{{ dbt_expectations.failing_aggregates(
    model,
    expression=latest,
    condition='coalesce(' ~ latest ~ ' >= ' ~ cutoff ~ ', false)',
    group_by=group_by,
    row_condition=row_condition,
    expected=timestamp_column ~ ' within ' ~ interval ~ ' ' ~ datepart,
) }}
{% endtest %}
