{% macro full_refresh_is_cheaper(units) %}
    {#- A MERGE writes each file anew of which it changes a row, so the share of files is the cost. -#}
    {%- set count = dbt_change_feed.rows_of('describe detail ' ~ this)[0].numFiles -%}
    {%- if count < 2 -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set files = [] -%}
    {%- for unit in units -%}
        {%- do files.append(
            'select _metadata.file_path as file from ' ~ this ~ ' as r where '
            ~ dbt_change_feed.within(unit.bounds, 'r.') ~ ' and exists (select 1 from ' ~ unit.name
            ~ ' as u where ' ~ dbt_change_feed.same(unit.columns, 'u.', 'r.') ~ ')'
        ) -%}
    {%- endfor -%}
    {%- set touched = dbt_change_feed.rows_of(
        'select count(distinct file) as files from (' ~ files | join(' union all ') ~ ')'
    )[0].files -%}
    {%- if touched > count * dbt_change_feed.max_share() -%}
        {{- return('cheaper: the changes are in ' ~ touched ~ ' of ' ~ count ~ ' files') -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}
