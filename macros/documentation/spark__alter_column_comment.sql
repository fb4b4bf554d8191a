{% macro spark__alter_column_comment(relation, column_dict) %}
    {%- set comments = [] -%}
    {%- for name, column in column_dict.items() if column.description -%}
        {%- set text = column.description | trim | replace('\\', '\\\\') -%}
        {%- do comments.append(
            adapter.quote(name) ~ " comment '" ~ text | replace("'", "\\'") ~ "'"
        ) -%}
    {%- endfor -%}
    {%- if comments -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' alter column ' ~ comments | join(', ')
        ) -%}
    {%- endif -%}
{% endmacro %}
