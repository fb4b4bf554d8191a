"""From the landing folder to gold, compared with DuckDB's results on the input files."""

import copy
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lakehouse.settings import PROJECT
from lakehouse.thrift import SqlError
from tests.conftest import dbt, lakehouse


@pytest.fixture(scope="session")
def inputs(landing):
    """DuckDB with the sample files: tables `sales` and `customers`, with age bands."""
    duck = duckdb.connect()
    duck.sql(f"""
        create table customers as
        select *, case when age >= 65 then '65+' when age >= 55 then '55-64'
            when age >= 45 then '45-54' when age >= 35 then '35-44' when age >= 25 then '25-34'
            when age >= 18 then '18-24' else 'unknown' end as age_band
        from read_parquet('{landing}/crm/customers/customer_data.parquet/*.parquet')""")
    duck.sql(f"""
        create table sales as
        select invoice_no, customer_id, category, shopping_mall, quantity::int as quantity,
            price::decimal(18,2) as price, quantity::int * price::decimal(18,2) as total_amount,
            strptime(invoice_date, '%d-%m-%Y')::date as invoice_date
        from read_csv('{landing}/pos/sales/sales_data.csv', all_varchar = true)""")
    return duck


def same(session, spark_sql: str, inputs, duck_sql: str) -> None:
    """Both queries give the same rows, in any order; no rows would prove nothing."""
    expected = sorted(
        map(repr, (tuple(map(plain, row)) for row in inputs.sql(duck_sql).fetchall()))
    )
    found = sorted(map(repr, (tuple(map(plain, row)) for row in session.execute(spark_sql))))
    assert expected and found == expected


def plain(value):
    return value if value is None or isinstance(value, bool) else str(value)


def test_the_build_succeeds_with_every_test_and_no_deprecation(built):
    assert built.returncode == 0, built.stdout
    assert not re.search(r"deprecat", built.stdout, re.I), built.stdout
    # The sample has rows that silver cannot keep, and accounts without an e-mail address.
    warned = [each["unique_id"] for each in built.results if each["status"] == "warn"]
    assert sorted(name.split(".")[2] for name in warned) == [
        "dbt_expectations_expect_table_row_count_to_equal_set_aside_0",
        "not_null_int_account_owners_email",
    ]
    assert {each["status"] for each in built.results} == {"success", "pass", "no-op", "warn"}
    ran = {result["unique_id"] for result in built.results}
    nodes = {**built.manifest["nodes"], **built.manifest["unit_tests"]}
    kinds = {"model", "test", "unit_test"}
    assert {name for name, node in nodes.items() if node["resource_type"] in kinds} <= ran
    assert {name.split(".")[0] for name in ran} >= kinds


def test_every_sale_is_in_gold_as_it_was_delivered(built, session, inputs):
    same(
        session,
        """select invoice_id, customer_id, recorded_customer_id, category, shopping_mall, age_band,
            quantity, unit_price, total_amount, is_return, is_weekend, invoice_date, invoice_month
        from gold.fct_sales""",
        inputs,
        """select invoice_no, customer_id, customer_id, category, shopping_mall, age_band,
            quantity, price, total_amount, false, isodow(invoice_date) >= 6, invoice_date,
            date_trunc('month', invoice_date)::date
        from sales join customers using (customer_id)""",
    )


def test_gold_has_every_customer_and_the_unknown_one(built, session, inputs):
    same(
        session,
        """select customer_id, gender, payment_method, age from gold.dim_customers
        where is_in_crm or is_unknown_customer""",
        inputs,
        """select customer_id, gender, payment_method, age from customers
        union all select 'unknown', 'unknown', 'unknown', null""",
    )


def test_gold_has_every_mall_and_the_unknown_one(built, session, inputs):
    same(
        session,
        "select shopping_mall, is_known_mall from gold.dim_malls",
        inputs,
        """select distinct shopping_mall, true from sales union all select 'unknown', false""",
    )


def test_price_bands_follow_the_unit_price(built, session, inputs):
    same(
        session,
        "select price_band, count(*), sum(total_amount) from gold.fct_sales group by all",
        inputs,
        """select case when price < 50 then 'low' when price < 200 then 'medium'
            when price < 1000 then 'high' else 'premium' end, count(*), sum(total_amount)
        from sales group by all""",
    )


