{% macro fingerprint(feeds) %}
    {%- set declared = [] -%}
    {%- for name in [
        'unique_key', 'partition_by', 'changes_by', 'clustered_by', 'buckets',
        'tblproperties', 'persist_docs', 'location_root', 'on_schema_change'
    ] -%}
        {%- do declared.append([name, config.get(name)]) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() -%}
        {%- do columns.append([
            column.name, column.data_type, column.description, column.constraints | string
        ]) -%}
    {%- endfor -%}
    {{- return(local_md5(tojson([
        compiled_code,
        feeds | map(attribute='view') | list,
        feeds | map(attribute='texts', default=[]) | list,
        declared,
        columns,
        model.description,
        model.constraints | string,
        config.get('contract').enforced
    ] | string))) -}}
{% endmacro %}
