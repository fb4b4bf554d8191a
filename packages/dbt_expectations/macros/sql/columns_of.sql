{% macro columns_of(model) %}
    {%- set columns = [] -%}
    {%- if model is not string and model.is_cte -%}
        {{- exceptions.raise_compiler_error(
            'Spark cannot describe an ephemeral model: ' ~ model
        ) -}}
    {%- endif -%}
    {%- if execute -%}
        {#- With the config `where`, `model` is a subquery. -#}
        {%- for row in run_query('describe query select * from ' ~ model) -%}
            {%- do columns.append({'name': row[0], 'type': row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(columns) -}}
{% endmacro %}
