"""What is told of the last results, once and again when it is over, by hand-made results."""

from dataclasses import replace

from history.incidents import Last, Owner, incidents, owner

GOOD = Last("test.p.mail", "silver.a", "pass", 0, 200, "", "completeness", 1.0, 0.95)
BAD = replace(GOOD, status="warn", failures=20, score=0.9)
MODEL = Last("model.p.fct", "gold.fct", "success", None, 7, "OK", None, None, None)
MANIFEST = {
    "nodes": {
        "model.p.fct": {"resource_type": "model", "group": "sales"},
        "model.p.a": {"resource_type": "model", "group": "shop"},
        "model.p.nobodys": {"resource_type": "model", "group": None},
        "test.p.mail": {
            "resource_type": "test",
            "attached_node": "model.p.a",
            "depends_on": {"nodes": ["model.p.fct"]},
        },
        "test.p.of_source": {"resource_type": "test", "depends_on": {"nodes": ["source.p.s.t"]}},
    },
    "sources": {"source.p.s.t": {"config": {"meta": {"owner": "Web Shop"}}}},
    "groups": {
        "group.p.sales": {"name": "sales", "owner": {"name": "Sales", "email": "s@example.com"}},
        "group.p.shop": {"name": "shop", "owner": {"name": "Shop", "email": ["a@b.c", "d@b.c"]}},
    },
}


def lines(lasts: list[Last], opened: dict[str, str]) -> list[str]:
    return [each.line for each in incidents(lasts, opened, MANIFEST)]


def test_a_score_below_its_threshold_is_told_once():
    assert lines([BAD, MODEL], {}) == [
        "PROBLEM   silver.a: test mail: 20 of 200 rows fail, completeness 0.900 below 0.95 (Shop)"
    ]
    assert lines([BAD, MODEL], {BAD.node: "silver.a"}) == []
    # A warning above the threshold is none.
    assert lines([replace(BAD, score=0.96)], {}) == []


def test_a_recovery_is_told_once():
    [told] = lines([GOOD], {GOOD.node: "silver.a"})
    assert told == "RECOVERED silver.a: test mail: 0 of 200 rows fail, completeness 1.000 (Shop)"
    assert lines([GOOD], {}) == []


def test_a_failed_model_is_a_problem_with_its_message():
    failed = replace(MODEL, status="error", message="Runtime Error\n  no space left")
    assert lines([failed], {}) == [
        "PROBLEM   gold.fct: model fct failed: Runtime Error no space left (Sales)"
    ]


def test_a_node_that_the_project_no_longer_has_is_no_problem():
    gone = replace(BAD, node="test.p.gone")
    assert lines([gone], {}) == []
    [told] = lines([gone], {gone.node: "silver.a"})
    assert told == ("RECOVERED silver.a: test.p.gone is no longer in the project (no owner)")


def test_the_owner_is_that_of_the_group_or_of_the_source():
    assert owner("test.p.mail", MANIFEST) == Owner("Shop", "a@b.c,d@b.c")
    assert owner("test.p.of_source", MANIFEST) == Owner("Web Shop")
    assert owner("model.p.nobodys", MANIFEST) == Owner("no owner")
