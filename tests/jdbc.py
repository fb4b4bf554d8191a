"""Hive's JDBC client in a Java process, driven through py4j."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.java_gateway import GatewayParameters, JavaGateway, JavaObject, launch_gateway

from lakehouse.settings import PROJECT, Settings
from tests.project import follow


def blocks(language: str) -> list[str]:
    """The code blocks of a language in docs/connect.md."""
    page = (PROJECT / "docs" / "connect.md").read_text()
    return [content for found, content, _ in follow.blocks(page) if found == language]


@contextmanager
def client(folder: Path) -> Iterator[JavaGateway]:
    """A Java process with the jars that docs/connect.md copies into the folder `jdbc`."""
    [copy] = [block for block in blocks("sh") if "hive-jdbc" in block]
    copy = copy.replace("python ", f"{sys.executable} ")
    subprocess.run(["bash", "-euc", copy], cwd=folder, check=True)
    port = launch_gateway(classpath=f"{folder}/jdbc/*", die_on_exit=True)
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    gateway.jvm.java.lang.Class.forName("org.apache.hive.jdbc.HiveDriver")
    yield gateway
    gateway.shutdown()


def connect(java: JavaGateway, server: Settings, options: str = "") -> JavaObject:
    """A java.sql.Connection to the schema gold."""
    url = f"jdbc:hive2://{server.address}/default{options}"
    return java.jvm.java.sql.DriverManager.getConnection(url, "reader", "none")


def rows(result: JavaObject, *columns: str) -> list[tuple]:
    """The values of columns of a java.sql.ResultSet, as text."""
    found = []
    while result.next():
        found.append(tuple(result.getString(column) for column in columns))
    return found
