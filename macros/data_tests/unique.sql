{% test unique(model, column_name) %}
{{ config(fail_calc='coalesce(sum(n_records - 1), 0)') }}
{{ dbt.default__test_unique(model, column_name) }}
{% endtest %}
