{% macro release_retention() %}
    {%- set days = var('release_retention_days') | int -%}
    {{- return({
        'delta.deletedFileRetentionDuration': 'interval ' ~ days ~ ' days',
        'delta.logRetentionDuration': 'interval ' ~ [days + 1, 30] | max ~ ' days',
    }) -}}
{% endmacro %}
