"""MetricFlow's query plans as Spark SQL.

Databricks' dialect is Spark's, but for what it refuses, rounds or hides:
every kind of percentile is rendered, a ratio of decimals stays a decimal, and
a date is truncated in a way that lets Spark skip the files of other months.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dbt.contracts.graph.manifest import Manifest
from metricflow.sql.render.databricks import DatabricksSqlExpressionRenderer
from metricflow.sql.render.expr_renderer import SqlExpressionRenderer, SqlExpressionRenderResult
from metricflow.sql.render.sql_plan_renderer import DefaultSqlPlanRenderer, SqlPlanRenderResult
from metricflow.sql.sql_plan import SqlPlan, SqlPlanNode, SqlSelectColumn
from metricflow.sql.sql_select_node import SqlSelectStatementNode
from metricflow.sql.sql_select_text_node import SqlSelectTextNode
from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity
from metricflow_semantics.sql.sql_exprs import (
    SqlColumnReference,
    SqlColumnReferenceExpression,
    SqlComparison,
    SqlComparisonExpression,
    SqlDateTruncExpression,
    SqlExpressionNode,
    SqlFunction,
    SqlLogicalExpression,
    SqlLogicalOperator,
    SqlPercentileExpression,
    SqlPercentileFunctionType,
    SqlRatioComputationExpression,
    SqlStringExpression,
)

PERCENTILES = {
    # Spark has no approximate continuous percentile; the exact one is right, too.
    SqlPercentileFunctionType.CONTINUOUS: "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.APPROXIMATE_CONTINUOUS: "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.DISCRETE: "PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.APPROXIMATE_DISCRETE: "APPROX_PERCENTILE({x}, {p})",
}
# Functions whose value of several rows is that of their values of some of the rows each.
TOTALS = (SqlFunction.SUM, SqlFunction.MIN, SqlFunction.MAX)
# How the columns begin that a join compares.
COMPUTED = "__compared_"
# How the column ends that has the weeks of the month of a week.
WEEKS = "__of_month"
OF_MONTHS = (TimeGranularity.MONTH, TimeGranularity.QUARTER, TimeGranularity.YEAR)


def dates(manifest: Manifest) -> dict[tuple[str, str], str | None]:
    """The date columns of all models: (relation, column) -> the partition column that holds its month, or None.

    Read from the contracts: a column of data_type `date`, and a check
    `<partition> = trunc(<column>, 'month')`, which Delta enforces.
    """
    found = {}
    for node in manifest.nodes.values():
        if node.resource_type != "model":
            continue
        partitions = node.config.get("partition_by") or []
        months = {}
        for partition in [partitions] if isinstance(partitions, str) else partitions:
            column = node.columns.get(partition)
            for constraint in column.constraints if column else []:
                rule = re.fullmatch(
                    rf"{partition} = trunc\((\w+), 'month'\)", constraint.expression or ""
                )
                if rule:
                    months[rule.group(1)] = partition
        for name, column in node.columns.items():
            if column.data_type == "date":
                found[node.relation_name, name] = months.get(name)
    return found


def truncated(granularity: TimeGranularity, column: str, month: str | None) -> str:
    """A date, cut to its period, so that a filter on the period prunes.

    Spark sees through a cast, and applies any expression of a partition
    column to the partitions; behind `date_trunc(…, date)` it sees nothing.
    """
    if granularity is TimeGranularity.DAY:
        return f"CAST({column} AS TIMESTAMP)"
    return f"DATE_TRUNC('{granularity.value}', {month if month and granularity in OF_MONTHS else column})"


def weeks_of(month: str) -> str:
    """The Mondays, as timestamps, of all weeks with a day in a month, given by its first day."""
    # Not SEQUENCE, which might fail: Spark moves no such thing below a join.
    mondays = f"TRANSFORM(ARRAY(0, 7, 14, 21, 28, 35), days -> CAST(DATE_ADD(TRUNC({month}, 'week'), days) AS TIMESTAMP))"
    return f"FILTER({mondays}, monday -> monday <= LAST_DAY({month}))"


def sources(node: SqlSelectStatementNode) -> dict[str, SqlPlanNode]:
    """What a statement reads, by alias."""
    joined = {join.right_source_alias: join.right_source for join in node.join_descs}
    return {node.from_source_alias: node.from_source, **joined}


def decomposable(
    node: SqlSelectStatementNode, alias: str, conditions: Sequence[SqlExpressionNode | None]
) -> list[str] | None:
    """What a join needs of one source when it joins totals instead of rows: columns and totals, to be grouped.

    None where that is not the same: only sums, least and greatest values of
    this source's own columns may be computed of totals. `conditions` are those
    of the joins.
    """
    totals: dict[str, str] = {}
    others = [*node.group_bys, *node.order_bys]
    for column in node.select_columns:
        if not column.expr.lineage.contains_aggregate_exprs:
            others.append(column)
            continue
        function = getattr(column.expr, "sql_function", None)
        if function is None or function not in TOTALS:
            return None
        value = column.expr.sql_function_args[0].as_column_reference_expression
        if not value or value.col_ref.table_alias != alias:
            return None
        name = value.col_ref.column_name
        if (
            totals.setdefault(name, f"{function.value}({name}) AS {name}")
            != f"{function.value}({name}) AS {name}"
        ):
            return None
    used = [each.expr.lineage for each in others] + [
        each.lineage for each in (node.where, *conditions) if each
    ]
    plain = {
        each.col_ref.column_name
        for lineage in used
        for each in lineage.column_reference_exprs
        if each.col_ref.table_alias == alias and not each.col_ref.column_name.startswith(COMPUTED)
    }
    if (
        not totals
        or plain & totals.keys()
        or any(lineage.contains_ambiguous_exprs for lineage in used)
    ):
        return None
    return [*sorted(plain), *totals.values()]


class SparkExpressionRenderer(DatabricksSqlExpressionRenderer):
    """Renders one expression. `tables` are the relations of the plan, by alias; `dates` as of dates()."""

    def __init__(self, dates: Mapping[tuple[str, str], str | None]):
        self.dates = dates
        self.tables: dict[str, str] = {}

    @property
    def supported_percentile_function_types(self) -> Collection[SqlPercentileFunctionType]:
        return PERCENTILES.keys()

    def visit_percentile_expr(self, node: SqlPercentileExpression) -> SqlExpressionRenderResult:
        value = self.render_sql_expr(node.order_by_arg)
        return SqlExpressionRenderResult(
            sql=PERCENTILES[node.percentile_args.function_type].format(
                p=node.percentile_args.percentile, x=value.sql
            ),
            bind_parameter_set=value.bind_parameter_set,
        )

    def visit_ratio_computation_expr(
        self, node: SqlRatioComputationExpression
    ) -> SqlExpressionRenderResult:
        # `/` never divides integers in Spark, so a cast to double would only lose the decimals.
        numerator, denominator = (
            self.render_sql_expr(node.numerator),
            self.render_sql_expr(node.denominator),
        )
        return SqlExpressionRenderResult(
            sql=f"{numerator.sql} / NULLIF({denominator.sql}, 0)",
            bind_parameter_set=numerator.bind_parameter_set.merge(denominator.bind_parameter_set),
        )

    def visit_date_trunc_expr(self, node: SqlDateTruncExpression) -> SqlExpressionRenderResult:
        column = node.arg.as_column_reference_expression
        key = (
            (self.tables.get(column.col_ref.table_alias, ""), column.col_ref.column_name)
            if column
            else ("", "")
        )
        if key not in self.dates:
            return super().visit_date_trunc_expr(node)
        rendered = self.render_sql_expr(column)
        qualifier = rendered.sql.removesuffix(key[1])
        month = self.dates[key]
        return SqlExpressionRenderResult(
            sql=truncated(node.time_granularity, rendered.sql, month and qualifier + month),
            bind_parameter_set=rendered.bind_parameter_set,
        )


class SparkPlanRenderer(DefaultSqlPlanRenderer):
    """Renders a whole plan."""

    def __init__(self, dates: Mapping[tuple[str, str], str | None]):
        self.EXPR_RENDERER = SparkExpressionRenderer(dates)
        self.ctes: dict[str, SqlPlanNode] = {}

    @property
    def expr_renderer(self) -> SqlExpressionRenderer:
        return self.EXPR_RENDERER

    def render_sql_plan(self, sql_query_plan: SqlPlan) -> SqlPlanRenderResult:
        self.EXPR_RENDERER.tables.clear()
        self.ctes.clear()
        return super().render_sql_plan(sql_query_plan)

    def visit_select_statement_node(self, node: SqlSelectStatementNode) -> SqlPlanRenderResult:
        self.ctes.update((cte.cte_alias, cte.select_statement) for cte in node.cte_sources)
        self._note_tables(node)
        return super().visit_select_statement_node(self._joined_cheaply(self._weeks_by_month(node)))

    def _note_tables(self, node: SqlSelectStatementNode) -> None:
        for alias, source in sources(node).items():
            if source.as_sql_table_node:
                self.EXPR_RENDERER.tables[alias] = source.as_sql_table_node.sql_table.sql

    def _month(
        self, expression: SqlExpressionNode, grains: Collection[TimeGranularity]
    ) -> SqlExpressionNode | None:
        """The partition column with the month of a date, for its column or that cut to one of the grains; else None."""
        if isinstance(expression, SqlDateTruncExpression) and expression.time_granularity in grains:
            expression = expression.arg
        reference = expression.as_column_reference_expression
        if not reference:
            return None
        alias = reference.col_ref.table_alias
        relation = self.EXPR_RENDERER.tables.get(alias, "")
        month = self.EXPR_RENDERER.dates.get((relation, reference.col_ref.column_name))
        return month and SqlColumnReferenceExpression.create(SqlColumnReference(alias, month))

    def _weeks_by_month(self, node: SqlSelectStatementNode) -> SqlSelectStatementNode:
        """The node; what it asks of a week, it asks also of the weeks of the partition's month.

        A week is no function of the month, so `week >= x` alone prunes nothing.
        """
        together = (
            isinstance(node.where, SqlLogicalExpression)
            and node.where.operator is SqlLogicalOperator.AND
        )
        parts = node.where.args if together else (node.where,)
        asked: dict[str, list[str]] = {}
        for part in parts:
            columns = set(part.used_columns or ()) if isinstance(part, SqlStringExpression) else ()
            # Spark has no subquery in a lambda function.
            if len(columns) == 1 and "select" not in part.sql_expr.lower():
                [week] = columns
                asked.setdefault(week, []).append(f"({part.sql_expr})")
        for week, conditions in asked.items():
            if source := self._with_weeks_of_month(node.from_source, week):
                condition = f"EXISTS({week}{WEEKS}, {week} -> {' AND '.join(conditions)})"
                both = (node.where, SqlStringExpression.create(condition))
                node = replace(
                    node,
                    from_source=source,
                    where=SqlLogicalExpression.create(SqlLogicalOperator.AND, both),
                )
        return node

    def _with_weeks_of_month(self, source: SqlPlanNode, week: str) -> SqlPlanNode | None:
        """The source with a column more: the weeks of the month of a column's week; None where it is no such column."""
        table = source.as_sql_table_node
        node = self.ctes.get(table.sql_table.sql) if table else source.as_select_node
        if not node or node.group_bys or node.distinct:
            return None
        column = next(
            (each.expr for each in node.select_columns if each.column_alias == week), None
        )
        if not column:
            return None
        self._note_tables(node)
        if isinstance(column, SqlDateTruncExpression):
            month = self._month(column, [TimeGranularity.WEEK])
            if not month:
                return None
            weeks = SqlStringExpression.create(weeks_of(self._sql(month)))
        else:
            given = (
                column.as_column_reference_expression
                and column.as_column_reference_expression.col_ref
            )
            if not given or given.table_alias != node.from_source_alias:
                return None
            inner = self._with_weeks_of_month(node.from_source, given.column_name)
            if not inner:
                return None
            node = replace(node, from_source=inner)
            weeks = SqlColumnReferenceExpression.create(
                SqlColumnReference(given.table_alias, f"{given.column_name}{WEEKS}")
            )
        return node.with_select_columns(
            [*node.select_columns, SqlSelectColumn(weeks, f"{week}{WEEKS}")]
        )

    def _joined_cheaply(self, node: SqlSelectStatementNode) -> SqlSelectStatementNode:
        """The node, with its joins as Spark does them fast.

        A cumulative metric joins every day with every row up to it. Spark
        would evaluate what is compared for each of these pairs: it becomes a
        column of its source. And only the total of the rows with equal columns
        is joined, where the node adds them up. A join on a date is also one on
        its month, so that the days of the other side prune.
        """
        given = sources(node)
        columns: dict[str, dict[str, str]] = {alias: {} for alias in given}

        def rewritten(expression: SqlExpressionNode | None) -> SqlExpressionNode | None:
            if isinstance(expression, SqlLogicalExpression):
                return SqlLogicalExpression.create(
                    expression.operator, tuple(map(rewritten, expression.args))
                )
            if not isinstance(expression, SqlComparisonExpression):
                return expression
            left, right = expression.left_expr, expression.right_expr
            if expression.comparison is not SqlComparison.EQUALS:
                return SqlComparisonExpression.create(
                    computed(left), expression.comparison, computed(right)
                )
            months = [
                SqlComparisonExpression.create(
                    month,
                    SqlComparison.EQUALS,
                    SqlStringExpression.create(f"TRUNC({self._sql(other)}, 'month')"),
                )
                for date, other in ((left, right), (right, left))
                # Not so a week, quarter or year: it begins in the month of few of its days.
                if (month := self._month(date, [TimeGranularity.DAY, TimeGranularity.MONTH]))
            ]
            return (
                SqlLogicalExpression.create(SqlLogicalOperator.AND, (expression, *months))
                if months
                else expression
            )

        def computed(expression: SqlExpressionNode) -> SqlExpressionNode:
            aliases = {
                each.col_ref.table_alias for each in expression.lineage.column_reference_exprs
            }
            if len(aliases) != 1 or not aliases <= given.keys():
                return expression
            [alias] = aliases
            # Whatever MetricFlow compares by order is a time.
            sql = f"CAST({self._sql(expression)} AS TIMESTAMP)"
            name = columns[alias].setdefault(sql, f"{COMPUTED}{len(columns[alias])}")
            return SqlColumnReferenceExpression.create(SqlColumnReference(alias, name))

        def source(alias: str) -> SqlPlanNode:
            if not columns[alias]:
                return given[alias]
            named = [f"{sql} AS {name}" for sql, name in columns[alias].items()]
            totals = decomposable(node, alias, conditions)
            selected = ["*", *named] if totals is None else [*totals, *named]
            text = "SELECT\n  " + "\n  , ".join(selected)
            grouped = "" if totals is None else "\nGROUP BY ALL"
            return SqlSelectTextNode.create(
                f"{text}\n{self._render_from_section(given[alias], alias).sql}{grouped}"
            )

        conditions = [rewritten(join.on_condition) for join in node.join_descs]
        joins = tuple(
            replace(join, right_source=source(join.right_source_alias), on_condition=condition)
            for join, condition in zip(node.join_descs, conditions, strict=True)
        )
        return replace(node, from_source=source(node.from_source_alias), join_descs=joins)

    def _sql(self, expression: SqlExpressionNode) -> str:
        return self.EXPR_RENDERER.render_sql_expr(expression).sql
