{% test expect_column_pair_values_to_be_in_set(
    model, column_A, column_B, value_pairs_set, row_condition=None
) %}
{%- set pairs = [] -%}
{%- for pair in value_pairs_set -%}
    {%- set equalities = [] -%}
    {%- for column in (column_A, column_B) -%}
        {%- set value = dbt_expectations.sql_value(pair[loop.index0]) -%}
        {%- do equalities.append(
            column ~ (' is ' if value == 'null' else ' = ') ~ value
        ) -%}
    {%- endfor -%}
    {%- do pairs.append('(' ~ equalities | join(' and ') ~ ')') -%}
{%- endfor %}
{{ dbt_expectations.failing_rows(
    model,
    condition=pairs | join(' or ') or 'false',
    observed='struct(' ~ column_A ~ ', ' ~ column_B ~ ')',
    row_condition=row_condition,
) }}
{% endtest %}
