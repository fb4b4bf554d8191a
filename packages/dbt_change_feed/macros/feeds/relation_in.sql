{% macro relation_in(node, text) %}
    {#- With --defer, a view of the other schema reads tables of the other schema. -#}
    {%- set deferred = node.get('defer_relation') -%}
    {%- set places = [node] + ([deferred] if deferred else []) -%}
    {%- for place in places -%}
        {%- set relation = api.Relation.create(
            schema=place.schema, identifier=place.get('identifier') or place.alias
        ) -%}
        {%- if dbt_change_feed.mentions(text, relation.render()) -%}
            {{- return(relation) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        model.name ~ ': a view above it does not name ' ~ node.name ~ '; build the view first'
    ) -%}
{% endmacro %}
