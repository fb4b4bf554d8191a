{#- A project's own test, built on the package's macros. -#}
{% test expect_a_number(model, column_name) %}
{{ dbt_expectations.expression_is_true(
    model,
    expression=dbt_expectations.regexp_instr(column_name, '^\\d+$'),
    test_condition='> 0',
    row_condition=column_name ~ ' is not null',
) }}
{% endtest %}
