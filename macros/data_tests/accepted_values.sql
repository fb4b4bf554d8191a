{% test accepted_values(model, column_name, values, quote=True) %}
{{ config(fail_calc='coalesce(sum(n_records), 0)') }}
{{ dbt.default__test_accepted_values(model, column_name, values, quote) }}
{% endtest %}
