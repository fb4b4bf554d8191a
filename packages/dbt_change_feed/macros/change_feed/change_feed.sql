{% materialization change_feed, adapter='spark' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks) }}

    {%- do dbt_change_feed.refuse_what_cannot_be_derived(compiled_code) -%}
    {%- set feeds = dbt_change_feed.feeds_of_model() -%}
    {%- set facts = dbt_change_feed.facts(existing, feeds) -%}
    {%- set plan = dbt_change_feed.decide(facts) -%}
    {%- if plan.mode == 'incremental' -%}
        {%- set plan = dbt_change_feed.incremental_plan(feeds, facts) -%}
        {%- set has_scratch = true -%}
    {%- endif -%}
    {%- do dbt_change_feed.log_plan(plan) -%}

    {%- if plan.mode == 'nothing' -%}
        {%- call noop_statement('main', 'NOTHING NEW') -%}{%- endcall -%}
    {%- elif plan.mode == 'incremental' -%}
        {%- set state = dict(dbt_change_feed.new_state(facts), since=facts.version) -%}
        {%- do dbt_change_feed.commit(plan.sql, state) -%}
    {%- else -%}
        {%- do dbt_change_feed.full_refresh(
            target, existing, dbt_change_feed.new_state(facts)
        ) -%}
    {%- endif -%}
    {%- if has_scratch -%}
        {%- do dbt_change_feed.forget_scratch(feeds) -%}
    {%- endif -%}

    {%- do apply_grants(
        target,
        config.get('grants'),
        should_revoke(existing, full_refresh_mode=(plan.mode == 'full'))
    ) -%}
    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}
