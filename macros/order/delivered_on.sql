{% macro delivered_on(file='_source_file') %}
    {{- return(
        "try_cast(regexp_extract(" ~ file
        ~ ", '([0-9]{4}-[0-9]{2}-[0-9]{2})[^/]*$', 1) as date)"
    ) -}}
{% endmacro %}
