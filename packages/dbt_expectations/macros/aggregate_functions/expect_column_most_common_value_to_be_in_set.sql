{% test expect_column_most_common_value_to_be_in_set(
    model,
    column_name,
    value_set,
    top_n,
    quote_values=True,
    data_type="decimal",
    row_condition=None
) %}
{#- Spark's bare decimal has no decimals. -#}
{%- set data_type = 'decimal(38, 18)'
    if dbt_expectations.spark_type(data_type) == 'decimal' else data_type -%}
{%- set value = column_name if quote_values
    else 'cast(' ~ column_name ~ ' as ' ~ data_type ~ ')' -%}
{%- set values = [] -%}
{%- for literal in dbt_expectations.set_values(value_set, quote_values) -%}
    {%- do values.append(
        literal if quote_values or literal == 'null'
        else 'cast(' ~ literal ~ ' as ' ~ data_type ~ ')'
    ) -%}
{%- endfor %}
with ranked as (

    select
        {{ value }} as value,
        count(*) as n_records,
        rank() over (order by count(*) desc) as frequency_rank
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}
    group by 1

)

select
    {{ dbt_expectations.string_literal('one of ' ~ value_set | join(', ')) }}
        as expected,
    cast(value as string) as observed,
    to_json(struct(frequency_rank, n_records)) as record
from ranked
where
    frequency_rank <= {{ top_n }}
    and not {{ dbt_expectations.in_set('value', values) }}
{% endtest %}
