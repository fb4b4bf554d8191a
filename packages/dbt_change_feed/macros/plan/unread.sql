{% macro unread(feed, seen) %}
    {%- if not seen -%}
        {{- return({'obstacle': feed.table ~ ' was not read before'}) -}}
    {%- elif feed.content -%}
        {{- return(
            {'new': false} if seen[2:] == [feed.content]
            else {'obstacle': feed.table ~ ' has changed, and is read whole'}
        ) -}}
    {%- elif seen[0] != feed.id or feed.id is none -%}
        {{- return({'obstacle': feed.table ~ ' is another table than before'}) -}}
    {%- elif seen[1] == feed.version -%}
        {{- return({'new': false}) -}}
    {%- elif seen[1] > feed.version -%}
        {{- return({'obstacle': feed.table ~ ' went back to version ' ~ feed.version}) -}}
    {%- elif not feed.on -%}
        {{- return({'obstacle': feed.table ~ ' has no change feed: alter table ' ~ feed.table
            ~ ' set tblproperties (delta.enableChangeDataFeed = true)'}) -}}
    {%- endif -%}

    {%- set count = feed.version - seen[1] -%}
    {%- set commits = feed.commits -%}
    {%- if commits | length < count -%}
        {%- set commits = dbt_change_feed.rows_of(
            'describe history ' ~ feed.table ~ ' limit ' ~ count
        ) -%}
    {%- endif -%}
    {%- set commits = commits[:count] -%}
    {%- if commits | length < count -%}
        {{- return({'obstacle': feed.table ~ ': the history of its changes has expired'}) -}}
    {%- endif -%}

    {%- set operations = dbt_change_feed.operations() -%}
    {%- set found = namespace(oldest=none, only_inserts=true) -%}
    {%- for commit in commits -%}
        {%- set parameters = commit.operationParameters | string -%}
        {%- if commit.operation in operations.data -%}
            {%- set found.oldest = commit.timestamp -%}
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
    {%- for commit in commits if commit.operation == 'VACUUM START' -%}
        {%- if found.oldest < dbt_change_feed.kept_since(commit) -%}
            {{- return({'obstacle': feed.table ~ ': unread changes were vacuumed'}) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if not feed.link -%}
        {{- return({'obstacle': feed.table ~ ' has changed, and changes_by does not name it'}) -}}
    {%- endif -%}
    {{- return({'since': seen[1] + 1, 'only_inserts': found.only_inserts}) -}}
{% endmacro %}
