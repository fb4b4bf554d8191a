"""The sources of a project, read without its models; the groups of new folders."""

from pathlib import Path

import pytest

from lakehouse.errors import LakehouseError
from loaders.contract import contracts
from ops.project import parse, parse_sources
from tests.copies import copy_of_the_project

FILES = {
    "staging/doors/_doors__sources.yml": """
        sources:
          - name: doors
            schema: "{{ 'bron' ~ 'ze' }}"
            tables:
              - name: counts
                external: {location: doors/counts, using: csv}
                columns: [{name: visitors, data_type: int, data_tests: [not_null]}]""",
    "staging/doors/stg_doors__counts.sql": "select * from {{ source('doors', 'counts') }}",
    "intermediate/visits/int_visits.sql": "select * from {{ ref('stg_doors__counts') }}",
    "marts/visits/fct_visits.sql": "select * from {{ ref('int_visits') }}",
    "marts/visits/fct_visits.yml": """
        models:
          - {name: fct_visits, columns: [{name: visitors, data_type: int}]}""",
}


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the project with a new source, in new folders."""
    folder = copy_of_the_project(tmp_path / "project")
    for name, content in FILES.items():
        path = folder / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def test_new_folders_need_no_group_of_their_own(project, tmp_path):
    nodes = parse(project, target=tmp_path / "target").nodes
    new = {
        node.name: (node.config.group, node.config.access)
        for node in nodes.values()
        if node.name in ("stg_doors__counts", "int_visits", "fct_visits")
    }
    assert new == {
        "stg_doors__counts": ("platform", "private"),
        "int_visits": ("platform", "protected"),
        "fct_visits": ("platform", "public"),
    }


def test_an_error_in_a_model_does_not_hide_the_sources(project):
    (project / "models/staging/pos/stg_pos__sales.sql").write_text("{% if %} {{ ref('nothing') }}")
    (project / "models/staging/pos/stg_pos__sales.yml").write_text("models: [")
    found = contracts(parse_sources(project))
    assert {"crm.customers", "doors.counts", "pos.sales"} <= set(found)
    assert (found["doors.counts"].schema, found["doors.counts"].columns[0].required) == (
        "bronze",
        True,
    )
    with pytest.raises(LakehouseError, match="dbt cannot parse the project"):
        parse(project)


def test_the_error_in_a_source_names_its_file(project):
    (project / "models/staging/doors/_doors__sources.yml").write_text("sources: [")
    with pytest.raises(LakehouseError, match="_doors__sources.yml"):
        parse_sources(project)
