"""MetricFlow's query plans as Spark SQL.

MetricFlow has no dialect for open-source Spark. The Databricks dialect is changed in three ways:
every kind of percentile, exact quotients, and faster range joins.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from metricflow.sql.render.databricks import DatabricksSqlExpressionRenderer
from metricflow.sql.render.expr_renderer import SqlExpressionRenderer, SqlExpressionRenderResult
from metricflow.sql.render.sql_plan_renderer import DefaultSqlPlanRenderer, SqlPlanRenderResult
from metricflow.sql.sql_plan import SqlPlanNode
from metricflow.sql.sql_select_node import SqlSelectStatementNode
from metricflow.sql.sql_select_text_node import SqlSelectTextNode
from metricflow_semantics.sql.sql_exprs import (
    SqlColumnReference,
    SqlColumnReferenceExpression,
    SqlComparison,
    SqlComparisonExpression,
    SqlExpressionNode,
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
        return super().visit_select_statement_node(self._operands_before_joins(node))

    def _operands_before_joins(self, node: SqlSelectStatementNode) -> SqlSelectStatementNode:
        """The node, with the operands of range comparisons in its joins as columns of the sources.

        A cumulative metric joins each day of the calendar with every earlier row of the fact, and
        Spark runs a range join as a nested loop (https://github.com/apache/spark/pull/7379). The
        loop would compute an operand such as `DATEADD(month, -3, day)` for each pair of rows. The
        saved query `revenue_to_date` needs this: decision 4 has the measured times.
        """
        aliases = [node.from_source_alias, *(join.right_source_alias for join in node.join_descs)]
        operands = RangeOperands(self.EXPR_RENDERER, {alias: {} for alias in aliases})
        conditions = [operands.condition(join.on_condition) for join in node.join_descs]

        def source(given: SqlPlanNode, alias: str) -> SqlPlanNode:
            if not operands.columns[alias]:
                return given
            named = [f"{sql} AS {name}" for sql, name in operands.columns[alias].items()]
            selected = "SELECT\n  " + "\n  , ".join(["*", *named])
            return SqlSelectTextNode.create(
                f"{selected}\n{self._render_from_section(given, alias).sql}"
            )

        joins = tuple(
            replace(
                join,
                right_source=source(join.right_source, join.right_source_alias),
                on_condition=condition,
            )
            for join, condition in zip(node.join_descs, conditions, strict=True)
        )
        left = source(node.from_source, node.from_source_alias)
        return replace(node, from_source=left, join_descs=joins)


@dataclass(frozen=True)
class RangeOperands:
    """Replaces the operands of range comparisons with columns.

    `columns` has the columns that each source needs: alias of the source -> SQL -> name.
    """

    renderer: SqlExpressionRenderer
    columns: dict[str, dict[str, str]]

    def condition(self, given: SqlExpressionNode | None) -> SqlExpressionNode | None:
        """A join's condition with columns as operands of its range comparisons."""
        if isinstance(given, SqlLogicalExpression):
            parts = tuple(self.condition(part) for part in given.args)
            return SqlLogicalExpression.create(given.operator, parts)
        if not isinstance(given, SqlComparisonExpression):
            return given
        if given.comparison is SqlComparison.EQUALS:
            return given
        left, right = self._column(given.left_expr), self._column(given.right_expr)
        return SqlComparisonExpression.create(left, given.comparison, right)

    def _column(self, operand: SqlExpressionNode) -> SqlExpressionNode:
        references = operand.lineage.column_reference_exprs
        aliases = {reference.col_ref.table_alias for reference in references}
        if len(aliases) != 1 or not aliases <= self.columns.keys():
            return operand
        [alias] = aliases
        # MetricFlow has range comparisons of times only. With one type, no pair needs a cast.
        sql = f"CAST({self.renderer.render_sql_expr(operand).sql} AS TIMESTAMP)"
        name = self.columns[alias].setdefault(sql, f"__operand_{len(self.columns[alias])}")
        return SqlColumnReferenceExpression.create(SqlColumnReference(alias, name))
