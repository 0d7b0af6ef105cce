"""The browser that tests look through."""

from __future__ import annotations

import os
import shutil

import pytest

from browsing.call import ARGUMENTS as CALL_ARGUMENTS

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
"""The headless shell first: the same engine without the window around it, which takes a third of the time."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-smooth-scrolling",
    *CALL_ARGUMENTS,
]


def executable() -> str:
    """Return where Chromium is; tests that need it are skipped where it is not."""
    found = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium; scripts/setup browser gets one")
    return found