def test_dates_cover_the_years_of_sales_and_one_more(built, session, inputs):
    same(
        session,
        """select date_day, calendar_year, calendar_quarter, month_of_year, month_name, day_name,
            iso_year, iso_week, day_of_month, day_of_week, is_weekend, week_start_date,
            month_start_date, quarter_start_date
        from gold.dim_dates""",
        inputs,
        """select day::date, year(day), quarter(day), month(day), monthname(day), dayname(day),
            isoyear(day), week(day), day(day), isodow(day), isodow(day) >= 6,
            date_trunc('week', day)::date, date_trunc('month', day)::date,
            date_trunc('quarter', day)::date
        from (
            select unnest(generate_series(
                date_trunc('year', min(invoice_date)),
                date_trunc('year', max(invoice_date)) + interval 2 year - interval 1 day,
                interval 1 day
            )) as day from sales
        )""",
    )


def test_a_partition_of_gold_has_one_file(manifest, session):
    partitioned = {
        name: model["config"]["partition_by"]
        for name, model in models(manifest).items()
        if model["schema"] == "gold" and model["config"].get("partition_by")
    }
    assert {"fct_orders", "fct_events", "ftr_customers"} <= partitioned.keys()
    for name, column in partitioned.items():
        files = session.execute(
            f"select {column}, count(distinct _metadata.file_path) from gold.{name} group by 1"
        )
        assert files and {count for _, count in files} == {1}, name


def test_the_fact_has_one_file_per_month_sorted_by_customer(built, session, server):
    months = session.execute("select distinct invoice_month from gold.fct_sales")
    folder = server.home / "warehouse" / "gold.db" / "fct_sales"
    for (month,) in months:
        [file] = (folder / f"invoice_month={month}").glob("*.parquet")
        customers = [
            row[0]
            for row in duckdb.sql(f"select customer_id from read_parquet('{file}')").fetchall()
        ]
        assert customers == sorted(customers)


def test_a_second_load_changes_nothing(built, session):
    tables = "bronze.pos_sales", "bronze.crm_customers"
    versions = [session.execute(f"describe history {table} limit 1")[0][0] for table in tables]
    assert lakehouse("load").exit_code == 0
    assert [
        session.execute(f"describe history {table} limit 1")[0][0] for table in tables
    ] == versions


def test_the_snapshot_keeps_each_state_of_an_order(built, session):
    orders = "select max(order_id), min(order_id) from silver.int_orders"
    [(changed, deleted)] = session.execute(orders)
    [(version, *_)] = session.execute("describe history silver.int_orders limit 1")
    session.execute(f"update silver.int_orders set order_status = 'x' where order_id = '{changed}'")
    session.execute(f"delete from silver.int_orders where order_id = '{deleted}'")
    assert dbt("snapshot").returncode == 0
    states = session.execute(
        f"""select order_id, order_status = 'x', dbt_valid_to is null from gold.snp_order_status
        where order_id in ('{changed}', '{deleted}')"""
    )
    assert sorted(states) == [
        (deleted, False, False),
        (changed, False, False),
        (changed, True, True),
    ]
    session.execute(f"restore table silver.int_orders to version as of {version}")


def test_a_build_during_loads_gives_the_same_gold(built, session, tmp_path):
    tables = "silver.int_sales", "gold.fct_sales"
    before = {
        table: sorted(map(repr, session.execute(f"select * from {table}"))) for table in tables
    }
    arguments = "dbt", "run", "-s", "int_sales", "fct_sales"
    said, loads = tmp_path / "said", []
    with said.open("w") as output, subprocess.Popen(arguments, cwd=PROJECT, stdout=output) as build:
        while build.poll() is None and len(loads) < 3:
            # Each takes every row out of bronze and puts it there again, in one commit.
            loads.append(lakehouse("load", "pos.sales", "--reprocess", "--json"))
    assert build.wait() == 0, said.read_text()
    assert loads
    for load in loads:
        assert load.exit_code == 0, load.output
        assert [report["rows_loaded"] for report in json.loads(load.output)] == [99457]
    # Gold alone would not tell: staging keeps one row of each key.
    assert session.execute("select count(*) from bronze.pos_sales") == [(99457,)]
    assert {
        table: sorted(map(repr, session.execute(f"select * from {table}"))) for table in tables
    } == before


