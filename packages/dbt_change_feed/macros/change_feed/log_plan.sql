{% macro log_plan(plan) %}
    {%- do log(this ~ ': ' ~ plan.mode ~ ' (' ~ plan.reason ~ ')', info=true) -%}
{% endmacro %}
