{% macro is_of_type(observed, expected) %}
    {%- set observed = dbt_expectations.spark_type(observed) -%}
    {%- set expected = dbt_expectations.spark_type(expected) -%}
    {#- decimal matches every decimal(p,s), array every array<…>. -#}
    {%- set family = modules.re.split('[(<]', observed)[0] -%}
    {{- return(expected in (observed, family)) -}}
{% endmacro %}
