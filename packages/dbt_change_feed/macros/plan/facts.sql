{% macro facts(existing, feeds) %}
    {%- set partial = true if flags.EMPTY or flags.SAMPLE else false -%}
    {%- set found = {
        'exists': existing is not none and existing.is_delta,
        'full_refresh': should_full_refresh(),
        'partial': partial,
        'package': dbt_change_feed.state_version(),
        'sql': dbt_change_feed.fingerprint(feeds),
        'feeds': feeds,
        'state': none,
        'foreign': none,
        'columns_changed': none
    } -%}
    {%- if found.exists -%}
        {%- do found.update(dbt_change_feed.last_state(this)) -%}
    {%- endif -%}
    {%- set read = (found.state or {}).get('read', {}) -%}
    {%- set usable = found.exists and read and not found.full_refresh
        and not partial and not found.foreign and found.state.sql == found.sql -%}
    {%- for feed in feeds -%}
        {%- do feed.update({'new': true, 'obstacle': none, 'content': feed.get('content')}) -%}
        {%- if usable -%}
            {%- do feed.update(dbt_change_feed.unread(feed, read.get(feed.table))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if usable and feeds | selectattr('new') | list
        and not feeds | selectattr('obstacle') | list -%}
        {%- do found.update({'columns_changed': dbt_change_feed.changed_columns()}) -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}