def test_the_error_for_an_invalid_price_basis_lists_the_valid_ones(built):
    build = dbt("compile", "-s", "int_sales_checked", "--vars", '{"pos_price_basis": "box"}')
    assert build.returncode != 0
    assert "var pos_price_basis is 'box': use 'unit' or 'line'" in build.stdout


# What the till delivers one day, and what becomes of it: amount and is_return, or the reason.
ODD_SALES = [
    # invoice_no, customer_id, mall, quantity, price, invoice_date
    (("I1000000", "C241288", "Kanyon", 1, "100.00", "2024-01-01"), ("100.00", False)),
    (("I1000001", "C241288", "Kanyon", -2, "100.00", "2024-01-02"), ("-200.00", True)),
    (("I1000002", "C241288", "New Mall", 1, "100.00", "2024-01-02"), ("100.00", False)),
    (("I1000003", "X1", "Kanyon", 1, "100.00", "2024-01-02"), ("100.00", False)),
    (("I1000004", "C241288", "Kanyon", 0, "100.00", "2024-01-02"), "quantity is 0"),
    (("I1000005", "C241288", "Kanyon", 1, "0.00", "2024-01-02"), "unit_price is not above 0"),
    (("N/A", "C241288", "Kanyon", 1, "100.00", "2024-01-02"), "invoice_id is not I and digits"),
    (("N/A", "C241288", "Kanyon", 2, "100.00", "2024-01-02"), "invoice_id is not I and digits"),
]


@pytest.fixture
def odd_build(manifest, session, tmp_path) -> Iterator[subprocess.CompletedProcess]:
    """The sales models built with the odd sales, into schemas with the prefix `odd_`."""
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    values = [
        f"('{invoice}', '{customer}', 'Books', {quantity}, {price}, date '{day}', '{mall}', 'odd',"
        " current_timestamp(), 'odd', current_timestamp())"
        for (invoice, customer, mall, quantity, price, day), _ in ODD_SALES
    ]
    session.execute(
        f"""insert into bronze.pos_sales (invoice_no, customer_id, category, quantity, price,
            invoice_date, shopping_mall, _source_file, _source_modified_at, _load_id, _loaded_at)
        values {", ".join(values)}"""
    )
    try:
        yield dbt(
            *("build", "-s", "int_sales_checked+", "--exclude-resource-type", "unit_test"),
            *("--defer", "--state", str(tmp_path)),
            LAKEHOUSE_SCHEMA_PREFIX="odd_",
        )
    finally:
        session.execute("delete from bronze.pos_sales where _source_file = 'odd'")
        for schema in ("odd_silver", "odd_gold", "odd_published", "odd_ops"):
            session.execute(f"drop schema if exists {schema} cascade")


def test_odd_sales_are_in_the_fact_or_rejected_with_the_reason(odd_build, session):
    assert odd_build.returncode == 0, odd_build.stdout
    results = json.loads(Path(os.environ["DBT_TARGET_PATH"], "run_results.json").read_text())
    warned = [each["unique_id"] for each in results["results"] if each["status"] == "warn"]
    assert sorted(name.split(".")[2] for name in warned) == [
        "dbt_expectations_expect_column_values_to_be_null_int_sales_checked_rejection_reason",
        "dbt_expectations_expect_column_values_to_match_regex_int_sales_checked_"
        "recorded_customer_id___C_0_9_",
        "holidays_cover_sales",
        "known_value_fct_sales_shopping_mall",
    ]
    kept = session.execute(
        """select invoice_id, string(total_amount), is_return from odd_gold.fct_sales
        where invoice_month > '2023-12-31'"""
    )
    rejected = session.execute(
        """select invoice_id, rejection_reason from odd_silver.int_sales_checked
        where rejection_reason is not null"""
    )
    assert sorted(kept) == [(row[0], *fate) for row, fate in ODD_SALES if isinstance(fate, tuple)]
    assert sorted(rejected) == [(row[0], fate) for row, fate in ODD_SALES if isinstance(fate, str)]
    new_malls = "select shopping_mall from odd_gold.dim_malls where not is_known_mall order by 1"
    assert session.execute(new_malls) == [("New Mall",), ("unknown",)]
    days = session.execute("select string(max(date_day)) from odd_gold.dim_dates")
    assert days == [("2025-12-31",)]


