{% macro publish_release(results) %}
    {%- if execute -%}
        {%- for line in adapter.publish(results, graph.nodes, run_started_at) -%}
            {%- do log(line, info=True) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
