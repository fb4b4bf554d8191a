{% macro added_columns(target, columns, kept) %}
    {#- The new columns, if nothing else of the definition has changed. -#}
    {%- set before = dbt_change_feed.columns_of('select * from ' ~ target) | map(attribute='formatted') | list -%}
    {%- set same = columns | selectattr('formatted', 'in', before) | list -%}
    {%- set added = columns | rejectattr('formatted', 'in', before) | list -%}
    {%- if same | length == before | length and dbt_change_feed.definition(same).hash == kept -%}
        {{- return(added) -}}
    {%- endif -%}
    {{- return([]) -}}
{% endmacro %}
