import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "locks.py"


@pytest.fixture
def locks(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("locks", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "web").mkdir()
    return module


def found(locks, capsys):
    with pytest.raises(SystemExit) as ended:
        locks.main()
    return ended.value.code, capsys.readouterr().err


def test_locks_of_names_and_hashes_pass(locks, tmp_path, capsys):
    (tmp_path / "requirements" / "run.lock").write_text("typer==1 \\\n    --hash=sha256:00\n")
    (tmp_path / "web" / "package-lock.json").write_text('{"packages": {"a": {"integrity": "sha512-00"}}}')
    assert found(locks, capsys) == (0, "")


def test_a_host_in_a_python_lock_is_found(locks, tmp_path, capsys):
    (tmp_path / "requirements" / "run.lock").write_text("--index-url https://mirror.example/simple\n")
    code, said = found(locks, capsys)
    assert code == 1
    assert "requirements/run.lock:1 names a host: https://mirror.example/simple" in said


def test_a_host_in_a_node_lock_is_found(locks, tmp_path, capsys):
    lock = '{"packages": {"node_modules/a": {"resolved": "https://mirror.example/a.tgz"}}}'
    (tmp_path / "web" / "package-lock.json").write_text(lock)
    code, said = found(locks, capsys)
    assert code == 1
    assert "omit-lockfile-registry-resolved" in said
