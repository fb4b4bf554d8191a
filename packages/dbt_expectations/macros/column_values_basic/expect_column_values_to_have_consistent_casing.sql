{% test expect_column_values_to_have_consistent_casing(
    model, column_name, display_inconsistent_columns=False
) %}
select
    {%- if display_inconsistent_columns %}
    concat('one casing of ', lower({{ column_name }})) as expected,
    cast(collect_set({{ column_name }}) as string) as observed
    {%- else %}
    concat(
        count(distinct lower({{ column_name }})), ' distinct values'
    ) as expected,
    concat(count(distinct {{ column_name }}), ' distinct casings') as observed
    {%- endif %}
from {{ model }}
{%- if display_inconsistent_columns %}
group by lower({{ column_name }})
having size(collect_set({{ column_name }})) > 1
{%- else %}
having
    count(distinct {{ column_name }})
    > count(distinct lower({{ column_name }}))
{%- endif %}
{% endtest %}
