{% macro is_row_wise(text, table) %}
    {%- set code = dbt_change_feed.code_of(text) -%}
    {%- set spread = modules.re.search(
        '\\b(?:over\\s*\\(|join\\b|group\\s+by\\b|having\\b|distinct\\b|union\\b|intersect\\b|minus\\b'
        ~ '|limit\\b|offset\\b|qualify\\b|exists\\b|in\\s*\\(\\s*(?:select|with)\\b|pivot\\b'
        ~ '|except\\s+(?:all\\s+)?(?:select|with|\\(\\s*select)\\b'
        ~ '|(?:count|count_if|sum|avg|mean|min|max|any_value|first|first_value|last|last_value|median'
        ~ '|mode|min_by|max_by|every|some|any|bool_or|bool_and|std\\w*|var\\w*|corr|listagg|string_agg'
        ~ '|collect_list|collect_set|array_agg|approx_\\w+|percentile\\w*|bit_or|bit_and|bit_xor)\\s*\\()',
        code
    ) -%}
    {#- Two tables in one `from` make a join without the word. -#}
    {%- set from_list = modules.re.search('\\bfrom\\s+[\\w.]+(?:\\s+(?:as\\s+)?\\w+)?\\s*,\\s*[\\w.]+\\s*(?:as\\b|where\\b|,|\\)|$)', code) -%}
    {{- return(not spread and not from_list and dbt_change_feed.mentions(text, table) == 1) -}}
{% endmacro %}
