{% macro latest_first(columns) %}
    {{- return(
        '_source_modified_at desc, _source_file desc, struct('
        ~ columns | join(', ') ~ ') desc'
    ) -}}
{% endmacro %}
