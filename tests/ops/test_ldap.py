"""A server with TLS whose users are in an LDAP directory."""

import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lakehouse.thrift import Session
from lakehouse.transport import Refused
from ops import jars, java
from ops import server as spark
from tests.doors import CLIENTS, PASSWORD, USER, beeline, guarded, log_in
from tests.servers import free_port

SHA256 = "7f1b9141f2c955d3a03b3f5da2c450bd616826e921a87fc19264a3f22b35e2fb"
ENTRIES = f"""\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid={USER},dc=example,dc=com
objectClass: inetOrgPerson
uid: {USER}
cn: {USER}
sn: {USER}
userPassword: {PASSWORD}
"""


@pytest.fixture(scope="session")
def ldap_jar() -> Path:
    """The jar of UnboundID's directory server; it is fetched once for the installation."""
    folder = Path(sys.prefix, "share", "lakehouse", "test-jars")
    jar = folder / "unboundid-ldapsdk-7.0.3.jar"
    if not jar.exists():
        module = ["com.unboundid", "unboundid-ldapsdk", "7.0.3"]
        pattern = str(folder / "[artifact]-[revision].[ext]")
        jars.ivy(["-dependency", *module, "-retrieve", pattern], folder / "cache")
        shutil.rmtree(folder / "cache")
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == SHA256
    return jar


@pytest.fixture(scope="module")
def directory(ldap_jar, tmp_path_factory) -> str:
    """The URL of a running LDAP server."""
    entries = tmp_path_factory.mktemp("ldap") / "entries.ldif"
    entries.write_text(ENTRIES)
    port = free_port()
    tool = "com.unboundid.ldap.listener.InMemoryDirectoryServerTool"
    options = ["-p", str(port), "-b", "dc=example,dc=com", "-l", str(entries)]
    command = [java.find().path, "-cp", str(ldap_jar), tool, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not spark.port_user("127.0.0.1", port):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    yield f"ldap://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def server(environment, directory, tmp_path_factory):
    pattern = {"LAKEHOUSE_LDAP_USER_DN": "uid=%s,dc=example,dc=com"}
    folder = tmp_path_factory.mktemp("doors")
    with guarded(folder, LAKEHOUSE_LDAP_URL=directory, **pattern) as settings:
        yield settings


@pytest.mark.parametrize("client", CLIENTS)
def test_the_password_of_the_directory_logs_in(server, client, monkeypatch):
    assert log_in(client, server, monkeypatch) == [(USER,)]


def test_beeline_logs_in_with_the_password_of_the_directory(server):
    assert f"| {USER}" in beeline(server, "password").stdout


@pytest.mark.parametrize(
    "wrong",
    [{"password_file": None}, {"user": "bob"}, {"user": f"{USER},ou=x"}],
    ids=["password", "user", "distinguished name"],
)
def test_another_login_is_refused(server, wrong):
    with pytest.raises(Refused, match="refused the login of"):
        Session(replace(server, **wrong))


def test_an_empty_password_is_no_anonymous_login(server):
    empty = server.home.parent / "empty"
    empty.write_text(" \n")
    with pytest.raises(Refused):
        Session(replace(server, password_file=empty))
