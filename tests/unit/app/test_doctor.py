import socket
from pathlib import Path

import pytest

from hubbub.app import doctor
from hubbub.app import doctor_services as services
from hubbub.app.doctor import examine
from hubbub.app.folder import DataFolder
from hubbub.app.settings import load
from hubbub.media.adapters import ffmpeg
from hubbub.media.adapters.sandbox import probe as sandbox_probe
from hubbub.media.adapters.sandbox.message import Layer, Layers
from hubbub.media.adapters.sandbox.probe import Probe
from hubbub.native import building

REPOSITORY = Path(__file__).parents[3]


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


@pytest.mark.parametrize(("core", "rust"), [("missing", "missing"), ("stale", "missing"), ("current", "note")])
def test_without_rust_the_command_that_gets_it_is_named(monkeypatch, tmp_path, core, rust):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CARGO_HOME", raising=False)
    monkeypatch.setattr(building, "state", lambda: core)
    found = findings()["Rust"]
    assert found.state == rust
    assert "this machine has no cargo" in found.detail
    assert "https://sh.rustup.rs | sh" in found.remedy


def test_a_native_core_that_is_not_built_comes_with_the_command_that_builds_it(monkeypatch):
    monkeypatch.setattr(building, "state", lambda: "missing")
    found = findings()["native core"]
    assert found.state == "missing"
    assert "make run" in found.remedy


def probe(*, refused=(), opens_files=False):
    names = ("namespaces", "limits", "capabilities", "privileges", "landlock", "seccomp")
    return Probe(Layers(tuple(Layer(name, name not in refused, "not here") for name in names)), opens_files)


def test_a_layer_of_the_sandbox_that_the_kernel_refuses_is_named(monkeypatch):
    monkeypatch.setattr(building, "state", lambda: "packaged")
    monkeypatch.setattr(sandbox_probe, "probed", probe)
    assert findings()["sandbox"].state == "ok"
    monkeypatch.setattr(sandbox_probe, "probed", lambda: probe(refused=["namespaces"]))
    found = findings()["sandbox"]
    assert (found.state, found.detail) == ("note", "no namespaces (not here); the other layers hold")
    assert (REPOSITORY / found.remedy.rpartition(" ")[2].rstrip(".")).is_file()


def test_a_machine_without_any_layer_for_files_is_told_that_none_are_decoded(monkeypatch):
    monkeypatch.setattr(building, "state", lambda: "packaged")
    monkeypatch.setattr(sandbox_probe, "probed", lambda: probe(refused=["landlock", "seccomp"], opens_files=True))
    assert findings()["sandbox"].state == "missing"
    monkeypatch.setattr(building, "state", lambda: "missing")
    assert "make run" in findings()["sandbox"].remedy


def test_an_installed_package_needs_no_rust_and_node_for_bots_alone(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(building, "state", lambda: "packaged")
    monkeypatch.setattr(building, "has_sources", lambda: False)
    found = findings()
    assert found["Rust"].state == "ok"
    assert found["Node"].state == "note"


def test_a_voice_port_taken_by_another_program_is_found():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        found = findings(voice_port=port)["voice port"]
    assert found.state == "missing"
    assert f"UDP {port}" in found.detail
    assert "HUBBUB_VOICE_PORT" in found.remedy


def test_voice_ports_of_all_media_threads_are_looked_at():
    assert findings(voice_port=0)["voice port"].state == "ok"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        assert findings(voice_port=port - 1, voice_shards=2)["voice port"].state == "missing"


def test_socket_buffers_smaller_than_asked_come_with_their_remedy(monkeypatch):
    monkeypatch.setattr(doctor, "_UDP_BUFFER_BYTES", 1 << 30)
    found = findings()["UDP buffers"]
    assert found.state == "note"
    assert "sysctl -w" in found.remedy
    monkeypatch.setattr(doctor, "_UDP_BUFFER_BYTES", 1)
    assert findings()["UDP buffers"].state == "ok"


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


def found_of(look, **settings):
    """What one look finds, as `findings` finds all."""
    return look(load(None, {f"HUBBUB_{name.upper()}": str(value) for name, value in settings.items()}))


def closed_port() -> socket.socket:
    """A port at which nobody listens, as long as the socket is there."""
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    return unused


def test_a_valkey_that_does_not_answer_is_found_and_its_password_is_not_told():
    with closed_port() as unused:
        port = unused.getsockname()[1]
        found = found_of(services.cache, cache=f"valkey://:geheim@127.0.0.1:{port}/0")
    assert (found.state, f"127.0.0.1:{port}" in found.detail) == ("missing", True)
    assert "each process renders" in found.detail
    assert "HUBBUB_CACHE" in found.remedy
    assert "geheim" not in found.detail
    assert found_of(services.cache).state == "ok"


def test_an_object_store_that_does_not_answer_is_found(monkeypatch):
    with closed_port() as unused:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        found = found_of(services.objects, objects="s3://bucket/hubbub")
    assert (found.state, "HUBBUB_OBJECTS" in found.remedy) == ("missing", True)
    assert found_of(services.objects).state == "ok"


def test_a_machine_without_ffmpeg_is_told_what_does_not_work(monkeypatch):
    monkeypatch.setattr(ffmpeg, "programs", lambda: None)
    found = found_of(services.ffmpeg)
    assert found.state == "missing"
    assert "videos" in found.detail
    assert found.remedy


def test_looking_makes_no_data_folder(tmp_path):
    findings(data=tmp_path / "data")
    assert not (tmp_path / "data").exists()
