{% macro overwrite_sql(target, names, query) %}
    {#- A session's `partitionOverwriteMode=dynamic` would keep partitions that have no rows now. -#}
    insert overwrite {{ target }} with ('partitionOverwriteMode' = 'static') by name
    select {{ names }} from ({{ query }}
    )
{% endmacro %}
