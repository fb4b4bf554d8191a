{% macro keep(name, query) %}
    {#- A view of this session, computed once; on disk, so that it takes no memory from others. -#}
    {%- do run_query(
        'cache table ' ~ name ~ " options ('storageLevel' = 'DISK_ONLY') as " ~ query
    ) -%}
{% endmacro %}
