{% macro evolved_columns(target, columns) %}
    {#- What `on_schema_change` makes of the columns of the table and those of the query. -#}
    {%- set rule = config.get('on_schema_change') -%}
    {%- set rule = 'sync_all_columns' if rule in (none, 'ignore') else rule -%}
    {%- set now = columns | map(attribute='formatted') | list -%}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(column.name | lower) -%}
    {%- endfor -%}
    {%- set before = dbt_change_feed.columns_of('select * from ' ~ target) -%}
    {%- if rule == 'fail' and before | map(attribute='formatted') | sort != now | sort -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': on_schema_change is fail; ' ~ dbt_change_feed.changed_columns(columns)
            ~ '. To accept it: set on_schema_change: sync_all_columns'
        ) -%}
    {%- endif -%}
    {%- set evolved = columns | list -%}
    {%- if rule == 'append_new_columns' -%}
        {%- for column in before if column.name | lower not in names -%}
            {%- do evolved.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(evolved) -}}
{% endmacro %}
