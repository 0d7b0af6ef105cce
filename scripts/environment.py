"""Makes what a checkout needs, from locked and hashed downloads, and does nothing when it is already there.

Runs on the machine's own Python with the standard library alone. Each step leaves a stamp holding a hash of what it was
made from, so a second run only reads and compares. Calling contract: `scripts/setup STEP…`, steps in order.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

ROOT = Path(__file__).resolve().parent.parent

if TYPE_CHECKING:
    from hubbub.native import building
else:
    # By its path: the package around it needs the environment that is to be made here.
    _spec = importlib.util.spec_from_file_location("building", ROOT / "src" / "hubbub" / "native" / "building.py")
    building = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(building)

ENVIRONMENT = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
WEB = ROOT / "web"
ENVIRONMENT_PYTHON = ENVIRONMENT / "bin" / "python"
PYTHON_STAMP = ENVIRONMENT / "hubbub-stamp.json"
PEERS = ROOT / "build" / "peers"
PEERS_STAMP = PEERS / "hubbub-stamp"
BOTS = ROOT / "tests" / "integration" / "bots" / "javascript"
MODULES_STAMP = "node_modules/.hubbub-modules"
BUILD_STAMP = WEB / "node_modules" / ".hubbub-build"
NODE_MIN = (20, 19)
"""What the web client's build tool asks for."""
WEB_OUTPUTS = frozenset({"node_modules", "dist", "coverage", "test-results"})
HEADLESS_SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def main(steps: Iterable[str]) -> None:
    """Make each of `steps` in turn; the first that cannot be made ends the process with a sentence."""
    makers = {
        "run": make_run,
        "dev": make_dev,
        "web": make_web,
        "rust": make_rust,
        "native": make_native,
        "modules": make_modules,
        "bots": make_bots,
        "browser": make_browser,
        "peers": make_peers,
    }
    for step in steps:
        if step not in makers:
            fail(f"There is no step called {step!r}.", f"scripts/setup [{'|'.join(makers)}]")
        makers[step]()


def make_run() -> None:
    """Install what the server needs."""
    _install("run")


def make_dev() -> None:
    """Install what tests and checks need; it contains what the server needs."""
    _install("dev")


def make_modules() -> None:
    """Install the web client's packages."""
    _install_packages(WEB, "the web client's packages")


def make_bots() -> None:
    """Install discord.js for the bot that the integration tests run."""
    _install_packages(BOTS, "the JavaScript bot library that the tests run")


def make_web() -> None:
    """Build the web client when its sources changed since the last build."""
    make_modules()
    wanted = _digest(_web_sources())
    if (WEB / "dist" / "index.html").is_file() and _read(BUILD_STAMP) == wanted:
        return
    say("Building the web client")
    _run([_npm(), "run", "--silent", "build"], cwd=WEB)
    BUILD_STAMP.write_text(wanted)


def make_rust() -> None:
    """Have a Rust that will do, or end with the command that gets it."""
    try:
        building.find_toolchain(ROOT)
    except building.ToolchainMissing as problem:
        fail(problem.sentence, problem.remedy)


def make_native() -> None:
    """Build the native core when its sources changed; without Rust, say what is lost and how to get it, and go on."""
    if building.state(ROOT) == "current":
        return
    try:
        cargo = building.find_toolchain(ROOT).cargo
    except building.ToolchainMissing as problem:
        say(problem.sentence)
        say(f"Everything else works without it. To have voice: {problem.remedy}")
        return
    say("Building the native core, which carries voice: minutes the first time, seconds later")
    digest = building.digest(ROOT)
    building.keep(_build_native(cargo), digest, ROOT)


