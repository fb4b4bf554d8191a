{% macro end_run(results) %}
    {%- if execute -%}
        {%- for line in adapter.end_run(results, graph, run_started_at) -%}
            {%- do log(line, info=True) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
