{% macro table_definition(columns, properties={}) %}
    {%- set documented = config.persist_column_docs() -%}
    {%- set described = {} -%}
    {%- for name, column in model.columns.items() -%}
        {%- do described.update({name | lower: column}) -%}
    {%- endfor -%}
    {%- set all_properties = dict(config.get('tblproperties') or {}, **properties) -%}
    {%- if model.access == 'public' -%}
        {%- do all_properties.update(release_retention()) -%}
    {%- endif -%}
    {%- if config.get('contract').enforced -%}
        {%- do all_properties.update(check_properties(model)) -%}
    {%- endif %}
(
    {%- for column in columns %}
    {%- set declared = described.get(column.name | lower, {}) %}
    {{ adapter.quote(column.name) }} {{ column.data_type }}
    {%- if is_required(declared) %} not null{% endif -%}
    {%- if documented and declared.description %} comment {{ sql_string(declared.description | trim) }}
    {%- endif -%}
    {{ ',' if not loop.last }}
    {%- endfor %}
)
    {{ file_format_clause() }}
    {{ partition_cols(label='partitioned by') }}
    {{ comment_clause() }}
    {%- if all_properties %}
tblproperties (
        {%- for name, value in all_properties.items() %}
    {{ sql_string(name) }} = {{ sql_string(value) }}{{ ',' if not loop.last }}
        {%- endfor %}
)
    {%- endif %}
{% endmacro %}
