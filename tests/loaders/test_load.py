"""Loads against the live server: whole tables are compared, audit columns aside."""

import csv
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from loaders import ledger, load, readers, statements
from loaders.contract import Column
from tests.loaders.bench import COLUMNS, ORDER, Bench


def test_rows_are_typed_by_the_contract(bench):
    bench.put("a.csv", "1,31-12-2022,12.50,hello", '2,,,"quoted, and ""so"""', "3,01-01-2023,-0.01,")
    report = bench.load()
    assert bench.rows() == [
        (1, "2022-12-31", Decimal("12.50"), "hello"),
        (2, None, None, 'quoted, and "so"'),
        (3, "2023-01-01", Decimal("-0.01"), None),
    ]
    assert (report.files_new, report.rows_landed, report.rows_rejected, report.clean) == (1, 3, 0, True)


def test_a_second_load_writes_nothing(bench):
    bench.put("a.csv", "1,,,x")
    bench.load()
    version = bench.version()
    assert bench.load().batches == []
    assert bench.version() == version


def test_a_row_that_does_not_fit_is_quarantined_with_every_reason(bench):
    bench.put("a.csv", "1,,,fits", "x,31-02-2022,1.234,all wrong", ",,,no id", "2,,,one,field,too,many", "3")
    report = bench.load()
    assert [row[0] for row in bench.rows()] == [1]
    assert (report.rows_read, report.rows_landed, report.rows_rejected) == (5, 1, 4)
    by_record = {row[1]: row[2:] for row in bench.quarantined()}
    assert set(by_record) == {
        '{"id":"x","sold_on":"31-02-2022","amount":"1.234","note":"all wrong"}',
        '{"note":"no id"}',
        "2,,,one,field,too,many",
        "3",
    }
    columns, values, reasons = by_record['{"id":"x","sold_on":"31-02-2022","amount":"1.234","note":"all wrong"}']
    assert (columns, values) == ('["id","sold_on","amount"]', '["x","31-02-2022","1.234"]')
    assert reasons == '["is no int","is no date as dd-MM-yyyy","is no decimal(8,2)"]'
    assert by_record['{"note":"no id"}'][2] == '["is required, and is empty"]'


def test_a_corrected_file_replaces_its_own_rows_and_no_others(bench):
    bench.put("a.csv", "1,,,a", "2,,,a", "x,,,bad")
    bench.put("b.csv", "3,,,b")
    bench.load()
    bench.put("a.csv", "1,,,corrected")
    report = bench.load()
    assert bench.rows() == [(1, None, None, "corrected"), (3, None, None, "b")]
    assert (report.files_replaced, bench.quarantined()) == (1, [])


