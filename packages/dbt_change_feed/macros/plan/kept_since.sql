{% macro kept_since(vacuum) %}
    {%- set parameters = vacuum.operationParameters | string -%}
    {%- set milliseconds = modules.re.search(
        'specifiedRetentionMillis\\W+(\\d+)', parameters
    ) or modules.re.search('defaultRetentionMillis\\W+(\\d+)', parameters) -%}
    {#- A file is up to the length of a statement older than its commit: an hour is allowed for. -#}
    {%- set age = modules.datetime.timedelta(
        milliseconds=(milliseconds.group(1) | int) - 3600000 if milliseconds else 0
    ) -%}
    {{- return(vacuum.timestamp - age) -}}
{% endmacro %}
