"""Who gets in: logins over TLS, networks, and where secrets are not."""

import re

import pytest

from lakehouse.settings import PROJECT
from tests.cluster.conftest import compose, docker, secret, sql, tools

pytestmark = pytest.mark.cluster

URL = "jdbc:hive2://thrift:10000/;ssl=true;sslTrustStore=/run/secrets/ca.p12;trustStorePassword=changeit"
PYHIVE = """
from pyhive import hive
from lakehouse.settings import Settings
from lakehouse.transport import transport
cursor = hive.connect(thrift_transport=transport(Settings.from_environment())).cursor()
cursor.execute("select 40 + 2")
print(cursor.fetchall())
"""
SQLALCHEMY = """
from sqlalchemy import create_engine, text
with create_engine("lakehouse://").connect() as connection:
    print(connection.execute(text("select 40 + 2")).all())
"""
CLIENTS = {
    "beeline": (
        *("beeline", "-u", URL, "-n", "engineer", "-w", "/run/secrets/engineer_password"),
        *("-e", "select 40 + 2"),
    ),
    "PyHive": ("python", "-c", PYHIVE),
    "SQLAlchemy": ("python", "-c", SQLALCHEMY),
    "dbt": ("dbt", "show", "--inline", "select 40 + 2 as answer"),
}
PLAIN = """
from pyhive import hive
password = open("/run/secrets/engineer_password").read()
hive.connect("thrift", auth="LDAP", username="engineer", password=password)
"""
SCAN = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def is_open(target):
    try:
        socket.create_connection(target, 3).close()
        return True
    except OSError:
        return False

ports = 4040, 5432, 7070, 7077, 8080, 8081, 10000
targets = [(address, port) for address in sys.argv[1:] for port in ports]
with ThreadPoolExecutor(60) as pool:
    print([target for target, found in zip(targets, pool.map(is_open, targets)) if found])
"""


@pytest.mark.parametrize("client", CLIENTS)
def test_a_right_password_opens_for(cluster, client):
    assert "42" in tools(*CLIENTS[client]).stdout


def test_a_right_password_opens_for_the_loader(demo):
    assert "pos.sales: 0 new, 0 to replace" in tools("lakehouse", "load", "--dry-run").stdout


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ("LAKEHOUSE_PASSWORD_FILE=/app/README.md", "refused the login of engineer"),
        ("LAKEHOUSE_PASSWORD_FILE=", "refused the login of engineer"),
        ("LAKEHOUSE_USER=nobody", "refused the login of nobody"),
        ("LAKEHOUSE_TLS_CA=", "would be sent in plain text"),
        ("LAKEHOUSE_TLS_CA=/etc/ssl/certs/ca-certificates.crt", "the certificate of thrift"),
    ],
)
def test_a_wrong_login_is_refused_with_the_reason(cluster, environment, reason):
    command = f"export {environment}; lakehouse sql 'select 1'"
    refused = tools("sh", "-c", command, check=False)
    assert refused.returncode == 1 and reason in refused.stderr


def test_plain_text_is_refused(cluster):
    refused = tools("timeout", "30", "python", "-c", PLAIN, check=False)
    assert refused.returncode not in (0, 124), refused.stderr


def test_another_network_reaches_no_port(cluster):
    found = docker(
        *("ps", "--quiet", "--filter", "label=com.docker.compose.project=lakehouse-test")
    ).stdout.split()
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    addresses = docker("inspect", "--format", form, *found).stdout.split()
    assert len(addresses) >= 8
    image = "retail-lakehouse:0.1.0"
    scanned = docker("run", "--rm", image, "python", "-c", SCAN, *addresses).stdout
    assert scanned.strip() == "[]"
    published = compose("ps", "--format", "{{.Ports}}").stdout
    assert set(re.findall(r"(\S+):\d+->", published)) == {"127.0.0.1"}


def leaks(shown: str) -> set[str]:
    """Names of the secrets of which a value, a password, key or hash, is in a text."""
    public = {"ca.p12", "ca.pem", "server.pem"}
    names = {path.name for path in (PROJECT / "secrets").iterdir()} - public
    words = {name: [word for word in secret(name).split() if len(word) >= 40] for name in names}
    assert all(words.values())
    return {name for name in names if any(word in shown for word in words[name])}


def test_no_secret_is_in_settings_logs_processes_or_histories(demo):
    found = docker("ps", "--all", "--quiet").stdout.split()
    seen = [docker("inspect", *found).stdout, compose("logs").stdout]
    seen += [docker("top", one, check=False).stdout for one in found]
    seen += [docker("history", "--no-trunc", "retail-lakehouse:0.1.0").stdout]
    seen += [
        str(sql(f"describe history {name}")) for name in ("bronze.pos_sales", "gold.fct_sales")
    ]
    seen += [str(sql("set -v")), str(sql("set"))]
    assert leaks("\n".join(seen)) == set()
