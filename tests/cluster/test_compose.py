"""docker-compose.yml and docker/, without Docker."""

import os
import re
import subprocess

import pytest
import yaml

from lakehouse.settings import PROJECT
from ops import cluster_secrets

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
# They end by themselves: their health is their exit code.
ONE_SHOT = {"metastore-schema", "secrets", "store-buckets", "tools"}

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@every_service
def test_a_service_has_limits_and_no_capabilities(service):
    assert {"mem_limit", "cpus"} <= set(service)
    assert service["read_only"] and service["cap_drop"] == ["ALL"]


@every_service
def test_the_image_of_a_service_is_pinned(service):
    assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+[\w.-]*", service["image"])


def test_every_lasting_service_has_a_health_check():
    checked = {name for name, one in SERVICES.items() if "test" in one["healthcheck"]}
    assert checked == set(SERVICES) - ONE_SHOT
    assert {name for name, one in SERVICES.items() if one["restart"] == "no"} == ONE_SHOT


def test_ports_are_published_on_loopback_only():
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_are_files_outside_of_git():
    secrets = {one["file"] for name, one in COMPOSE["secrets"].items() if name != "build_ca"}
    assert {os.path.dirname(file) for file in secrets} == {"secrets"}
    assert "secrets/" in (PROJECT / ".gitignore").read_text().splitlines()
    assert "secrets" in (PROJECT / ".dockerignore").read_text().splitlines()


def test_every_service_is_in_the_contract():
    text = (PROJECT / "docker-compose.yml").read_text()
    assert set(re.findall(r"^# \| ([a-z-]+) ", text, re.M)) == set(SERVICES)


def test_secrets_are_made_once_and_only_their_owner_reaches_them(tmp_path):
    folder = tmp_path / "secrets"
    made = cluster_secrets.make(folder)
    assert set(made) >= set(COMPOSE["secrets"]) - {"build_ca"}
    before = {name: (folder / name).read_bytes() for name in made}
    assert cluster_secrets.make(folder) == []
    assert {name: (folder / name).read_bytes() for name in made} == before
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.cluster
def test_compose_and_hadolint_accept_the_files():
    subprocess.run(["docker", "compose", "config", "--quiet"], cwd=PROJECT, check=True)
    subprocess.run(["hadolint", PROJECT / "docker" / "Dockerfile"], check=True)
