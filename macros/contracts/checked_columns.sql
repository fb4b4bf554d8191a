{% macro checked_columns(sql) %}
    {%- set found = columns_of_query(sql) -%}
    {%- if config.get('contract').enforced -%}
        {%- if not model.columns -%}
            {%- do exceptions.raise_contract_error([], found) -%}
        {%- endif -%}
        {%- set declared = columns_of_query(get_empty_schema_sql(model.columns)) -%}
        {%- if declared | map(attribute='formatted') | sort
            != found | map(attribute='formatted') | sort -%}
            {%- do exceptions.raise_contract_error(declared, found) -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}
