"""docs/questions.md: each query answers on gold as DuckDB does on the files, and the page too."""

import pytest

from ops.sample import CUSTOMERS
from sample.retailer import Sample
from sample.writing import crm_customers, write_sample
from tests.audit.deliveries import RATE
from tests.gold import gold
from tests.semantic.questions import PAGE, differing, questions, run, written

QUESTIONS = questions(PAGE.read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """DuckDB with the files of `make demo`."""
    root = tmp_path_factory.mktemp("demo")
    write_sample(Sample(customers=crm_customers(CUSTOMERS)), root, RATE)
    return gold(root)


def test_the_page_has_twenty_questions():
    numbers = [question.title.partition(".")[0] for question in QUESTIONS]
    assert numbers == [str(number) for number in range(1, 21)]


def test_a_page_is_written_with_other_answers():
    page = "### 1. What?\n\nSay it.\n\n```sql\nselect 1\n```\n\n| a |\n| --- |\n| 1 |\n\n## End\n"
    assert [question.answer for question in questions(page)] == [[["a"], ["1"]]]
    other = [["b", "c"], ["2", "3.5"]]
    new = written(page, lambda _: other)
    assert new == page.replace("| a |\n| --- |\n| 1 |", "| b | c |\n| --- | --- |\n| 2 | 3.5 |")
    assert [question.answer for question in questions(new)] == [other]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.title)
def test_an_answer_of_the_page_is_that_of_the_demos_files(demo, question):
    assert differing(question, question.answer, demo) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.title)
def test_a_query_gives_the_same_on_gold_as_on_the_files(exported, web_shop, question):
    answer = run(question)
    assert answer[0] == question.answer[0]
    assert differing(question, answer, web_shop) == []
