{% macro spark__alter_column_comment(relation, column_dict) %}
    {%- set comments = [] -%}
    {%- for name, column in column_dict.items() if column.description -%}
        {%- do comments.append(
            adapter.quote(name) ~ ' comment ' ~ sql_string(column.description | trim)
        ) -%}
    {%- endfor -%}
    {%- if comments -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' alter column ' ~ comments | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}
