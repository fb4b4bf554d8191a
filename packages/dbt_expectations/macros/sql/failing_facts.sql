{% macro failing_facts(facts) %}
select
    cast(expected as string) as expected,
    cast(observed as string) as observed
from values
    {%- for fact in facts or [{}] %}
    (
        {%- for side in ('expected', 'observed') -%}
            {{- 'null' if fact.get(side) is none
                else dbt_expectations.string_literal(fact[side]) -}}
            {{- ', ' if not loop.last -}}
        {%- endfor -%}
    )
    {{- ',' if not loop.last }}
    {%- endfor %}
    as fact (expected, observed)
{%- if not facts %}
where false
{%- endif %}
{% endmacro %}
