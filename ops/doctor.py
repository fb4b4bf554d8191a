"""`lakehouse doctor`: checks of the requirements of the lakehouse."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import click
import psutil

from lakehouse.errors import LakehouseError
from lakehouse.settings import JARS, PROJECT, Settings
from lakehouse.thrift import Session
from lakehouse.transport import Refused
from loaders.listing import Landing
from ops import jars, java, server

GIB = 1024**3
MEMORY_GIB = 4
DISK_GIB = 2
Checked = TypeVar("Checked")
PACKAGES = ("dbt-core", "dbt-spark", "delta-spark", "pyspark", "pyhive")


@dataclass(frozen=True)
class Finding:
    """Result of one check; `remedy` is empty if it passed."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def check_python(settings: Settings) -> str:
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        raise LakehouseError(
            f"{sys.version.split()[0]}", "use Python 3.10 to 3.13, then: make clean setup"
        )
    return sys.version.split()[0]


def check_packages(settings: Settings) -> str:
    pinned = dict(
        re.findall(
            r"^([\w-]+)(?:\[[\w-]+\])?==(\S+)", (PROJECT / "requirements.txt").read_text(), re.M
        )
    )
    wrong = []
    for name in PACKAGES:
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        if found != pinned[name]:
            wrong.append(f"{name} is {found} instead of {pinned[name]}")
    if wrong:
        raise LakehouseError("; ".join(wrong), "run: make setup")
    return ", ".join(f"{name} {pinned[name]}" for name in PACKAGES[:4])


def check_java(settings: Settings) -> str:
    found = java.find()
    return f"Java {found.major} at {found.path}"


def check_memory(settings: Settings) -> str:
    total = psutil.virtual_memory().total / GIB
    if total < MEMORY_GIB:
        raise LakehouseError(
            f"{total:.1f} GiB",
            f"use {MEMORY_GIB} GiB, or decrease spark.driver.memory in spark/spark-defaults.conf",
        )
    return f"{total:.1f} GiB"


def check_disk(settings: Settings) -> str:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / GIB
    if free < DISK_GIB:
        raise LakehouseError(
            f"{free:.1f} GiB free at {folder}",
            f"free {DISK_GIB} GiB, or set LAKEHOUSE_HOME to another disk",
        )
    return f"{free:.1f} GiB free at {folder}"


def check_jars(settings: Settings) -> str:
    if faults := jars.faults():
        raise LakehouseError("; ".join(faults), "run: make setup")
    return f"{len(jars.expected())} jars in {JARS}"


def check_landing(settings: Settings) -> str:
    if not settings.landing.startswith("/"):
        names = Landing(settings.landing).names()
        return settings.landing if names else f"{settings.landing}, which is empty"
    if not os.access(settings.landing, os.R_OK | os.X_OK):
        raise LakehouseError(
            f"{settings.landing} is not a readable folder", "create it, or set LAKEHOUSE_LANDING"
        )
    return settings.landing


def check_profile(settings: Settings) -> str:
    folders = [os.environ.get("DBT_PROFILES_DIR"), str(PROJECT)]
    for folder in filter(None, folders):
        path = os.path.join(folder, "profiles.yml")
        if os.path.exists(path) and "retail_lakehouse:" in Path(path).read_text():
            return path
    raise LakehouseError(
        "no profiles.yml with retail_lakehouse",
        "restore profiles.yml, a link to profiles/profiles.yml",
    )


def check_port(settings: Settings) -> str:
    running, _ = server.status(settings)
    if running:
        return f"{settings.port} is used by this lakehouse's server"
    if user := server.port_user(settings.host, settings.port):
        raise LakehouseError(
            f"{settings.port} is in use by {user}",
            "stop that program, or set LAKEHOUSE_THRIFT_PORT to a free port",
        )
    return f"{settings.port} is free"


def check_login(settings: Settings) -> str:
    try:
        with Session(settings) as session:
            [(spark,)] = session.execute("select version()")
    except Refused:
        raise
    except LakehouseError as error:
        _, sentence = server.status(settings)
        raise LakehouseError(
            f"{error.message}; {sentence}", "run: lakehouse server start"
        ) from error
    return f"Spark {spark.split()[0]} at {settings.address}"


def check_delta(settings: Settings) -> str:
    table = f"default.doctor_{os.getpid()}"
    try:
        with Session(settings) as session:
            session.execute(f"create table {table} using delta as select 42 as answer")
            [(answer,)] = session.execute(f"select answer from {table}")
            session.execute(f"drop table {table}")
    except LakehouseError as error:
        raise LakehouseError(error.message.splitlines()[0], "run: lakehouse server logs") from error
    if answer != 42:
        raise LakehouseError(f"wrote 42, read {answer}", "run: lakehouse server logs")
    return "wrote and read a table"


CHECKS: dict[str, Callable[[Settings], str]] = {
    "Python": check_python,
    "Packages": check_packages,
    "Java": check_java,
    "Memory": check_memory,
    "Disk": check_disk,
    "Spark jars": check_jars,
    "Landing": check_landing,
    "dbt profile": check_profile,
    "Port": check_port,
    "Thrift login": check_login,
    "Delta write and read": check_delta,
}


def examine(settings: Settings) -> Iterator[Finding]:
    """Run the checks, and yield each finding."""
    for name, check in CHECKS.items():
        yield found(name, check, settings)


def found(name: str, check: Callable[[Checked], str], checked: Checked) -> Finding:
    """The finding of a check, which returns a detail or raises LakehouseError."""
    try:
        return Finding(name, True, check(checked))
    except LakehouseError as error:
        return Finding(name, False, error.message, error.remedy)


def print_findings(findings: Iterable[Finding]) -> bool:
    """Print findings as they come, and how many failed; returns whether all passed."""
    passed = []
    for finding in findings:
        passed.append(finding.ok)
        mark = click.style("OK  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
        click.echo(f"{mark} {finding.name}: {finding.detail}")
        if not finding.ok:
            click.echo(f"     try: {finding.remedy}")
    failed = passed.count(False)
    click.echo(f"{failed} of {len(passed)} checks failed" if failed else "all checks passed")
    return not failed
