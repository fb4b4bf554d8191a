"""Rules of who may connect, and a server with TLS and a password file under all its clients."""

import base64
import hashlib

import psutil
import pytest
from py4j.protocol import Py4JJavaError

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from lakehouse.transport import Refused, transport
from ops import server as spark
from ops.doors import Doors, hive_site, keystore
from tests import jdbc
from tests.conftest import dbt, lakehouse
from tests.doors import (
    CLIENTS,
    FAULTS,
    PASSWORD,
    USER,
    beeline,
    by_session,
    faults,
    guarded,
    log_in,
    variables,
)
from tests.loaders.bench import Bench
from tests.servers import process_of

ENOUGH = {
    "LAKEHOUSE_USERS_FILE": "/users",
    "LAKEHOUSE_TLS_CERTIFICATE": "/server.pem",
    "LAKEHOUSE_TLS_KEY": "/server.key",
}
LDAP = {"LAKEHOUSE_LDAP_URL": "ldaps://ldap.example.com"}


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "10.1.2.3", "lake.example.com"])
@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (["LAKEHOUSE_USERS_FILE"], "the server has no authentication$"),
        (["LAKEHOUSE_TLS_CERTIFICATE", "LAKEHOUSE_TLS_KEY"], "the server has no TLS$"),
        (list(ENOUGH), "the server has no authentication and no TLS$"),
    ],
)
def test_off_loopback_a_server_needs_authentication_and_tls(bind, missing, reason):
    given = {name: value for name, value in ENOUGH.items() if name not in missing}
    with pytest.raises(LakehouseError, match=reason) as caught:
        Doors.from_environment({"LAKEHOUSE_BIND": bind, **given})
    assert "docs/security.md" in caught.value.remedy
    assert Doors.from_environment({"LAKEHOUSE_BIND": bind, **ENOUGH}).bind == bind


@pytest.mark.parametrize("bind", ["", "127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_loopback_a_server_needs_neither(bind):
    assert Doors.from_environment({"LAKEHOUSE_BIND": bind}).authentication() == {}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({**ENOUGH, **LDAP, "LAKEHOUSE_LDAP_BASE_DN": "dc=a"}, "are both set"),
        ({"LAKEHOUSE_TLS_KEY": "/key"}, "only one of LAKEHOUSE_TLS_CERTIFICATE and"),
        (LDAP, "needs one of LAKEHOUSE_LDAP_BASE_DN"),
        ({"LAKEHOUSE_LDAP_URL": "ldap://ldap.example.com"}, "would be sent in plain text"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(given, reason):
    with pytest.raises(LakehouseError, match=reason):
        Doors.from_environment(given)


def test_a_password_is_not_sent_over_the_network_in_plain_text(tmp_path):
    settings = Settings(tmp_path, "", "lake.example.com", 10000)
    with pytest.raises(LakehouseError, match="would be sent in plain text"):
        transport(settings, "secret")


def test_a_representation_has_no_password(tmp_path):
    connection = transport(Settings(tmp_path, "", "127.0.0.1", 10000), "secret")
    assert "secret" not in repr(connection) + str(vars(connection)["sasl_client_factory"].args)


def test_the_password_file_has_hashes_and_is_private(tmp_path):
    variable = {"LAKEHOUSE_USERS_FILE": str(tmp_path / "users")}
    for name in ("eve", "ada"):
        assert lakehouse("user", "add", name, input=PASSWORD, env=variable).exit_code == 0
    assert lakehouse("user", "list", env=variable).output == "ada\neve\n"
    text = (tmp_path / "users").read_text()
    [ada, eve] = [line.split("$") for line in text.splitlines()]
    assert ada[:2] == ["ada:pbkdf2_sha256", "600000"] and ada[2:] != eve[2:]
    assert (
        ada[3]
        == base64.b64encode(
            hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), base64.b64decode(ada[2]), 600_000)
        ).decode()
    )
    assert (tmp_path / "users").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["add", "ada"], "short", "fewer than 12 characters"),
        (["add", "a:b"], PASSWORD, "'a:b' is not a valid name"),
        (["remove", "bob"], "", "there is no user bob"),
    ],
)
def test_a_wrong_use_of_user_is_refused(tmp_path, arguments, password, reason):
    variable = {"LAKEHOUSE_USERS_FILE": str(tmp_path / "users")}
    refused = lakehouse("user", *arguments, input=password, env=variable)
    assert refused.exit_code == 2 and reason in refused.output


