"""`lakehouse alert` against a real web server and a real mail server, after a real build."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from aiosmtpd.controller import Controller

from history.results import Result, Run, node_rows, run_row
from history.tables import record
from releases.publish import utc_now
from tests.conftest import free_port, lakehouse

# Apart from results of other tests of this lane.
LATER = utc_now() + timedelta(days=1)


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict]]]:
    """The address of a web server that answers with a status, and what it was sent."""
    received: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=served.serve_forever, daemon=True).start()
    # The key of the text in Slack's format.
    yield f"json://127.0.0.1:{served.server_port}/secret-token?:message=text", received
    served.shutdown()
    served.server_close()


@contextmanager
def mail_server() -> Iterator[tuple[str, list]]:
    """The address of a mail server for the owners of incidents, and the mails that it took."""
    received: list = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            received.append(envelope)
            return "250 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield (
        f"mailto://127.0.0.1:{controller.port}?from=lake@example.com&to={{owner}}&mode=insecure",
        received,
    )
    controller.stop()


@pytest.fixture
def unique(manifest) -> str:
    """The test of the key of fct_sales."""
    [id] = (id for id in manifest["nodes"] if ".unique_fct_sales_invoice_id." in id)
    return id


def add_result(session, manifest, node: str, status: str, failures: int, hours: int) -> None:
    """A run of one test, as the hook records it, some hours after all others."""
    ended = LATER + timedelta(hours=hours)
    run = Run("test", f"i{hours}", ended, (Result(node, status, 1, failures),), "anna", "")
    rows = node_rows(run, manifest["nodes"], {}, {}, {"gold.fct_sales": 1000}, ended)
    record(session, run_row(run, ended), rows)


def test_each_channel_is_told_once_of_a_problem_and_once_of_its_end(
    built, session, manifest, unique
):
    with webhook() as (hook, posts), mail_server() as (mail, mails):
        everything = ("alert", "--to", hook, "--to", mail)
        told = lakehouse(*everything)
        assert told.exit_code == 0, told.output
        posts.clear()
        mails.clear()

        add_result(session, manifest, unique, "fail", 5, hours=1)
        for _ in range(2):
            assert lakehouse(*everything).exit_code == 0
        problem = (
            "PROBLEM   gold.fct_sales: test unique_fct_sales_invoice_id: "
            "5 of 1,000 rows fail, uniqueness 0.995 below 1 (Sales Analytics)"
        )
        [post] = posts
        assert post["text"] == problem
        [envelope] = mails
        assert envelope.rcpt_tos == ["sales-analytics@example.com"]
        assert "uniqueness 0.995" in envelope.content.decode()

        add_result(session, manifest, unique, "pass", 0, hours=2)
        for _ in range(2):
            assert lakehouse(*everything).exit_code == 0
        assert [each["text"].split()[0] for each in posts] == ["PROBLEM", "RECOVERED"]
        assert len(mails) == 2

    channels = {channel for (channel,) in session.execute("select channel from ops.alerts")}
    assert len(channels) == 2 and not any("token" in each for each in channels)


def test_a_channel_that_does_not_answer_is_told_at_the_next_call(built, session, manifest, unique):
    add_result(session, manifest, unique, "fail", 7, hours=3)
    with webhook(status=500) as (broken, _):
        refused = lakehouse("alert", "--to", broken)
    assert refused.exit_code == 1
    assert "json:… did not take the alert" in refused.output
    assert "secret-token" not in refused.output
    with webhook() as (hook, posts):
        assert lakehouse("alert", "--to", hook).exit_code == 0
    assert any("7 of 1,000 rows fail" in each["text"] for each in posts)
    add_result(session, manifest, unique, "pass", 0, hours=4)


def test_without_an_address_alerts_are_printed(built, session, manifest, unique):
    lakehouse("alert")
    add_result(session, manifest, unique, "fail", 9, hours=5)
    assert "9 of 1,000 rows fail" in lakehouse("alert").stdout
    assert lakehouse("alert").stdout == "nothing new\n"
    add_result(session, manifest, unique, "pass", 0, hours=6)
    assert lakehouse("alert").stdout.startswith("RECOVERED gold.fct_sales")


def test_an_address_that_is_none_is_refused_without_its_secrets():
    refused = lakehouse("alert", "--to", "nothing://user:password@example.com")
    assert refused.exit_code == 1
    assert "nothing:… is no address of Apprise" in refused.output
    assert "password" not in refused.output
