import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts"
NATIVE = Path("src", "hubbub", "native")


@pytest.fixture
def bare(tmp_path):
    """A machine's folder of commands with next to nothing in it, and a checkout with no packages."""
    tools, checkout = tmp_path / "bin", tmp_path / "checkout"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(shutil.which(name))
    (checkout / "web").mkdir(parents=True)
    (checkout / NATIVE).mkdir(parents=True)
    shutil.copy(ROOT / NATIVE / "building.py", checkout / NATIVE)
    shutil.copytree(SCRIPTS, checkout / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tools, checkout


def setup(bare, *steps, **environment):
    tools, checkout = bare
    return subprocess.run(
        [checkout / "scripts" / "setup", *steps],
        env={"PATH": str(tools), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def tool(bare, name, script):
    path = bare[0] / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_python_it_says_which_and_how(bare):
    done = setup(bare, "run")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; this machine has none" in done.stderr


def test_a_package_manager_that_is_there_is_named(bare):
    tool(bare, "apt-get", "exit 0")
    assert "apt-get install python3 python3-venv" in setup(bare, "run").stderr


@pytest.fixture
def with_python(bare):
    (bare[0] / "python3").symlink_to(sys.executable)
    return bare


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (None, "this machine has no node"),
        ("echo v18.20.1", "this machine has v18.20.1"),
        ("exit 127", "which does not run"),
    ],
)
def test_without_a_node_that_will_do_it_says_which_and_how(with_python, node, sentence):
    if node is not None:
        tool(with_python, "node", node)
        tool(with_python, "npm", "exit 0")
    done = setup(with_python, "web")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "nvm install 20" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_step_lists_those_there_are(with_python):
    done = setup(with_python, "everything")
    assert done.returncode == 1
    assert "no step called 'everything'" in done.stderr
    assert "run|dev|web|rust|native" in done.stderr


def test_without_a_browser_the_tests_that_need_one_are_skipped_and_it_says_how_to_have_them(with_python):
    done = setup(with_python, "browser")
    assert done.returncode == 0
    assert "No Chromium or Chrome was found" in done.stderr


def test_a_browser_named_wrongly_is_told(with_python):
    done = setup(with_python, "browser", CHROMIUM="/nowhere/chromium")
    assert done.returncode == 1
    assert "CHROMIUM names /nowhere/chromium, which is not a file" in done.stderr


def test_packages_are_installed_once_for_one_lock(with_python):
    _, checkout = with_python
    tool(with_python, "node", "echo v20.19.0")
    tool(with_python, "npm", f"echo npm $1 >> {checkout}/calls; mkdir -p {checkout}/web/node_modules")
    (with_python[0] / "mkdir").symlink_to(shutil.which("mkdir"))
    (checkout / "web" / "package-lock.json").write_text("{}")
    assert setup(with_python, "modules").returncode == 0
    assert setup(with_python, "modules").returncode == 0
    assert (checkout / "calls").read_text() == "npm ci\n"
    (checkout / "web" / "package-lock.json").write_text('{"changed": true}')
    assert setup(with_python, "modules").returncode == 0
    assert (checkout / "calls").read_text() == "npm ci\nnpm ci\n"


def test_a_failing_download_names_its_command(with_python):
    tool(with_python, "node", "echo v20.19.0")
    tool(with_python, "npm", "exit 3")
    done = setup(with_python, "modules")
    assert done.returncode == 1
    assert "This command failed (exit 3)" in done.stderr


@pytest.fixture
def with_crate(with_python):
    """A checkout with a native crate, and a C compiler."""
    checkout = with_python[1]
    (checkout / "crates" / "native" / "src").mkdir(parents=True)
    (checkout / "Cargo.toml").write_text('[workspace.package]\nrust-version = "1.88"\n')
    (checkout / "crates" / "native" / "Cargo.toml").write_text("[package]\n")
    (checkout / "crates" / "native" / "src" / "lib.rs").write_text("// first\n")
    tool(with_python, "cc", "exit 0")
    return with_python


@pytest.mark.parametrize(
    ("cargo", "others", "sentence", "remedy"),
    [
        (None, (), "this machine has no cargo", "https://sh.rustup.rs | sh"),
        (None, ("apt-get",), "this machine has no cargo", "apt-get install curl && "),
        (None, ("brew",), "this machine has no cargo", "brew install rust"),
        ("echo cargo 1.70.0", ("rustup",), "this machine has 1.70.0", "rustup update stable"),
        ("exit 1", ("rustup",), "which does not run", "rustup default stable"),
    ],
)
def test_without_a_rust_that_will_do_it_says_which_and_how(with_crate, cargo, others, sentence, remedy):
    if cargo is not None:
        tool(with_crate, "cargo", cargo)
    for name in others:
        tool(with_crate, name, "exit 0")
    needed = setup(with_crate, "rust", HOME="/nowhere")
    assert needed.returncode == 1
    wanted = setup(with_crate, "native", HOME="/nowhere")
    assert wanted.returncode == 0, "all but voice works without it"
    for done in (needed, wanted):
        assert "Rust 1.88 or newer" in done.stderr
        assert sentence in done.stderr
        assert remedy in done.stderr
        assert "Traceback" not in done.stderr


def test_a_cargo_that_no_shell_knows_yet_is_found(with_crate):
    home = with_crate[1] / "home"
    (home / ".cargo" / "bin").mkdir(parents=True)
    tool(with_crate, "cargo", "echo cargo 1.95.0")
    (with_crate[0] / "cargo").rename(home / ".cargo" / "bin" / "cargo")
    assert setup(with_crate, "rust", HOME=str(home)).returncode == 0


def test_without_a_linker_it_says_how_to_have_one(with_crate):
    (with_crate[0] / "cc").unlink()
    tool(with_crate, "cargo", "echo cargo 1.95.0")
    done = setup(with_crate, "rust")
    assert done.returncode == 1
    assert "this machine has no cc" in done.stderr


def test_the_native_core_is_built_once_for_one_state_of_its_sources(with_crate):
    _, checkout = with_crate
    built = checkout / "elsewhere" / "libhubbub_native.so"
    built.parent.mkdir()
    built.write_text("module")
    artefact = json.dumps({"reason": "compiler-artifact", "filenames": [str(built)]})
    asked = f"[ $1 = --version ] && echo cargo 1.95.0 && exit; echo $1 >> {checkout}/calls; echo '{artefact}'"
    tool(with_crate, "cargo", asked)
    assert setup(with_crate, "native").returncode == 0
    assert setup(with_crate, "native").returncode == 0
    assert (checkout / NATIVE / "_native.abi3.so").read_text() == "module"
    assert (checkout / "calls").read_text() == "build\n"
    (checkout / "crates" / "native" / "src" / "lib.rs").write_text("// second\n")
    assert setup(with_crate, "native").returncode == 0
    assert (checkout / "calls").read_text() == "build\nbuild\n"


def test_a_native_core_that_does_not_compile_stops_the_start(with_crate):
    tool(with_crate, "cargo", "[ $1 = --version ] && echo cargo 1.95.0 && exit; exit 101")
    done = setup(with_crate, "native")
    assert done.returncode == 1
    assert "This command failed (exit 101)" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_is_not_ours_is_told(with_python):
    _, checkout = with_python
    tool(with_python, "node", "echo v20.19.0")
    tool(with_python, "npm", "exit 0")
    (checkout / "web").chmod(0o500)
    assert "The machine refused" in setup(with_python, "modules").stderr
