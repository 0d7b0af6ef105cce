"""Points discord.py and hikari at the server that HUBBUB_BOT_URL names; loaded by Python before a bot's program.

The interpreter imports `sitecustomize` at its start, so the program itself stays `__main__`. This file is all that the
program's environment gets of Hubbub: it uses nothing but the standard library and works on the Pythons that the
libraries support. A library is changed at the moment of its own import, so a program that needs neither pays nothing.
"""
# ruff: noqa: INP001 - Python finds this file by its folder, which must not be a package

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader

_URL = os.environ.get("HUBBUB_BOT_URL", "").rstrip("/")
_GATEWAY = os.environ.get("HUBBUB_BOT_GATEWAY", "")


def _discord_http(module: ModuleType) -> None:
    module.Route.BASE = f"{_URL}/api/v10"


def _discord_gateway(module: ModuleType) -> None:
    socket = module.DiscordWebSocket
    # The class of the library's own default: yarl is there because the library needs it.
    socket.DEFAULT_GATEWAY = type(socket.DEFAULT_GATEWAY)(_GATEWAY)


def _discord_asset(module: ModuleType) -> None:
    module.Asset.BASE = f"{_URL}/cdn"


def _hikari_urls(module: ModuleType) -> None:
    values = {
        "BASE_URL": _URL,
        "REST_API_URL": f"{_URL}/api/v10",
        "OAUTH2_API_URL": f"{_URL}/api/v10/oauth2",
        "CDN_URL": f"{_URL}/cdn",
        "MEDIA_PROXY_URL": f"{_URL}/cdn",
    }
    for name, value in values.items():
        setattr(module, name, value)


_CHANGES: dict[str, Callable[[ModuleType], None]] = {
    "discord.http": _discord_http,
    "discord.gateway": _discord_gateway,
    "discord.asset": _discord_asset,
    "hikari.urls": _hikari_urls,
}


class _ChangingLoader:
    """Runs a module by its own loader, then changes it."""

    def __init__(self, loader: Loader, change: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._change = change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        try:
            self._change(module)
        except AttributeError as error:
            message = f"hubbub bot run does not know this release of {module.__name__}: {error}"
            raise ImportError(message) from error

    def __getattr__(self, name: str) -> object:
        # What else the loader offers (get_source for tracebacks, get_data for resources) stays reachable.
        return getattr(self._loader, name)


class _Finder:
    """Finds the modules to change, by everyone else's finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        change = _CHANGES.get(fullname)
        if change is None:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                # The import system asks for these two methods, not for the base class.
                spec.loader = _ChangingLoader(spec.loader, change)  # type: ignore[assignment]
                return spec
        return None


def _run_hidden_sitecustomize() -> None:
    """Run the `sitecustomize` that this one hides, if the program's environment has its own."""
    here = Path(__file__).resolve().parent
    for entry in sys.path:
        candidate = Path(entry or ".") / "sitecustomize.py"
        if candidate.is_file() and candidate.resolve().parent != here:
            spec = importlib.util.spec_from_file_location("hidden_sitecustomize", candidate)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module(importlib.util.module_from_spec(spec))
            return


if _URL:
    sys.meta_path.insert(0, _Finder())
_run_hidden_sitecustomize()
