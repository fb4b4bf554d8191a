{% macro commit(sql, state) %}
    {%- set setting = 'spark.databricks.delta.commitInfo.userMetadata' -%}
    {%- set given = dbt_change_feed.rows_of('set ' ~ setting)[0].value -%}
    {%- set before = '' if given == '<undefined>' else given -%}
    {%- set metadata = fromjson(before, none) -%}
    {%- if metadata is not mapping -%}
        {%- set metadata = {'text': before} if before else {} -%}
    {%- endif -%}
    {%- do dbt_change_feed.set_metadata(tojson(dict(metadata, change_feed=state))) -%}
    {%- call statement('main') -%}
        {{ sql }}
    {%- endcall -%}
    {#- A hook that writes to the table is not the materialisation. -#}
    {%- do dbt_change_feed.set_metadata(before) -%}
{% endmacro %}