def _build_native(cargo: str) -> Path:
    """Return the module that cargo built, wherever its settings put it."""
    command = [cargo, "build", "--release", "--locked", "--package", "hubbub-native"]
    # Artefacts come on standard output, one JSON document a line; progress and errors stay on standard error.
    report = _run([*command, "--message-format", "json-render-diagnostics"], stdout=subprocess.PIPE)
    artefacts = (document for document in map(json.loads, report.splitlines()) if "filenames" in document)
    files = (name for document in artefacts for name in document["filenames"])
    names = ("libhubbub_native.so", "libhubbub_native.dylib")
    built = next((Path(name) for name in files if Path(name).name in names), None)
    return built or fail("Cargo built no module from crates/native.", 'give its [lib] the crate-type "cdylib"')


def make_browser() -> None:
    """Have a Chromium or Chrome for the browser tests: the one that is there, else Debian's, else say how.

    Where Debian's packages can be had, its headless shell comes too: the same engine without the window around it, for
    two thirds of the processor time. The tests do without it where it cannot be had.
    """
    apt = shutil.which("apt-get") is not None and os.geteuid() == 0
    found = find_browser()
    if found is None and not apt:
        remedy = "sudo apt-get install chromium" if shutil.which("apt-get") else "install Chromium or Chrome"
        say("No Chromium or Chrome was found, so the browser tests will be skipped")
        say(f"To have them: {remedy}   (or set CHROMIUM to its path)")
    if not apt or os.environ.get("CHROMIUM") or shutil.which(HEADLESS_SHELL):
        return
    environ = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends"]
    if found is None:
        say("Installing Debian's Chromium for the browser tests")
        _run(["apt-get", "update", "-q"], environ=environ)
        _run([*install, "chromium"], environ=environ)
    say("Installing Debian's headless shell for the browser tests")
    bounds = ["-o", "Acquire::http::Timeout=10", "-o", "Acquire::Retries=0"]
    for command in (["apt-get", "update", "-q", *bounds], [*install, *bounds, HEADLESS_SHELL]):
        result = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            say(f"It cannot be had, so the tests use the whole browser: {result.stderr.strip().splitlines()[-1:]}")
            return


def make_peers() -> None:
    """Install servers of other people that benchmarks measure beside ours, away from what ours needs."""
    lock = REQUIREMENTS / "peers.lock"
    wanted = _digest([lock])
    if _read(PEERS_STAMP) == wanted:
        return
    make_run()
    say("Installing servers to compare with, in build/peers")
    venv.create(PEERS, clear=True, symlinks=True)
    install = [str(ENVIRONMENT / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PEERS / "bin" / "python")]
    _run([*install, "--require-hashes", "--requirement", str(lock)], environ=_index_settings())
    PEERS_STAMP.write_text(wanted)


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, the one that CHROMIUM names first; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            fail(f"CHROMIUM names {named}, which is not a file.", "unset CHROMIUM")
        return named
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in (*found, *CHROMIUM_APPS) if path and Path(path).is_file()), None)


def _install_packages(folder: Path, what: str) -> None:
    wanted = _digest([folder / "package.json", folder / "package-lock.json", folder / ".npmrc"])
    if _read(folder / MODULES_STAMP) == wanted:
        return
    npm = _npm()
    say(f"Installing {what}")
    _run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder)
    (folder / MODULES_STAMP).write_text(wanted)


def _install(kind: Literal["run", "dev"]) -> None:
    wanted = _digest([*_locks(kind), ROOT / "pyproject.toml"])
    stamps = _stamps() if ENVIRONMENT_PYTHON.exists() else {}
    if stamps.get(kind) == wanted:
        return
    if kind == "run" and stamps.get("dev") == _digest([*_locks("dev"), ROOT / "pyproject.toml"]):
        return
    python = str(_environment())
    uv = ENVIRONMENT / "bin" / "uv"
    if not uv.is_file():
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        _run([*pip, "install", "--require-hashes", "--requirement", str(REQUIREMENTS / "uv.lock")])
    say(f"Installing locked dependencies ({kind})")
    install = [str(uv), "pip", "install", "--quiet", "--python", python]
    locked = [argument for lock in _locks(kind) for argument in ("--requirement", str(lock))]
    # pyvips comes as source: where it finds a libvips of the system it is built against that, over pyvips-binary's.
    unseen = {"PKG_CONFIG_LIBDIR": str(ENVIRONMENT / "no-libraries"), "PKG_CONFIG_PATH": ""}
    anew = ["--refresh-package", "pyvips"]
    _run([*install, "--require-hashes", *anew, *locked], environ={**_index_settings(), **unseen})
    # The package itself has no hash to check, and its build backend came with build.lock: nothing is downloaded here.
    _run([*install, "--no-deps", "--no-build-isolation", "--offline", "--editable", str(ROOT)])
    _stamp(kind, wanted)


