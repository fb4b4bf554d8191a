{% macro set_metadata(text) %}
    {%- set setting = 'spark.databricks.delta.commitInfo.userMetadata' -%}
    {%- do run_query(
        'set ' ~ setting ~ '=`' ~ text | replace('`', '``') ~ '`' if text else 'reset ' ~ setting
    ) -%}
{% endmacro %}