def test_a_build_that_violates_a_constraint_leaves_the_previous_table(built, session):
    before = session.execute("select count(*), sum(total_amount) from gold.fct_sales")
    [(version, *_)] = session.execute("describe history gold.fct_sales limit 1")
    # A band that nothing falls into leaves price_band null, which the contract forbids.
    session.execute(
        "create table default.price_bands_kept using delta as select * from silver.price_bands"
    )
    session.execute("delete from silver.price_bands where price_band = 'premium'")
    try:
        build = dbt("run", "-s", "fct_sales")
        assert build.returncode != 0
        assert "NOT NULL constraint violated for column: price_band" in build.stdout
        assert not re.search(r"^\s+at ", build.stdout, re.M)
        assert session.execute("select count(*), sum(total_amount) from gold.fct_sales") == before
        assert session.execute("describe history gold.fct_sales limit 1")[0][0] == version
    finally:
        session.execute(
            "insert overwrite silver.price_bands select * from default.price_bands_kept"
        )
        session.execute("drop table default.price_bands_kept")
        assert dbt("run", "-s", "fct_sales").returncode == 0


@pytest.mark.parametrize(
    "statement",
    [
        "insert into gold.fct_sales select * except (invoice_id), null from gold.fct_sales limit 1",
        "update gold.fct_sales set quantity = null where invoice_month = '2021-01-01'",
        "update gold.fct_sales set quantity = 0, total_amount = 0 where quantity = 1",
        "update gold.fct_sales set unit_price = -unit_price, total_amount = -total_amount",
        "update gold.fct_sales set total_amount = unit_price where quantity = 2",
        "update gold.fct_sales set invoice_id = 'N/A' where quantity = 1",
        "update gold.dim_customers set age = 200 where customer_id = 'unknown'",
    ],
)
def test_a_write_without_dbt_cannot_violate_the_contract(built, session, statement):
    with pytest.raises(SqlError):
        session.execute(statement)


def test_tables_have_the_types_and_descriptions_of_their_yaml(manifest, session):
    assert models(manifest)
    for model in models(manifest).values():
        described = session.execute(f"describe {model['schema']}.{model['name']}")
        found = {}
        for name, kind, comment in described:
            if name.startswith("#"):
                break
            found[name] = (kind, " ".join((comment or "").split()))
        assert found == {
            # Only a contract states types.
            name: (column["data_type"] or found[name][0], " ".join(column["description"].split()))
            for name, column in model["columns"].items()
        }, model["name"]


def test_dbt_docs_name_the_types_of_the_tables_and_the_owners_of_sources(manifest, tmp_path):
    docs = dbt("docs", "generate", "--no-compile", "--target-path", str(tmp_path))
    assert docs.returncode == 0, docs.stdout
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    marts = [node for node in models(manifest).values() if node["schema"] == "gold"]
    assert marts
    for mart in marts:
        found = catalog["nodes"][mart["unique_id"]]["columns"]
        assert {name: column["type"] for name, column in found.items()} == {
            name: column["data_type"] for name, column in mart["columns"].items()
        }
    owners = {
        name.split(".")[2]: source["metadata"]["owner"]
        for name, source in catalog["sources"].items()
    }
    assert owners == {
        "audit": "Data Platform",
        "crm": "Customer Insights",
        "loader": "Data Platform",
        "pos": "Sales Analytics",
        "shop": "Web Shop",
        "support": "Customer Service",
        "web": "Web Shop",
        "ops": "Data Platform",
    }


def test_models_columns_and_macros_are_described_and_contracts_are_typed(manifest):
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] not in ("model", "source", "seed"):
            continue
        assert node["description"], node["unique_id"]
        contract = node["resource_type"] == "source" or node["config"]["contract"]["enforced"]
        for column in node["columns"].values():
            assert column["description"], (node["unique_id"], column["name"])
            assert bool(column["data_type"]) is contract, (node["unique_id"], column["name"])
    macros = [m for m in manifest["macros"].values() if m["package_name"] == "retail_lakehouse"]
    assert macros and all(macro["description"] for macro in macros), [
        macro["name"] for macro in macros if not macro["description"]
    ]


# The only models with names and addresses of customers.
OWNERS = {"stg_shop__accounts", "int_account_changes", "int_account_owners"}


