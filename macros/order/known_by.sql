{% macro known_by(changes) %}
    {{- return(
        "greatest(" ~ changes ~ ".known_date, to_date(" ~ changes
        ~ ".updated_at)) <= as_of_dates.as_of_date"
    ) -}}
{% endmacro %}
