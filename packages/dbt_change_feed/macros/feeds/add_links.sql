{% macro add_links(feeds) %}
    {%- set changes_by = config.get('changes_by') or {} -%}
    {%- set default = dbt_change_feed.as_list(
        config.get('unique_key') or config.get('partition_by')
    ) -%}
    {%- set known = feeds | map(attribute='names') | sum(start=[]) -%}
    {%- for name in changes_by if name not in known -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': changes_by names ' ~ name ~ ', but the model reads '
            ~ known | unique | join(', ')
        ) -%}
    {%- endfor -%}
    {%- for feed in feeds -%}
        {%- set named = feed.names | select('in', changes_by) | list -%}
        {%- if named -%}
            {%- do feed.update({'link': dbt_change_feed.link(changes_by[named[-1]])}) -%}
        {%- elif feeds | length == 1 -%}
            {%- do feed.update({'link': dbt_change_feed.link(default)}) -%}
        {%- else -%}
            {%- do feed.update({'link': []}) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
