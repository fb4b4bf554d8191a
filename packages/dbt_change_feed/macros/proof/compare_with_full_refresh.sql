{% macro compare_with_full_refresh(models=none) %}
    {%- set wrong = [] -%}
    {%- for node in graph.nodes.values()
        if node.config.materialized == 'change_feed' and (models is none or node.name in models) -%}
        {%- set table = 'select * from ' ~ node.relation_name -%}
        {%- set columns = dbt_change_feed.quoted(
            dbt_change_feed.columns_of(table) | map(attribute='name')
        ) -%}
        {%- set table = 'select ' ~ columns ~ ' from ' ~ node.relation_name -%}
        {%- set full = 'select ' ~ columns ~ ' from (' ~ render(node.raw_code) ~ '\n)' -%}
        {%- set rows = dbt_change_feed.rows_of(
            'select count(*) as rows from ((' ~ table ~ ' except all ' ~ full ~ ') union all ('
            ~ full ~ ' except all ' ~ table ~ '))'
        )[0].rows -%}
        {%- do log(node.relation_name ~ ': ' ~ (
            rows ~ ' rows differ from its full refresh' if rows else 'equals its full refresh'
        ), info=true) -%}
        {%- if rows -%}
            {%- do wrong.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if wrong -%}
        {%- do exceptions.raise_compiler_error(
            'not equal to their full refresh: ' ~ wrong | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}
