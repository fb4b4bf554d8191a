"""MetricFlow's query plans as Spark SQL.

MetricFlow has no dialect for open-source Spark. The Databricks dialect is changed in three ways:
every kind of percentile, exact quotients, and smaller range joins.
"""

from collections.abc import Collection
from dataclasses import replace

from metricflow.sql.render.databricks import DatabricksSqlExpressionRenderer
from metricflow.sql.render.expr_renderer import SqlExpressionRenderer, SqlExpressionRenderResult
from metricflow.sql.render.sql_plan_renderer import DefaultSqlPlanRenderer, SqlPlanRenderResult
from metricflow.sql.sql_plan import SqlSelectColumn
from metricflow.sql.sql_select_node import SqlJoinDescription, SqlSelectStatementNode
from metricflow_semantics.sql.sql_exprs import (
    SqlAggregateFunctionExpression,
    SqlColumnReference,
    SqlColumnReferenceExpression,
    SqlComparison,
    SqlComparisonExpression,
    SqlExpressionNode,
    SqlFunction,
    SqlLogicalExpression,
    SqlPercentileExpression,
    SqlPercentileFunctionType,
    SqlRatioComputationExpression,
)

# MetricFlow's Databricks dialect does not support the second and the third:
# https://github.com/dbt-labs/metricflow/pull/395
PERCENTILES = {
    SqlPercentileFunctionType.CONTINUOUS: "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    # Spark has no approximate continuous percentile, so this is the exact one.
    SqlPercentileFunctionType.APPROXIMATE_CONTINUOUS: (
        "PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})"
    ),
    SqlPercentileFunctionType.DISCRETE: "PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    SqlPercentileFunctionType.APPROXIMATE_DISCRETE: "APPROX_PERCENTILE({x}, {p})",
}


class SparkExpressionRenderer(DatabricksSqlExpressionRenderer):
    """Renders one expression of a plan."""

    @property
    def supported_percentile_function_types(self) -> Collection[SqlPercentileFunctionType]:
        return PERCENTILES.keys()

    def visit_percentile_expr(self, node: SqlPercentileExpression) -> SqlExpressionRenderResult:
        value = self.render_sql_expr(node.order_by_arg)
        arguments = node.percentile_args
        return SqlExpressionRenderResult(
            sql=PERCENTILES[arguments.function_type].format(p=arguments.percentile, x=value.sql),
            bind_parameter_set=value.bind_parameter_set,
        )

    def visit_ratio_computation_expr(
        self, node: SqlRatioComputationExpression
    ) -> SqlExpressionRenderResult:
        # MetricFlow casts both operands to double, which rounds decimals. Spark's `/` needs no
        # cast: the quotient of two integers is a double, that of two decimals is a decimal.
        numerator = self.render_sql_expr(node.numerator)
        denominator = self.render_sql_expr(node.denominator)
        return SqlExpressionRenderResult(
            sql=f"{numerator.sql} / NULLIF({denominator.sql}, 0)",
            bind_parameter_set=numerator.bind_parameter_set.merge(denominator.bind_parameter_set),
        )


class SparkPlanRenderer(DefaultSqlPlanRenderer):
    """Renders a whole plan."""

    EXPR_RENDERER = SparkExpressionRenderer()

    @property
    def expr_renderer(self) -> SqlExpressionRenderer:
        return self.EXPR_RENDERER

    def visit_select_statement_node(self, node: SqlSelectStatementNode) -> SqlPlanRenderResult:
        return super().visit_select_statement_node(summed_before_range_join(node))


def summed_before_range_join(node: SqlSelectStatementNode) -> SqlSelectStatementNode:
    """The node, with the right side of its range join summed before the join.

    A cumulative metric joins each day of the calendar with every earlier row of the fact, and Spark
    runs a range join as a nested loop (https://github.com/apache/spark/pull/7379). Summed by the
    columns that the node reads, the right side has one row per day instead of one per row of the
    fact. The saved query `revenue_to_date` needs this: decision 4 has the measured times.

    A node is returned unchanged where it has no range join, or aggregates anything but sums of
    columns of the right side.
    """
    ranges = [join for join in node.join_descs if _is_range(join.on_condition)]
    if len(ranges) != 1:
        return node
    alias = ranges[0].right_source_alias
    sums = [_summed_column(each.expr) for each in node.select_columns if _is_aggregate(each.expr)]
    if not sums or any(column is None or column.table_alias != alias for column in sums):
        return node
    summed = {column.column_name for column in sums if column}
    others = [each.expr for each in node.select_columns if not _is_aggregate(each.expr)]
    others += [each.expr for each in (*node.group_bys, *node.order_bys)]
    others += [each for each in (node.where, *(j.on_condition for j in node.join_descs)) if each]
    kept = {
        reference.col_ref.column_name
        for expression in others
        for reference in expression.lineage.column_reference_exprs
        if reference.col_ref.table_alias == alias
    }
    if kept & summed or any(each.lineage.contains_ambiguous_exprs for each in others):
        return node
    joins = tuple(
        _with_sums(join, kept, summed) if join is ranges[0] else join for join in node.join_descs
    )
    return replace(node, join_descs=joins)


def _is_range(condition: SqlExpressionNode | None) -> bool:
    """Whether a join condition compares by anything but equality."""
    if isinstance(condition, SqlLogicalExpression):
        return any(map(_is_range, condition.args))
    return (
        isinstance(condition, SqlComparisonExpression)
        and condition.comparison is not SqlComparison.EQUALS
    )


def _is_aggregate(expression: SqlExpressionNode) -> bool:
    return expression.lineage.contains_aggregate_exprs


def _summed_column(expression: SqlExpressionNode) -> SqlColumnReference | None:
    """The column of `SUM(alias.column)`; None for any other expression."""
    if (
        not isinstance(expression, SqlAggregateFunctionExpression)
        or expression.sql_function is not SqlFunction.SUM
    ):
        return None
    reference = expression.sql_function_args[0].as_column_reference_expression
    return reference.col_ref if reference else None


def _with_sums(join: SqlJoinDescription, kept: set[str], summed: set[str]) -> SqlJoinDescription:
    """The join, with its right side grouped by the columns `kept`."""

    def column(name: str) -> SqlColumnReferenceExpression:
        return SqlColumnReferenceExpression.create(
            SqlColumnReference(join.right_source_alias, name)
        )

    keys = tuple(SqlSelectColumn(column(name), name) for name in sorted(kept))
    sums = (
        SqlSelectColumn(
            SqlAggregateFunctionExpression.create(SqlFunction.SUM, [column(name)]), name
        )
        for name in sorted(summed)
    )
    return join.with_right_source(
        SqlSelectStatementNode.create(
            "", [*keys, *sums], join.right_source, join.right_source_alias, group_bys=keys
        )
    )
