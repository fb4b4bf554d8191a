{% macro last_state(relation) %}
    {%- set commits = dbt_change_feed.rows_of('describe history ' ~ relation ~ ' limit 50') -%}
    {%- set found = namespace(state=none, foreign=none, seconds=none) -%}
    {%- for commit in commits -%}
        {%- set text = commit.userMetadata or '{}' -%}
        {%- set about = fromjson(text, {}) -%}
        {%- set state = about.get('change_feed') if about is mapping -%}
        {%- if state and state.started and found.seconds is none -%}
            {%- set found.seconds = (
                commit.timestamp - modules.datetime.datetime.fromisoformat(state.started)
            ).total_seconds() -%}
        {%- endif -%}
        {%- if found.state is none or commit.version > (found.state.since or commit.version) -%}
            {%- if state and found.state is none -%}
                {%- set found.state = state -%}
            {%- elif not state and commit.operation not in dbt_change_feed.operations().neutral -%}
                {%- set found.foreign = found.foreign
                    or commit.operation ~ ' at version ' ~ commit.version -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return({
        'state': found.state,
        'version': commits[0].version,
        'full_seconds': found.seconds,
        'foreign': found.foreign if found.state
    }) -}}
{% endmacro %}
