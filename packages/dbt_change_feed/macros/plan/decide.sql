{% macro decide(facts) %}
    {%- set why = [] -%}
    {%- set state = facts.state or {} -%}
    {%- if not facts.exists -%}
        {%- do why.append('first run') -%}
    {%- elif facts.full_refresh -%}
        {%- do why.append('--full-refresh') -%}
    {%- elif facts.partial -%}
        {%- do why.append('--empty or --sample') -%}
    {%- elif facts.foreign -%}
        {%- do why.append('written by others: ' ~ facts.foreign) -%}
    {%- elif not state -%}
        {%- do why.append('no record of what was read') -%}
    {%- elif state.partial -%}
        {%- do why.append('the last run read no rows or a sample') -%}
    {%- elif state.version != facts.package -%}
        {%- do why.append('the package has changed') -%}
    {%- elif state.sql != facts.sql -%}
        {%- do why.append('the SQL or the configuration has changed') -%}
    {%- else -%}
        {%- for feed in facts.feeds if feed.obstacle -%}
            {%- do why.append(feed.obstacle) -%}
        {%- endfor -%}
        {%- if not why and facts.columns_changed -%}
            {%- do why.append(facts.columns_changed) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if why -%}
        {{- return({'mode': 'full', 'reason': why | unique | join('; ')}) -}}
    {%- elif facts.feeds | selectattr('new') | list -%}
        {%- set cheaper = dbt_change_feed.decide_by_cost(facts) -%}
        {%- if cheaper -%}
            {{- return({'mode': 'full', 'reason': cheaper}) -}}
        {%- endif -%}
        {{- return({'mode': 'incremental', 'reason': 'new versions'}) -}}
    {%- endif -%}
    {{- return({'mode': 'nothing', 'reason': 'nothing new'}) -}}
{% endmacro %}