def models(manifest: dict) -> dict[str, dict]:
    """The models by name."""
    nodes = manifest["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


def test_names_and_addresses_of_people_are_marked_as_personal(manifest):
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    marked = {
        (node["name"], column["name"])
        for node in nodes
        if node["resource_type"] in ("model", "source")
        for column in node["columns"].values()
        if column["config"]["meta"].get("pii")
    }
    assert marked == {
        *(("accounts", "name"), ("accounts", "email")),
        *(("interactions", "agent"), ("interactions_latin1", "agent")),
        *((model, column) for model in OWNERS for column in ("customer_name", "email")),
        *(("stg_support__interactions", "agent"), ("int_interaction_changes", "agent")),
        *(("int_interactions", "agent"), ("set_aside", "row")),
    }
    restricted = {name for name, node in models(manifest).items() if node["schema"] == "restricted"}
    assert restricted == OWNERS


def test_no_personal_value_reaches_gold(manifest, session):
    """Neither a column that is marked as personal, nor a name or an address under another name."""
    personal = """(
        select customer_name from restricted.int_account_owners
        union all select email from restricted.int_account_owners
        union all select agent from silver.int_interactions
    )"""
    [(known,)] = session.execute(f"select count(customer_name) from {personal}")
    assert known
    for name, model in models(manifest).items():
        if model["schema"] != "gold":
            continue
        assert not any(each["config"]["meta"].get("pii") for each in model["columns"].values())
        texts = [
            column["name"]
            for column in model["columns"].values()
            if column["data_type"] == "string"
        ]
        found = session.execute(
            f"select * from (select explode(array({', '.join(texts)})) as text from gold.{name}) "
            f"where text in {personal} limit 1"
        )
        assert found == [], name


def test_every_analysis_returns_rows(built, session):
    assert dbt("compile").returncode == 0
    folder = Path(os.environ["DBT_TARGET_PATH"], "compiled", "retail_lakehouse", "analyses")
    compiled = sorted(folder.glob("*.sql"))
    assert {path.stem for path in compiled} == {
        path.stem for path in (PROJECT / "analyses").glob("*.sql")
    }
    for path in compiled:
        assert session.execute(path.read_text()), path.stem


def test_a_developer_builds_only_the_changed_models(manifest, session, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    listed = dbt(
        "ls",
        "-q",
        "-s",
        "state:modified+",
        "--state",
        str(tmp_path),
        LAKEHOUSE_SCHEMA_PREFIX="dev_",
    )
    assert listed.stdout.strip() == "", "a prefix alone must not count as a change"
    # As if production had been built with another version of one model.
    changed = copy.deepcopy(manifest)
    changed["nodes"]["model.retail_lakehouse.dim_dates"]["raw_code"] = "select 1"
    (tmp_path / "manifest.json").write_text(json.dumps(changed))
    defer = ("--defer", "--state", str(tmp_path))
    build = dbt("build", "-s", "state:modified+", *defer, LAKEHOUSE_SCHEMA_PREFIX="dev_")
    assert build.returncode == 0, build.stdout
    assert [row[1] for row in session.execute("show tables in dev_gold")] == ["dim_dates"]
    query = "select count(*), max(date_day) from {}gold.dim_dates"
    assert session.execute(query.format("dev_")) == session.execute(query.format(""))
    for schema in ("dev_gold", "dev_published", "dev_ops"):
        session.execute(f"drop schema {schema} cascade")


def test_an_empty_build_under_a_prefix_passes(built, session, monkeypatch):
    only = ("--exclude-resource-type", "unit_test", "--exclude", "test_type:generic")
    build = dbt("build", "--empty", *only, LAKEHOUSE_SCHEMA_PREFIX="empty_")
    assert build.returncode == 0, build.stdout
    assert session.execute("select count(*) from empty_gold.fct_sales") == [(0,)]
    monkeypatch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "empty_")
    shown = lakehouse("audit")
    assert (shown.exit_code, shown.output) == (0, "nothing to compare: no truth is loaded\n")
    for schema in ("empty_silver", "empty_gold", "empty_audit", "empty_restricted"):
        session.execute(f"drop schema {schema} cascade")


def test_sources_are_fresh_after_a_load(built):
    assert dbt("source", "freshness").returncode == 0
