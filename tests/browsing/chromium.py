"""The browser that tests look through."""

from __future__ import annotations

import os
import shutil

import pytest

from browsing.call import ARGUMENTS as CALL_ARGUMENTS

SHELL = "chromium-headless-shell"
"""The same engine without the window around it, which takes a third of the time; it asks nobody for permissions."""
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-smooth-scrolling",
    *CALL_ARGUMENTS,
]


def executable(*, whole: bool = False) -> str:
    """Return where Chromium is, its headless shell if that is there; tests that need it are skipped where none is.

    Args:
        whole: Whether it must be the browser with its window, for what only that has: permissions that are asked for,
            notifications, devices that have names.
    """
    names = NAMES if whole else (SHELL, *NAMES)
    found = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium; scripts/setup browser gets one")
    return found
