{% macro incremental_plan(feeds, facts) %}
    {%- set new = feeds | selectattr('new') | list -%}
    {%- set units = dbt_change_feed.changed_units(new) -%}
    {%- if not units -%}
        {{- return({'mode': 'nothing', 'reason': 'new versions, in which no row differs'}) -}}
    {%- endif -%}
    {%- set cheaper = dbt_change_feed.full_refresh_is_cheaper(units) -%}
    {%- if cheaper -%}
        {{- return({'mode': 'full', 'reason': cheaper}) -}}
    {%- elif config.get('unique_key') -%}
        {{- return(dbt_change_feed.merge_plan(units, facts.columns)) -}}
    {%- endif -%}
    {{- return(dbt_change_feed.replace_plan(units, facts.columns)) -}}
{% endmacro %}
