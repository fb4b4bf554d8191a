{% macro unstable_function(sql) %}
    {#- Some need no parentheses. -#}
    {%- set found = modules.re.search(
        '(?<![.\\w])(?<!as )(?:'
        ~ '(?:current_date|current_timestamp|localtimestamp|current_time|current_user|session_user)\\b'
        ~ '|(?:now|curdate|unix_timestamp|uuid|input_file_name|monotonically_increasing_id'
        ~ '|spark_partition_id)\\s*\\(\\s*\\)'
        ~ '|(?:rand|randn|random|randstr|uniform|shuffle|tablesample)\\s*\\()',
        dbt_change_feed.code_of(sql)
    ) -%}
    {{- return(modules.re.sub('\\W', '', found.group(0)) if found else none) -}}
{% endmacro %}
