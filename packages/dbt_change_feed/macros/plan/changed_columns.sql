{% macro changed_columns(given) %}
    {%- set kept = dbt_change_feed.columns_of('select * from ' ~ this) -%}
    {%- set were = kept | map(attribute='formatted') | sort -%}
    {%- set are = given | map(attribute='formatted') | sort -%}
    {%- if config.get('on_schema_change') == 'append_new_columns' -%}
        {%- set were = were | select('in', are) | list -%}
    {%- endif -%}
    {%- if were != are -%}
        {{- return('the columns were ' ~ were | join(', ') ~ ', and are ' ~ are | join(', ')) -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}
