{%- set dimensions = [
    'completeness', 'uniqueness', 'validity', 'consistency', 'timeliness'
] -%}

with

results as (

    select
        dataset,
        node,
        column_name,
        dimension,
        threshold,
        score,
        failures,
        ended_at,
        to_date(ended_at) as scored_on

    from {{ source('ops', 'node_results') }}
    where dataset is not null and score is not null

),

-- The last result of each test on the day.
rules as (

    select
        dataset,
        scored_on,
        node,
        max(ended_at) as ended_at,
        max_by(
            struct(dimension, column_name, threshold, score, failures),
            ended_at
        ) as latest

    from results
    group by dataset, scored_on, node

),

of_dimensions as (

    select
        dataset,
        scored_on,
        latest.dimension,
        avg(latest.score) as score,
        count(*) as rule_count,
        count_if(latest.score < latest.threshold) as failed_rule_count,
        collect_list(struct(
            latest.score,
            split_part(node, '.', 3) as rule,
            latest.column_name,
            latest.threshold,
            latest.failures
        )) filter (where latest.score < 1) as imperfect_rules,
        max(ended_at) as tested_at

    from rules
    group by dataset, scored_on, latest.dimension

),

scorecard as (

    select
        dataset,
        scored_on,
        {% for dimension in dimensions %}
            max(score) filter (where dimension = '{{ dimension }}')
                as {{ dimension }},
        {% endfor %}
        avg(score) as overall_score,
        sum(failed_rule_count) = 0 as passed,
        sum(rule_count) as rule_count,
        sum(failed_rule_count) as failed_rule_count,
        slice(array_sort(flatten(collect_list(imperfect_rules))), 1, 3)
            as worst_rules,
        max(tested_at) as tested_at

    from of_dimensions
    group by dataset, scored_on

)

select * from scorecard
