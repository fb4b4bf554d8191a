{% macro latest_first(columns, changed_at=none) %}
    {%- set by_change = [changed_at ~ ' desc', '_delivered_on desc'] if changed_at else [] -%}
    {{- return((by_change + [
        '_source_modified_at desc',
        '_source_file desc',
        'struct(' ~ columns | join(', ') ~ ') desc'
    ]) | join(', ')) -}}
{% endmacro %}