def test_a_file_touched_but_equal_is_not_read_again(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    os.utime(bench.folder / "a.csv", (1, 1))
    assert bench.load().batches == []
    os.utime(bench.folder / "a.csv", (2, 2))
    assert bench.load().batches == []
    known = f"select state, rows_landed, unix_seconds(modified_at), attempt from {ledger.TABLE}"
    dataset = literal(bench.contract.dataset)
    assert bench.session.execute(f"{known} where dataset = {dataset}") == [("loaded", 1, 2, 3)]


def test_a_file_gone_from_landing_keeps_its_rows(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    (bench.folder / "a.csv").unlink()
    report = bench.load()
    assert (report.files_missing, bench.rows()) == (1, [(1, None, None, "a")])


def test_columns_are_matched_by_name_in_any_order_case_and_spacing(bench):
    bench.put("a.csv", "x,1,31-12-2022", header="NOTE,Id, Sold On ")
    bench.put("b.csv", "2,,,y")
    bench.load()
    assert bench.rows() == [(1, "2022-12-31", None, "x"), (2, None, None, "y")]


def test_unknown_columns_are_rescued(bench):
    bench.put("a.csv", "1,x,blue", header="id,note,my 'colour'")
    bench.load()
    table = statements.bronze(bench.contract)
    assert bench.session.execute(f"select _rescued_data from {table}") == [('{"my \'colour\'":"blue"}',)]


def test_a_file_without_a_required_column_is_rejected_and_the_others_go_on(bench):
    bench.put("a.csv", "x", header="note")
    bench.put("b.csv", "1,,,b")
    report = bench.load()
    assert bench.rows() == [(1, None, None, "b")]
    reason = "it lacks the required column id (its columns: note)"
    assert f"{bench.contract.location}/a.csv was rejected: {reason}" in report.notes
    assert set(bench.states().values()) == {"loaded", "rejected"}
    assert bench.load().batches == []


def test_a_rejected_correction_leaves_the_earlier_rows(bench):
    bench.put("a.csv", "1,,,first")
    bench.load()
    bench.put("a.csv", "x", header="note")
    assert bench.load().files_rejected == 1
    assert bench.rows() == [(1, None, None, "first")]
    bench.put("a.csv", "1,,,mended")
    bench.load()
    assert bench.rows() == [(1, None, None, "mended")]


def test_empty_and_header_only_files_are_loaded_with_no_rows(bench):
    (bench.folder / "empty.csv").touch()
    bench.put("header.csv")
    report = bench.load()
    assert (report.files_new, bench.rows()) == (2, [])
    assert bench.load().batches == []


def test_a_table_exists_after_a_load_without_files(bench):
    bench.load()
    assert bench.rows() == []


def test_odd_file_names_and_values_are_just_text(bench):
    names = ["it's 100 % {a,b} [c]*.csv", "`tick` + plus.csv", "çağ 🛒 #1?.csv", "'; drop table x; --.csv"]
    for number, name in enumerate(names):
        bench.put(name, f"{number},,,'; drop table x; --")
    bench.load()
    assert [row[0] for row in bench.rows()] == [0, 1, 2, 3]
    files = bench.session.execute(f"select _source_file from {statements.bronze(bench.contract)} order by id")
    assert [name for (name,) in files] == [f"{bench.contract.location}/{name}" for name in names]


def test_a_claim_that_a_dead_loader_left_is_taken_over(bench):
    bench.put("a.csv", "1,,,a")
    claim(bench, "dead_1")
    assert set(bench.states().values()) == {"claimed"}
    report = bench.load()
    assert report.batches == ["dead_1"]
    assert "took over batch dead_1" in report.notes[0]
    assert bench.rows() == [(1, None, None, "a")]


def test_a_batch_landed_but_not_closed_is_landed_once(bench):
    bench.put("a.csv", "1,,,a")
    claim(bench, "dead_2")
    land(bench, "dead_2")
    assert len(bench.rows()) == 1
    bench.load()
    assert bench.rows() == [(1, None, None, "a")]


class Stopped(Exception):
    """A loader that goes no further."""


def stop_when_landed(reached: str) -> None:
    if reached == "landed":
        raise Stopped


def test_a_batch_landed_but_not_quarantined_is_quarantined_by_who_takes_it_over(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    with pytest.raises(Stopped):
        bench.load(progress=stop_when_landed)
    # Its quarantine is written beside bronze: a loader may die in between.
    bench.session.execute(f"delete from {statements.QUARANTINE} where dataset = {literal(bench.contract.dataset)}")
    bench.load()
    assert bench.rows() == [(1, None, None, "a")]
    assert len(bench.quarantined()) == 1


def test_a_quarantine_that_fails_beside_the_landing_is_written_after_it(bench, monkeypatch):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    start, failed = bench.session.start, []

    def fail(statement: str):
        succeeded = start("select * from nowhere.nothing")
        return lambda: failed.append(statement) or succeeded()

    monkeypatch.setattr(bench.session, "start", fail)
    bench.load()
    assert len(failed) == 1
    assert bench.rows() == [(1, None, None, "a")]
    assert len(bench.quarantined()) == 1


def test_a_taken_over_batch_keeps_the_rows_of_a_file_that_is_gone(bench):
    bench.put("a.csv", "1,,,a")
    bench.put("b.csv", "2,,,b")
    claim(bench, "dead_3")
    land(bench, "dead_3")
    (bench.folder / "a.csv").unlink()
    bench.load()
    assert [row[0] for row in bench.rows()] == [1, 2]


def test_decimals_are_exact_or_do_not_fit(bench):
    bench.change(columns=(COLUMNS[0], Column("amount", "decimal(18,6)")))
    cells = ["123456", "0.000001", "1e-6", "1.5E3", "+2.5", " 7.25 ", "1.00000000", "-.5", "3."]
    unfit = ["0.0000001", "5e-7", "5E-7", "1e-9", "1.0000001", "1234567890123", "1e12", "one"]
    bench.put("a.csv", *(f"{number},{cell}" for number, cell in enumerate(cells + unfit)), header="id,amount")
    bench.load()
    landed = f"select amount from {statements.bronze(bench.contract)} order by id"
    assert [amount for (amount,) in bench.session.execute(landed)] == [Decimal(cell.strip()) for cell in cells]


def claim(bench: Bench, load_id: str) -> None:
    """The claim of a batch, as a loader that then dies or sleeps makes it."""
    load.prepare(bench.session, bench.contract)
    plan = load.preview(bench.session, bench.landing, bench.contract)
    load.claim(bench.session, bench.contract, load_id, plan.claims)


def test_a_batch_that_is_closed_twice_is_as_its_rows_are(bench):
    bench.put("a.csv", "1,,,a")
    claim(bench, "twice")
    entries = tuple(ledger.read(bench.session, bench.contract.dataset, "twice").values())
    [a] = [entry.source_file for entry in entries]
    bench.load()
    bench.put("b.csv", "2,,,b")
    bench.load()
    loaded = bench.states()
    for state in ("gone", "loaded", "changed"):
        # What it took over when it was open may have come back since.
        retired = [ledger.Outcome(name, "renamed") for name in loaded if name != a]
        late = ledger.close_statement(
            bench.contract.dataset, entries, {a: ledger.Outcome(a, state)}, retired, None, 0.1
        )
        bench.session.execute(late)
        assert bench.states() == loaded
    assert set(loaded.values()) == {"loaded"}


def in_parallel(times: int, call: Callable[[Session], object], bench: Bench) -> None:
    """Make a call as often as that at once, each with a session of its own; all have to succeed."""

    def run(_: int) -> None:
        with Session(bench.settings) as own:
            call(own)

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(run, range(times)))


def test_a_ledger_of_one_row_per_file_becomes_a_log_and_keeps_what_it_knew(bench):
    bench.put("a.csv", "1,,,a")
    bench.put("b.csv", "2,,,b")
    bench.load()
    lines = ledger.CREATE_LOG.partition("(\n")[2].partition("\n) using delta")[0].splitlines()
    columns = "\n".join(line for line in lines if line.split()[0] not in ledger.ADDED).rstrip(",")
    former = columns.replace("claimed_at timestamp", "claimed_at timestamp not null")
    kept = f"{ledger.LOG}_kept"
    bench.session.execute(f"alter table {ledger.LOG} rename to {kept}")
    try:
        bench.session.execute(f"drop view {ledger.TABLE}")
        bench.session.execute(f"create table {ledger.TABLE} ({former}) using delta partitioned by (dataset)")
        bench.session.execute(f"""
insert into {ledger.TABLE} by name
select l.* except ({", ".join(ledger.ADDED)}, claimed_at), coalesce(claimed_at, closed_at) as claimed_at
from {kept} as l
where closed_at is not null""")
        in_parallel(3, lambda own: load.prepare(own, bench.contract), bench)
        bench.put("a.csv", "1,,,corrected")
        report = bench.load()
        assert (report.files_new, report.files_replaced) == (0, 1)
        assert bench.rows() == [(1, None, None, "corrected"), (2, None, None, "b")]
        assert bench.load().batches == []
    finally:
        bench.session.execute(f"drop view if exists {ledger.TABLE}")
        bench.session.execute(f"drop table if exists {ledger.LOG}")
        bench.session.execute(f"alter table {kept} rename to {ledger.LOG}")
        load.prepare(bench.session, bench.contract)


def open_batch(bench: Bench, load_id: str) -> tuple[statements.Batch, list[readers.Reader]]:
    """A claimed batch, and what reads its files."""
    entries = tuple(ledger.read(bench.session, bench.contract.dataset, load_id).values())
    files = bench.landing.listing(bench.contract.location).files
    opened, _ = readers.open_readers(bench.session, bench.landing, bench.contract, load_id, files)
    return statements.Batch(bench.contract, load_id, entries), opened


def land(bench: Bench, load_id: str) -> None:
    """The landing statement of a batch, as a loader that then dies runs it."""
    batch, opened = open_batch(bench, load_id)
    bench.session.execute(statements.land(batch, statements.read(bench.contract, opened), ORDER))


def test_a_late_statement_of_a_closed_batch_changes_nothing(bench):
    bench.put("a.csv", "1,,,first")
    claim(bench, "slow")
    batch, [reader] = open_batch(bench, "slow")
    late = statements.land(batch, statements.read(bench.contract, [reader]), ORDER)

    with Session(bench.settings) as other:
        load.load(other, bench.landing, bench.contract)
        bench.put("a.csv", "1,,,second")
        load.load(other, bench.landing, bench.contract)
    # The scratch table went with the batch: a slow loader would still have it.
    scratch = f"create table {reader.table} (c0 string, c1 string, c2 string, c3 string, _corrupt_record string)"
    bench.session.execute(f"{scratch} using csv location {literal(str(bench.folder))}")
    with pytest.raises(load.SqlError, match="batch slow was closed by another loader"):
        bench.session.execute(late)
    bench.session.execute(f"drop table {reader.table}")
    assert bench.rows() == [(1, None, None, "second")]


def test_a_loader_that_slept_lands_nothing_once_another_landed_its_batch(bench):
    def sleep(reached: str) -> None:
        if reached == step and step not in slept:
            slept.append(step)
            # The other has landed and quarantined all, and not closed: the batch is still open to the one that slept.
            with Session(bench.settings) as other, pytest.raises(Stopped):
                load.load(other, bench.landing, bench.contract, progress=stop_when_landed)

    steps = ["landing", "quarantine"]
    slept: list[str] = []
    for number, step in enumerate(steps, 1):
        bench.put(f"{step}.csv", f"{number},,,a", "x,,,bad")
        bench.put(f"{step} too.csv", f"{number + 10},,,b")
        report = bench.load(progress=sleep)
        assert (report.rows_read, report.rows_landed, report.rows_rejected) == (3, 2, 1)
        assert len(bench.quarantined()) == number
    assert slept == steps
    assert [row[0] for row in bench.rows()] == [1, 2, 11, 12]
    assert set(bench.states().values()) == {"loaded"}


# The server is one JVM, and Spark calls Java: its properties tell that a statement is running, and let it end.
HELD = """
select count(said) >= 0
from (
    select concat(
        java_method('java.lang.System', 'setProperty', 'bench.held', 'yes'),
        if(java_method('java.lang.System', 'getProperty', 'bench.free', 'no') = 'no',
            java_method('java.lang.Thread', 'sleep', 100L), '')
    ) as said
    from range(0, 3000, 1, 1)
)"""


def test_a_first_landing_that_ends_after_a_repeat_is_undone(bench):
    bench.put("a.csv", "1,,,a")
    claim(bench, "slow_2")
    batch, opened = open_batch(bench, "slow_2")
    records = f"select * from ({statements.read(bench.contract, opened)}) where ({HELD})"
    first, failures = replace(batch, first=True), []

    def run() -> None:
        with Session(bench.settings) as slow, load._configured(slow, load._commits(slow, first)):
            try:
                slow.execute(statements.land(first, records, ORDER))
            except load.SqlError as error:
                failures.append(error.condition)

    def java(method: str, *arguments: str) -> str:
        listed = ", ".join(map(literal, ("java.lang.System", method, *arguments)))
        [(said,)] = bench.session.execute(f"select java_method({listed})")
        return said

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while java("getProperty", "bench.held", "no") == "no":
            assert thread.is_alive(), failures
            time.sleep(0.1)
        with load._configured(bench.session, load._commits(bench.session, batch)):
            bench.session.execute(statements.land(batch, statements.read(bench.contract, opened), ORDER))
    finally:
        java("setProperty", "bench.free", "yes")
        thread.join()
        readers.drop_scratch(bench.session, [reader.table for reader in opened])
    assert failures == ["DELTA_CONCURRENT_TRANSACTION"]
    assert bench.rows() == [(1, None, None, "a")]


def test_a_file_rewritten_while_it_is_read_ends_as_it_is_now(bench):
    bench.put("a.csv", "1,,,first")
    steps = []

    def rewrite(step: str) -> None:
        steps.append(step)
        if step == "landing" and steps.count("landing") == 1:
            bench.put("a.csv", "1,,,second", "2,,,second")

    report = bench.load(progress=rewrite)
    assert steps.count("landing") == 2
    assert bench.rows() == [(1, None, None, "second"), (2, None, None, "second")]
    assert f"{bench.contract.location}/a.csv was changed while it was loaded" in report.notes


def test_loaders_side_by_side_load_every_file_once(bench):
    for number in range(8):
        bench.put(f"{number}.csv", f"{number},,,x", f"{number + 100},,,x")
    in_parallel(3, lambda own: load.load(own, bench.landing, bench.contract), bench)
    assert [row[0] for row in bench.rows()] == [*range(8), *range(100, 108)]
    assert set(bench.states().values()) == {"loaded"}


def test_a_column_added_to_the_contract_is_added_to_the_table(bench):
    bench.put("a.csv", "1,x,blue", header="id,note,colour")
    bench.load()
    bench.contract = replace(bench.contract, columns=(*COLUMNS, Column("colour", "string")))
    bench.put("b.csv", "2,y,red", header="id,note,colour")
    bench.load()
    table = statements.bronze(bench.contract)
    found = bench.session.execute(f"select id, colour, _rescued_data from {table} order by id")
    assert found == [(1, None, '{"colour":"blue"}'), (2, "red", None)]


def test_a_reprocessed_table_is_the_same_table(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    bench.load()
    before = bench.rows(), bench.quarantined()
    report = bench.load(again=lambda entry: True)
    assert (report.files_replaced, report.rows_landed) == (1, 1)
    assert (bench.rows(), bench.quarantined()) == before


def test_nothing_is_left_behind_a_load(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    assert bench.session.execute(f"show tables in {identifier(readers.SCRATCH)}") == []


def test_parquet_is_read_by_name_and_cast_where_its_types_differ(bench):
    bench.change(using="parquet", options={})
    (bench.folder / "spark.parquet").mkdir()
    duckdb.sql(
        f"""copy (select 'x' as NOTE, 1::bigint as id, date '2022-01-01' as sold_on, 1.5::decimal(8,2) as amount
        union all select 'too big', 3000000000, null, null)
        to '{bench.folder}/spark.parquet/part-0.parquet' (format parquet)"""
    )
    (bench.folder / "spark.parquet" / "_SUCCESS").touch()
    (bench.folder / "junk.parquet").write_bytes(b"not parquet")
    report = bench.load()
    assert bench.rows() == [(1, "2022-01-01", Decimal("1.50"), "x")]
    assert [row[3:] for row in bench.quarantined()] == [('["3000000000"]', '["is no int"]')]
    assert report.files_rejected == 1
    assert "junk.parquet was rejected: it cannot be read as parquet" in report.notes[0]


def test_parquet_columns_may_be_called_as_the_loader_calls_its_own(bench):
    bench.change(using="parquet", options={})
    names = ["_file", "_modified", "_path", "_size", "_misfit", "_record", "_errors", "path", "size", "data", "claim"]
    others = ", ".join(f"'{name}!' as {name}" for name in names)
    for number in (1, 2, 3_000_000_000):
        duckdb.sql(f"copy (select {number}::bigint as id, {others}) to '{bench.folder}/{number}.parquet'")
    report = bench.load()
    assert (report.rows_landed, report.rows_rejected) == (2, 1)
    rescued = bench.session.execute(f"select distinct _rescued_data from {statements.bronze(bench.contract)}")
    assert [json.loads(text) for (text,) in rescued] == [{name: f"{name}!" for name in names}]


def test_a_link_is_loaded_at_any_nanosecond(bench, tmp_path):
    bench.put("a.csv", "1,,,x")
    (bench.folder / "a.csv").rename(tmp_path / "elsewhere.csv")
    # A float of seconds would round it up to the next millisecond.
    os.utime(tmp_path / "elsewhere.csv", ns=(1_763_722_058_560_999_999,) * 2)
    (bench.folder / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert bench.load().rows_landed == 1
    assert bench.load().batches == []


def test_the_real_sales_are_what_an_independent_reader_makes_of_them(loaded, session, landing):
    with open(landing / "pos/sales/sales_data.csv", newline="") as file:
        expected = sorted(
            (
                row["invoice_no"],
                row["customer_id"],
                row["category"],
                int(row["quantity"]),
                Decimal(row["price"]),
                date(*map(int, reversed(row["invoice_date"].split("-")))).isoformat(),
                row["shopping_mall"],
            )
            for row in csv.DictReader(file)
        )
    found = session.execute(
        "select invoice_no, customer_id, category, quantity, price, invoice_date, shopping_mall from bronze.pos_sales"
    )
    assert sorted(found) == expected
