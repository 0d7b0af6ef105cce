import socket

import pytest

from hubbub.app.doctor import examine
from hubbub.app.folder import DataFolder
from hubbub.app.settings import load


def findings(**settings):
    environ = {f"HUBBUB_{name.upper()}": str(value) for name, value in settings.items()}
    return {finding.what: finding for finding in examine(load(None, environ))}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_missing_comes_with_its_remedy(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CHROMIUM", raising=False)
    found = findings()
    assert found["Node"].state == "missing"
    assert "nvm install" in found["Node"].remedy
    assert found["Chromium"].state == "note"
    assert "apt-get install" in found["Chromium"].remedy


def test_a_port_taken_by_another_program_is_found():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert findings(port=port)["port"].state == "missing"


def test_a_data_folder_in_use_is_no_fault(tmp_path):
    with DataFolder(tmp_path / "data").hold():
        found = findings(data=tmp_path / "data")["data folder"]
    assert found.state == "ok"
    assert "in use by process" in found.detail


def test_a_data_folder_open_to_others_is_told(tmp_path):
    (tmp_path / "data").mkdir(mode=0o755)
    assert "chmod 700" in findings(data=tmp_path / "data")["data folder"].remedy


def test_a_database_that_does_not_answer_is_found():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = findings(records=f"postgresql://hubbub@127.0.0.1:{unused.getsockname()[1]}/hubbub")["records"]
    assert found.state == "missing"
    assert "Start PostgreSQL" in found.remedy


def test_looking_makes_no_data_folder(tmp_path):
    findings(data=tmp_path / "data")
    assert not (tmp_path / "data").exists()