def _locks(kind: Literal["run", "dev"]) -> list[Path]:
    return [REQUIREMENTS / f"{kind}.lock", REQUIREMENTS / "build.lock"]


def _environment() -> Path:
    """Return the environment's Python, making the environment when it is absent or its Python has gone."""
    if _works(ENVIRONMENT_PYTHON, "pip"):
        return ENVIRONMENT_PYTHON
    if not _works(sys.executable, "ensurepip"):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        fail(
            "This Python cannot make environments: its venv module is incomplete.",
            f"apt-get install python{version}-venv",
        )
    say("Making an environment in .venv")
    venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=True)
    return ENVIRONMENT_PYTHON


def _works(python: Path | str, module: str) -> bool:
    command = [str(python), "-c", f"import {module}"]
    return Path(python).exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _index_settings() -> dict[str, str]:
    """Return uv's names for what a machine tells pip alone, so that a mirror or a proxy's CA holds for both."""
    pairs = {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "UV_INDEX": "PIP_EXTRA_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}
    return {ours: os.environ[pips] for ours, pips in pairs.items() if pips in os.environ and ours not in os.environ}


def _npm() -> str:
    """Return npm's path after making sure that Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    remedy = f"nvm install {NODE_MIN[0]}   (or see https://nodejs.org/en/download)"
    needs = f"Hubbub's web client is built with Node {NODE_MIN[0]}.{NODE_MIN[1]} or newer and its npm"
    if node is None or npm is None:
        fail(f"{needs}; this machine has no {'node' if node is None else 'npm'}.", remedy)
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = asked.stdout.strip()
    numbers = tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdecimal())
    if asked.returncode != 0 or numbers < NODE_MIN:
        fail(f"{needs}; this machine has {version or f'{node}, which does not run'}.", remedy)
    return npm


def _web_sources() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in WEB_OUTPUTS]
        found += [Path(folder) / name for name in files if not name.endswith(".tsbuildinfo")]
    return found


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _stamps() -> dict[str, str]:
    text = _read(PYTHON_STAMP)
    stamps: dict[str, str] = json.loads(text) if text else {}
    return stamps


def _stamp(kind: str, digest: str) -> None:
    PYTHON_STAMP.write_text(json.dumps(_stamps() | {kind: digest}))


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _run(
    command: list[str], *, cwd: Path = ROOT, environ: Mapping[str, str] | None = None, stdout: int | None = None
) -> str:
    """Run a command to its end, which is this program's too when it fails; return what a piped `stdout` got."""
    result = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(environ or {})}, stdout=stdout, text=True, check=False
    )
    if result.returncode != 0:
        fail(
            f"This command failed (exit {result.returncode}): {' '.join(command)}",
            f"read what it printed above, in {cwd}",
        )
    return result.stdout or ""


def say(sentence: str) -> None:
    """Tell the person at the terminal what is being done."""
    sys.stderr.write(f"hubbub: {sentence}\n")
    sys.stderr.flush()


def fail(sentence: str, remedy: str) -> NoReturn:
    """End the process with what is wrong and the command that helps."""
    sys.stderr.write(f"{sentence}\nWhat helps: {remedy}\n")
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as problem:
        fail(f"The machine refused: {problem.strerror}: {problem.filename}.", "make this folder and its files your own")
    except KeyboardInterrupt:
        sys.exit(130)
