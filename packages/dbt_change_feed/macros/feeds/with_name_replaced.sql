{% macro with_name_replaced(text, name, query) %}
    {#- Without an alias of its own, a table can be named in front of its columns. -#}
    {%- set pattern = dbt_change_feed.name_pattern(name) -%}
    {%- set is_named = modules.re.search(
        pattern ~ '\\s+(?:as\\b|(?!(?:where|order|sort|cluster|distribute|lateral|window)\\b)\\w)', text
    ) -%}
    {%- set alias = '' if is_named else ' as ' ~ adapter.quote(name.split('.')[-1]) -%}
    {%- set place = modules.re.search(pattern, text) -%}
    {{- return(text[:place.start()] ~ '(' ~ query ~ ')' ~ alias ~ text[place.end():]) -}}
{% endmacro %}
