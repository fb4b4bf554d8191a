{% macro column_set_differences(model, column_list, transform, allow_others) %}
{%- set observed = dbt_expectations.column_names(
    dbt_expectations.columns_of(model), transform
) -%}
{%- set expected = dbt_expectations.column_names(column_list, transform) -%}
{%- set failures = [] -%}
{%- for name in expected | unique(case_sensitive=true)
    if name not in observed -%}
    {%- do failures.append({'expected': name, 'observed': none}) -%}
{%- endfor -%}
{%- for name in observed if name not in expected and not allow_others -%}
    {%- do failures.append({'expected': none, 'observed': name}) -%}
{%- endfor %}
{{ dbt_expectations.failing_facts(failures) }}
{% endmacro %}
