import pytest

from ops import doctor
from tests.conftest import lakehouse
from tests.servers import free_port


def test_every_check_passes_with_a_running_server(server):
    result = lakehouse("doctor")
    assert result.exit_code == 0, result.output
    assert result.output.count("OK   ") == len(doctor.CHECKS)


def test_a_failed_check_shows_its_remedy_and_sets_the_exit_code(monkeypatch, tmp_path):
    monkeypatch.setenv("LAKEHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("LAKEHOUSE_LANDING", str(tmp_path / "nowhere"))
    monkeypatch.setenv("LAKEHOUSE_THRIFT_PORT", str(free_port()))
    result = lakehouse("doctor")
    assert result.exit_code == 1
    assert "FAIL Landing" in result.output
    assert "FAIL Thrift login" in result.output
    assert "try: run: lakehouse server start" in result.output
    failed = result.output.count("FAIL ")
    assert result.output.rstrip().endswith(f"{failed} of {len(doctor.CHECKS)} checks failed")


@pytest.mark.parametrize("check", doctor.CHECKS.values())
def test_every_check_fails_on_an_unsuitable_machine(check, server, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "MEMORY_GIB", 1e6)
    monkeypatch.setattr(doctor, "DISK_GIB", 1e6)
    monkeypatch.setattr(doctor, "PROJECT", tmp_path)
    monkeypatch.setattr(doctor.jars, "JARS", tmp_path)
    monkeypatch.setattr(doctor.jars.faults, "__defaults__", (tmp_path,))
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    (tmp_path / "requirements.txt").write_text("".join(f"{name}==0\n" for name in doctor.PACKAGES))
    used = doctor.Settings(tmp_path / "home", str(tmp_path / "nowhere"), server.host, server.port)
    if check in (doctor.check_login, doctor.check_delta):
        used = doctor.Settings(tmp_path, str(tmp_path), server.host, free_port())
    with pytest.raises(doctor.LakehouseError) as caught:
        check(used)
    assert caught.value.remedy
