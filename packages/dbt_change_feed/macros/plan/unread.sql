{% macro unread(feed, seen) %}
    {%- if not seen -%}
        {{- return({'obstacle': feed.table ~ ' was not read before'}) -}}
    {%- elif feed.is_delta and seen.version == feed.version and seen.committed == feed.committed -%}
        {{- return({'new': false, 'id': seen.id, 'content': seen.content}) -}}
    {%- endif -%}

    {%- do dbt_change_feed.add_detail(feed) -%}
    {%- if feed.by_content and seen.content == feed.content -%}
        {{- return({'new': false}) -}}
    {%- elif feed.by_content -%}
        {{- return({'obstacle': feed.table ~ ' has changed, and is read whole'}) -}}
    {%- elif not feed.is_delta -%}
        {{- return({'obstacle': feed.table ~ ' is not a Delta table'}) -}}
    {%- elif seen.id != feed.id -%}
        {{- return({'obstacle': feed.table ~ ' is another table than before'}) -}}
    {%- elif seen.version >= feed.version -%}
        {{- return({'obstacle': feed.table ~ ' went back to version ' ~ feed.version}) -}}
    {%- elif not feed.on -%}
        {{- return({'obstacle': feed.table ~ ' has no change feed: alter table ' ~ feed.table
            ~ ' set tblproperties (delta.enableChangeDataFeed = true)'}) -}}
    {%- endif -%}

    {%- set count = feed.version - seen.version -%}
    {%- set commits = dbt_change_feed.commits_up_to(feed, count) -%}
    {%- if commits | length < count -%}
        {{- return({'obstacle': feed.table ~ ': the history of its changes has expired'}) -}}
    {%- endif -%}
    {%- set operations = dbt_change_feed.operations() -%}
    {%- set found = namespace(oldest=none, only_inserts=true, changed=0) -%}
    {%- for commit in commits -%}
        {%- set parameters = commit.operationParameters | string -%}
        {%- if commit.operation in operations.data -%}
            {%- set found.oldest = commit.timestamp -%}
            {%- set found.changed = found.changed + dbt_change_feed.rows_changed(commit) -%}
            {%- if commit.operation != 'WRITE' or '"mode":"Append"' not in parameters -%}
                {%- set found.only_inserts = false -%}
            {%- endif -%}
        {%- elif commit.operation not in operations.neutral
            or 'enableChangeDataFeed' in parameters -%}
            {{- return({'obstacle': feed.table ~ ': ' ~ commit.operation
                ~ ' at version ' ~ commit.version}) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if found.oldest is none -%}
        {{- return({'new': false}) -}}
    {%- endif -%}
    {%- for commit in commits if commit.operation == 'VACUUM START'
        and found.oldest < dbt_change_feed.kept_since(commit) -%}
        {{- return({'obstacle': feed.table ~ ': unread changes were vacuumed'}) -}}
    {%- endfor -%}
    {%- if not feed.link -%}
        {{- return({'obstacle': feed.table ~ ' has changed, and changes_by does not name it'}) -}}
    {%- endif -%}
    {{- return({
        'since': seen.version + 1, 'only_inserts': found.only_inserts, 'changed': found.changed
    }) -}}
{% endmacro %}
