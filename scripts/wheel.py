"""Puts what is built into the wheel: the native core and the web client.

Hatchling calls it, as pyproject.toml says; `make wheel` builds both parts first. Where they lie in a wheel is where the
package looks for them, so that an installed Hubbub needs neither Rust nor Node.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

REMEDY = "make wheel"


class BuiltParts(BuildHookInterface[BuilderConfig]):
    """Adds what git does not hold."""

    PLUGIN_NAME = "custom"

    # Python 3.11 has no `override`, and a build environment has nothing but hatchling.
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # type: ignore[explicit-override]
        """Add the built parts and name the machines that the wheel is for; an editable install needs neither."""
        if version == "editable":
            return
        root = Path(self.root)
        building = _building(root)
        module = building.folder_of(root) / building.MODULE_NAME
        state = building.state(root)
        if state != "current":
            raise SystemExit(f"The native core in this checkout is {state}, so no wheel can hold it: {REMEDY}")
        client = root / "web" / "dist"
        if not (client / "index.html").is_file():
            raise SystemExit(f"The web client in this checkout is not built, so no wheel can hold it: {REMEDY}")
        build_data["force_include"][str(module)] = f"hubbub/native/{module.name}"
        build_data["force_include"][str(client)] = "hubbub/app/web"
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform_tag(module)}"


def platform_tag(module: Path) -> str:
    """Return the name of the oldest systems that can load `module`.

    With glibc that is the newest version whose symbols the module asks for (PEP 600), often older than this machine's.
    """
    here = list(platform_tags())
    glibc = next(filter(None, (re.fullmatch(r"manylinux_2_\d+_(\w+)", tag) for tag in here)), None)
    asked = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", module.read_bytes())]
    return f"manylinux_2_{max(asked)}_{glibc[1]}" if glibc and asked else here[0]


def _building(root: Path) -> ModuleType:
    """Return the module that knows the native core's sources; the package around it may not be installed here."""
    spec = importlib.util.spec_from_file_location("building", root / "src" / "hubbub" / "native" / "building.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{root} is not a checkout of Hubbub.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
