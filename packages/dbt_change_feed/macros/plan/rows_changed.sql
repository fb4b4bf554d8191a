{% macro rows_changed(commit) %}
    {%- set metrics = dbt_change_feed.operations().data[commit.operation] -%}
    {%- set counts = modules.re.findall(
        '"(?:' ~ metrics ~ ')":"(\\d+)"', commit.operationMetrics | string
    ) -%}
    {{- return(counts | map('int') | sum) -}}
{% endmacro %}
