{% test expect_multicolumn_sum_to_equal(
    model, column_list, sum_total, group_by=None, row_condition=None
) %}
{%- set sums = [] -%}
{%- for column in dbt_expectations.as_list(column_list) -%}
    {%- do sums.append('sum(' ~ column ~ ')') -%}
{%- endfor -%}
{%- set is_number = modules.re.match(
    '[-+]?[0-9.]+(e[-+]?[0-9]+)?$', sum_total | string | lower
) %}
{{ dbt_expectations.equal_expression(
    model,
    expression=sums | join(' + '),
    compare_expression=sum_total if is_number else 'sum(' ~ sum_total ~ ')',
    group_by=group_by,
    row_condition=row_condition,
) }}
{% endtest %}
