"""MetricFlow's query plans as Spark SQL.

Databricks' dialect is Spark's, but for what it refuses, rounds or hides:
every kind of percentile is rendered, a ratio of decimals stays a decimal, and
a date is truncated in a way that lets Spark skip the files of other months.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from dbt.contracts.graph.manifest import Manifest
from metricflow.sql.render.databricks import DatabricksSqlExpressionRenderer
from metricflow.sql.render.expr_renderer import SqlExpressionRenderer, SqlExpressionRenderResult
from metricflow.sql.render.sql_plan_renderer import DefaultSqlPlanRenderer, SqlPlanRenderResult
from metricflow.sql.sql_plan import SqlPlan, SqlPlanNode
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
    SqlLogicalExpression,
    SqlPercentileExpression,
    SqlPercentileFunctionType,
    SqlRatioComputationExpression,
)

PERCENTILES = {
    # Spark has no approximate continuous percentile; the exact one is right, too.
    SqlPercentileFunctionType.CONTINUOUS: "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.APPROXIMATE_CONTINUOUS: "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.DISCRETE: "PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.APPROXIMATE_DISCRETE: "APPROX_PERCENTILE({x}, {p})",
}
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
                rule = re.fullmatch(rf"{partition} = trunc\((\w+), 'month'\)", constraint.expression or "")
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
            sql=PERCENTILES[node.percentile_args.function_type].format(p=node.percentile_args.percentile, x=value.sql),
            bind_parameter_set=value.bind_parameter_set,
        )

    def visit_ratio_computation_expr(self, node: SqlRatioComputationExpression) -> SqlExpressionRenderResult:
        # `/` never divides integers in Spark, so a cast to double would only lose the decimals.
        numerator, denominator = self.render_sql_expr(node.numerator), self.render_sql_expr(node.denominator)
        return SqlExpressionRenderResult(
            sql=f"{numerator.sql} / NULLIF({denominator.sql}, 0)",
            bind_parameter_set=numerator.bind_parameter_set.merge(denominator.bind_parameter_set),
        )

    def visit_date_trunc_expr(self, node: SqlDateTruncExpression) -> SqlExpressionRenderResult:
        column = node.arg.as_column_reference_expression
        name = column.col_ref.column_name if column else None
        key = (self.tables.get(column.col_ref.table_alias), name) if column else None
        if key not in self.dates:
            return super().visit_date_trunc_expr(node)
        rendered = self.render_sql_expr(column)
        qualifier = rendered.sql.removesuffix(name)
        month = self.dates[key]
        return SqlExpressionRenderResult(
            sql=truncated(node.time_granularity, rendered.sql, month and qualifier + month),
            bind_parameter_set=rendered.bind_parameter_set,
        )


class SparkPlanRenderer(DefaultSqlPlanRenderer):
    """Renders a whole plan."""

    def __init__(self, dates: Mapping[tuple[str, str], str | None]):
        self.EXPR_RENDERER = SparkExpressionRenderer(dates)

    @property
    def expr_renderer(self) -> SqlExpressionRenderer:
        return self.EXPR_RENDERER

    def render_sql_plan(self, sql_query_plan: SqlPlan) -> SqlPlanRenderResult:
        self.EXPR_RENDERER.tables.clear()
        return super().render_sql_plan(sql_query_plan)

    def visit_select_statement_node(self, node: SqlSelectStatementNode) -> SqlPlanRenderResult:
        sources = [(node.from_source_alias, node.from_source)]
        sources += [(join.right_source_alias, join.right_source) for join in node.join_descs]
        for alias, source in sources:
            if source.as_sql_table_node:
                self.EXPR_RENDERER.tables[alias] = source.as_sql_table_node.sql_table.sql
        return super().visit_select_statement_node(self._computed_once(node))

    def _computed_once(self, node: SqlSelectStatementNode) -> SqlSelectStatementNode:
        """The node, with what its joins compare by order as columns of their sources.

        A cumulative metric joins every day with every row up to it. Spark
        evaluates `CAST(date AS TIMESTAMP) > DATEADD(…, day)` for each of these
        pairs, and the query takes three times as long as with columns to compare.
        """
        sources = {node.from_source_alias: node.from_source}
        sources |= {join.right_source_alias: join.right_source for join in node.join_descs}
        columns: dict[str, dict[str, str]] = {alias: {} for alias in sources}

        def rewritten(expression: SqlExpressionNode | None) -> SqlExpressionNode | None:
            if isinstance(expression, SqlLogicalExpression):
                return SqlLogicalExpression.create(expression.operator, tuple(map(rewritten, expression.args)))
            if isinstance(expression, SqlComparisonExpression) and expression.comparison is not SqlComparison.EQUALS:
                left, right = computed(expression.left_expr), computed(expression.right_expr)
                return SqlComparisonExpression.create(left, expression.comparison, right)
            return expression

        def computed(expression: SqlExpressionNode) -> SqlExpressionNode:
            aliases = {each.col_ref.table_alias for each in expression.lineage.column_reference_exprs}
            if len(aliases) != 1 or not aliases <= sources.keys():
                return expression
            [alias] = aliases
            # Whatever MetricFlow compares by order is a time.
            sql = f"CAST({self.EXPR_RENDERER.render_sql_expr(expression).sql} AS TIMESTAMP)"
            name = columns[alias].setdefault(sql, f"__compared_{len(columns[alias])}")
            return SqlColumnReferenceExpression.create(SqlColumnReference(alias, name))

        def source(alias: str) -> SqlPlanNode:
            if not columns[alias]:
                return sources[alias]
            text = "\n  , ".join(["SELECT\n  *", *(f"{sql} AS {name}" for sql, name in columns[alias].items())])
            return SqlSelectTextNode.create(f"{text}\n{self._render_from_section(sources[alias], alias).sql}")

        conditions = [rewritten(join.on_condition) for join in node.join_descs]
        joins = tuple(
            replace(join, right_source=source(join.right_source_alias), on_condition=condition)
            for join, condition in zip(node.join_descs, conditions, strict=True)
        )
        return replace(node, from_source=source(node.from_source_alias), join_descs=joins)
