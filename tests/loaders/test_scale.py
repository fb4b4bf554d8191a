"""Many files and many rows, against what DuckDB makes of the same files."""

import duckdb

from lakehouse.sql import literal
from loaders import statements

ROWS = 2_000_000


def missing_and_added(bench, expected: str) -> tuple[int, int]:
    """Rows of a DuckDB query that bronze has not, and the other way round; DuckDB reads bronze's files itself."""
    table = statements.bronze(bench.contract)
    files = [
        path
        for (path,) in bench.session.execute(f"select distinct _metadata.file_path from {table}")
    ]
    duck = duckdb.connect()
    duck.sql(f"create view expected as {expected}")
    duck.sql(
        f"create view bronze as select id, sold_on, amount, note, _source_file from read_parquet({files})"
    )
    between = "select count(*) from (from {} except all from {})"
    return tuple(
        duck.sql(between.format(*pair)).fetchall()[0][0]
        for pair in (("expected", "bronze"), ("bronze", "expected"))
    )


def typed(bench, pattern: str) -> str:
    """The rows of bench's files that fit, as DuckDB reads them."""
    root = literal(f"{bench.settings.landing}/")
    return f"""
select id::int as id, strptime(sold_on, '%d-%m-%Y')::date as sold_on, amount::decimal(8,2) as amount, note,
    replace(filename, {root}, '') as _source_file
from read_csv({literal(f"{bench.folder}/{pattern}")}, all_varchar = true, filename = true)
where amount <> 'n/a'"""


def test_five_thousand_small_files(bench):
    for number in range(5_000):
        bench.put(
            f"{number % 50}/{number}.csv",
            f"{number},01-02-2026,{number}.25,x",
            f"{number},02-02-2026,1.00,y",
        )
    report = bench.load()
    assert (report.files_done, report.rows_loaded, report.rows_rejected) == (5_000, 10_000, 0)
    assert missing_and_added(bench, typed(bench, "*/*.csv")) == (0, 0)
    # As Spark reckons by itself, bronze would have a file for every 32.
    files = f"select count(distinct _metadata.file_path) from {statements.bronze(bench.contract)}"
    assert bench.session.execute(files) < [(100,)]
    bench.put("7/7.csv", "7,01-02-2026,7.00,corrected", "7,02-02-2026,n/a,corrected")
    report = bench.load()
    assert (report.files_replaced, report.rows_loaded, report.rows_rejected) == (1, 1, 1)
    assert missing_and_added(bench, typed(bench, "*/*.csv")) == (0, 0)


def test_one_file_of_two_million_rows(bench):
    duckdb.sql(f"""
copy (
    select range as id, '28-02-2026' as sold_on,
        if(range % 1000 = 999, 'n/a', (range % 100000 + 0.5)::varchar) as amount, 'note ' || range as note
    from range({ROWS})
) to {literal(f"{bench.folder}/large.csv")} (format csv, header)""")
    report = bench.load()
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (
        ROWS,
        ROWS * 999 // 1000,
        ROWS // 1000,
    )
    assert missing_and_added(bench, typed(bench, "large.csv")) == (0, 0)
