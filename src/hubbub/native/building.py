"""What the native core is built from and with, and whether the built module is of these sources.

The standard library alone and nothing of Hubbub: `scripts/environment.py` loads this file by its path, on machines that
have no environment yet.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]
"""Where the sources are, unless this is an installed package."""
MODULE_NAME = "_native.abi3.so"
"""One module serves every CPython from 3.11 on."""
STAMP_NAME = "_native.stamp"
"""Holds the digest of what the module was built from."""
State = Literal["current", "stale", "missing", "packaged"]
"""`packaged`: it came in a wheel, where there are no sources to compare it with."""

_TIMEOUT_S = 60.0
_OFFICIAL = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"


class Toolchain(NamedTuple):
    """A Rust that will do."""

    cargo: str
    """Path of the command."""
    version: str


class ToolchainMissing(Exception):
    """There is no Rust here that can build the core."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy
        """The command that gets it."""


def has_sources(checkout: Path = CHECKOUT) -> bool:
    """Return whether the core's sources are here; an installed package has none."""
    return (checkout / "crates" / "native" / "Cargo.toml").is_file()


def state(checkout: Path = CHECKOUT) -> State:
    """Return how the built module stands to the sources."""
    folder = folder_of(checkout)
    if not has_sources(checkout):
        return "packaged" if (HERE / MODULE_NAME).is_file() else "missing"
    if not (folder / MODULE_NAME).is_file():
        return "missing"
    stamp = folder / STAMP_NAME
    return "current" if stamp.is_file() and stamp.read_text() == digest(checkout) else "stale"


def folder_of(checkout: Path) -> Path:
    """Return where a checkout keeps the built module."""
    return checkout / "src" / "hubbub" / "native"


def digest(checkout: Path = CHECKOUT) -> str:
    """Return a hash of all that decides what is built: sources, locked dependencies, and the kind of machine."""
    found = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for path in sources(checkout):
        found.update(f"\0{path.relative_to(checkout).as_posix()}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def sources(checkout: Path = CHECKOUT) -> list[Path]:
    """Return the files that the core is built from, in order."""
    found = [path for name in ("Cargo.toml", "Cargo.lock") if (path := checkout / name).is_file()]
    for crate in _crates(checkout):
        found += [crate / "Cargo.toml", *crate.glob("build.rs")]
        found += [path for path in crate.glob("src/**/*") if path.is_file()]
    return sorted(found)


def _crates(checkout: Path) -> list[Path]:
    """Return the folders of the native crate and of those of ours that it is made of; others serve tests."""
    names, found = ["native"], []
    for name in names:
        crate = checkout / "crates" / name
        found.append(crate)
        manifest = tomllib.loads((crate / "Cargo.toml").read_text())
        needed = {*manifest.get("dependencies", {}), *manifest.get("build-dependencies", {})}
        ours = sorted(need.removeprefix("hubbub-") for need in needed if need.startswith("hubbub-"))
        names += [name for name in ours if name not in names]
    return found


def keep(built: Path, of: str, checkout: Path = CHECKOUT) -> None:
    """Put the module `built` in its place, stamped as built from the sources with digest `of`.

    A server that runs keeps the file that it has loaded: the new one takes the name in one step.
    """
    folder = folder_of(checkout)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{MODULE_NAME}.{os.getpid()}"
    shutil.copyfile(built, beside)
    beside.chmod(0o755)
    beside.replace(folder / MODULE_NAME)
    (folder / STAMP_NAME).write_text(of)


def find_toolchain(checkout: Path = CHECKOUT) -> Toolchain:
    """Return the Rust that is here.

    Raises:
        ToolchainMissing: There is none, it is too old, or it has no linker; with the command that helps.
    """
    wanted = tomllib.loads((checkout / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    needs = f"Hubbub's native core, which carries voice, is built with Rust {wanted} or newer"
    cargo = _cargo()
    if cargo is None:
        raise ToolchainMissing(f"{needs}; this machine has no cargo.", _how_to_install())
    asked = subprocess.run(  # noqa: S603 - asks the cargo that was found for its version
        [cargo, "--version"], cwd=checkout, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    words = asked.stdout.split()
    version = words[1] if asked.returncode == 0 and len(words) > 1 else ""
    if not version:
        remedy = "rustup default stable" if shutil.which("rustup") else _how_to_install()
        raise ToolchainMissing(f"{needs}; this machine has {cargo}, which does not run.", remedy)
    if _numbers(version) < _numbers(wanted):
        remedy = "rustup update stable" if shutil.which("rustup") else _how_to_install()
        raise ToolchainMissing(f"{needs}; this machine has {version}.", remedy)
    if shutil.which("cc") is None:
        remedy = "xcode-select --install" if sys.platform == "darwin" else "apt-get install gcc libc6-dev"
        raise ToolchainMissing(f"{needs} and a C compiler; this machine has no cc.", remedy)
    return Toolchain(cargo, version)


def _cargo() -> str | None:
    """Return cargo's path: on PATH, or where rustup puts it for the shells that start after it."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    fresh = home / "bin" / "cargo"
    return shutil.which("cargo") or (str(fresh) if os.access(fresh, os.X_OK) else None)


def _how_to_install() -> str:
    if shutil.which("brew"):
        return "brew install rust"
    if shutil.which("curl") is None and shutil.which("apt-get"):
        return f"apt-get install curl && {_OFFICIAL}"
    return _OFFICIAL


def _numbers(version: str) -> tuple[int, ...]:
    """Return `1.88.0-nightly` as (1, 88, 0)."""
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdecimal())
