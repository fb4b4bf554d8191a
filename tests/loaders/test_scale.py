"""Many files and many rows, compared with DuckDB; `benchmarks/load` measures larger sizes."""

import duckdb

from lakehouse.sql import literal
from loaders import statements

FILES, ROWS = 1_000, 200_000


def missing_and_extra(bench, expected: str) -> tuple[int, int]:
    """Numbers of rows that only a DuckDB query has, and that only bronze's parquet files have."""
    table = statements.bronze(bench.contract)
    paths = bench.session.execute(f"select distinct _metadata.file_path from {table}")
    columns = "id, sold_on, amount, note, _source_file"
    with duckdb.connect() as duck:
        duck.sql(f"create view expected as {expected}")
        duck.sql(
            f"create view bronze as select {columns} "
            f"from read_parquet({[path for (path,) in paths]})"
        )
        between = "select count(*) from (from {} except all from {})"
        pairs = ("expected", "bronze"), ("bronze", "expected")
        return tuple(duck.sql(between.format(*pair)).fetchall()[0][0] for pair in pairs)


def valid_rows(bench, pattern: str) -> str:
    """A DuckDB query of the rows in the bench's files that the contract allows."""
    root = literal(f"{bench.settings.landing}/")
    return f"""
        select id::int as id, strptime(sold_on, '%d-%m-%Y')::date as sold_on,
            amount::decimal(8,2) as amount, note, replace(filename, {root}, '') as _source_file
        from read_csv({literal(f"{bench.folder}/{pattern}")}, all_varchar = true, filename = true)
        where amount <> 'n/a'"""


def test_many_small_files_are_loaded_into_few_files(bench):
    for number in range(FILES):
        lines = f"{number},01-02-2026,{number}.25,x", f"{number},02-02-2026,1.00,y"
        bench.put(f"{number % 50}/{number}.csv", *lines)
    report = bench.load()
    assert (report.files_done, report.rows_loaded, report.rows_rejected) == (FILES, 2 * FILES, 0)
    assert missing_and_extra(bench, valid_rows(bench, "*/*.csv")) == (0, 0)
    # With Spark's own estimate of the cost to open a file, bronze has one file for every 32.
    files = f"select count(distinct _metadata.file_path) from {statements.bronze(bench.contract)}"
    assert bench.session.execute(files) < [(FILES // 50,)]
    bench.put("7/7.csv", "7,01-02-2026,7.00,corrected", "7,02-02-2026,n/a,corrected")
    report = bench.load()
    assert (report.files_replaced, report.rows_loaded, report.rows_rejected) == (1, 1, 1)
    assert missing_and_extra(bench, valid_rows(bench, "*/*.csv")) == (0, 0)


def test_a_large_file_is_loaded_completely(bench):
    duckdb.sql(f"""
        copy (
            select range as id, '28-02-2026' as sold_on, 'note ' || range as note,
                if(range % 1000 = 999, 'n/a', (range % 100000 + 0.5)::varchar) as amount
            from range({ROWS})
        ) to {literal(f"{bench.folder}/large.csv")} (format csv, header)""")
    report = bench.load()
    rejected = ROWS // 1000
    assert (report.rows_read, report.rows_loaded) == (ROWS, ROWS - rejected)
    assert report.rows_rejected == rejected
    assert missing_and_extra(bench, valid_rows(bench, "large.csv")) == (0, 0)
