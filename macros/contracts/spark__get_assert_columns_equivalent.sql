{% macro spark__get_assert_columns_equivalent(sql) %}
    {%- do checked_columns(sql) -%}
{% endmacro %}
