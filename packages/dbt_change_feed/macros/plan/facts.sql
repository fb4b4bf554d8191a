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
        'full_seconds': none,
        'columns': none,
        'columns_changed': none
    } -%}
    {%- if found.exists -%}
        {%- do found.update(dbt_change_feed.last_state(this)) -%}
    {%- endif -%}
    {%- set read = (found.state or {}).get('read', {}) -%}
    {%- set usable = found.exists and read and not found.full_refresh
        and not partial and not found.foreign and found.state.sql == found.sql -%}
    {%- for feed in feeds -%}
        {%- do feed.update({'new': true, 'obstacle': none}) -%}
        {%- if usable -%}
            {%- do feed.update(dbt_change_feed.unread(feed, read.get(feed.table))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if usable and feeds | selectattr('new') | list
        and not feeds | selectattr('obstacle') | list -%}
        {%- set columns = dbt_change_feed.columns_of(compiled_code) -%}
        {%- do found.update({
            'columns': columns, 'columns_changed': dbt_change_feed.changed_columns(columns)
        }) -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}
