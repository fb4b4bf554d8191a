{% macro differ(tolerance=0.0, tolerance_percent=none) %}
    {#- A missing value counts as zero. -#}
    {%- set difference =
        'abs(coalesce(observed, 0) - coalesce(expected, 0))' -%}
    {%- if tolerance_percent is not none -%}
        {{- return(
            difference ~ ' > ' ~ tolerance_percent
            ~ ' * abs(coalesce(observed, 0))'
        ) -}}
    {%- elif tolerance | float != 0 -%}
        {{- return(difference ~ ' > ' ~ tolerance) -}}
    {%- endif -%}
    {#- Dates and strings can be compared, but not subtracted. -#}
    {%- set only_side = 'cast(coalesce(observed, expected) as string)' -%}
    {{- return(
        'case'
        ~ ' when observed is null and expected is null then false'
        ~ ' when observed is null or expected is null then'
        ~ ' coalesce(try_cast(' ~ only_side ~ ' as double) <> 0, true)'
        ~ ' else observed <> expected'
        ~ ' end'
    ) -}}
{% endmacro %}