def test_a_key_of_another_certificate_is_refused(tmp_path):
    for name in ("one", "two"):
        assert (
            lakehouse("certificates", "a.example", "--folder", str(tmp_path / name)).exit_code == 0
        )
    with pytest.raises(LakehouseError, match="is not the private key of"):
        keystore(tmp_path / "one" / "server.pem", tmp_path / "two" / "server.key", "secret")


def test_the_private_settings_replace_those_of_the_project():
    site = hive_site({"hive.server2.thrift.bind.host": "::", "a": "<b>"}).decode()
    assert site.count("hive.server2.thrift.bind.host") == 1
    assert "<value>::</value>" in site and "<value>&lt;b&gt;</value>" in site


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    return tmp_path_factory.mktemp("doors") / "users"


@pytest.fixture(scope="module")
def closed(environment, users) -> Settings:
    """The settings of a client that may log in."""
    variable = {"LAKEHOUSE_USERS_FILE": str(users)}
    added = lakehouse("user", "add", USER, input=PASSWORD, env=variable)
    assert added.exit_code == 0, added.output
    with guarded(users.parent, **variable) as settings:
        yield settings


@pytest.fixture
def server(closed):
    """Marks the tests of this file: each needs a Spark server, its own one."""
    return closed


@pytest.mark.parametrize("client", CLIENTS)
def test_the_right_password_logs_in(server, client, monkeypatch):
    assert log_in(client, server, monkeypatch) == [(USER,)]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_is_refused_with_one_sentence(server, client, fault, monkeypatch):
    settings, sentence = faults(server)[fault]
    with pytest.raises(Exception) as caught:
        log_in(client, settings, monkeypatch)
    message = str(getattr(caught.value, "orig", caught.value))
    assert sentence in message and len(message.splitlines()) <= 2


def test_dbt_runs_a_query(server):
    shown = dbt("--quiet", "show", "--inline", "select current_user() as who", **variables(server))
    assert f"| {USER}" in shown.stdout, shown.stdout


def test_beeline_logs_in_with_a_password_file(server):
    assert f"| {USER}" in beeline(server, "password").stdout
    assert "Error validating the login" in beeline(server, "wrong").stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (";ssl=true;sslTrustStore={folder}/other/ca.p12;trustStorePassword=changeit", "PKIX path"),
        ("", "Invalid status 21"),
    ],
    ids=["wrong authority", "plain text"],
)
def test_jdbc_is_refused(server, java, options, reason):
    with pytest.raises(Py4JJavaError, match=reason):
        jdbc.connect(java, server, options.format(folder=server.home.parent))


def test_a_removed_user_cannot_log_in_again(server, users):
    variable = {"LAKEHOUSE_USERS_FILE": str(users)}
    try:
        assert lakehouse("user", "remove", USER, env=variable).exit_code == 0
        with pytest.raises(Refused):
            by_session(server)
    finally:
        lakehouse("user", "add", USER, input=PASSWORD, env=variable)
    assert by_session(server) == [(USER,)]


def test_nobody_acts_as_another_user(server):
    proxy = {"hive.server2.proxy.user": "root"}
    with pytest.raises(Exception, match=f"{USER} is not allowed to impersonate root"):
        Session(server, configuration=proxy)


def test_other_machines_reach_the_thrift_port_only(server):
    sockets = process_of(server).net_connections("inet")
    listening = [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
    local = ("127.0.0.1", "::ffff:127.0.0.1")
    assert {port for ip, port in listening if ip not in local} == {server.port}


def test_no_password_is_in_the_process_the_log_or_the_history(server, tmp_path):
    with Session(server) as session:
        bench = Bench(server, session, "doors")
        bench.put("a.csv", "1,01-02-2024,1.50,x")
        assert bench.load().rows_loaded == 1
        history = str(session.execute("describe history bronze.bench_doors"))
    process = process_of(server)
    with process.oneshot():
        seen = f"{process.cmdline()} {process.environ()}"
    log = spark.log_file(server).read_text()
    configuration = server.home / "conf"
    keystore_password = (configuration / "hive-site.xml").read_text().split("keystore.password")[1]
    keystore_password = keystore_password.split("<value>")[1].split("<")[0]
    for secret in (PASSWORD, PASSWORD.upper(), keystore_password):
        assert secret not in seen + log + history
    assert configuration.stat().st_mode & 0o777 == 0o700
