"""What is said where there is no native core."""

from __future__ import annotations

import sys

import pytest

from hubbub import native


def test_a_core_that_is_not_built_is_told_with_the_command_that_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hubbub.native._native", None)
    with pytest.raises(native.CoreMissing, match="Run: scripts/setup native"):
        native.start_edge(b"")


def test_a_core_without_a_sandbox_is_told_with_the_command_that_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hubbub.native._native", None)
    with pytest.raises(native.CoreMissing, match="Run: scripts/setup native"):
        native.prepare_sandbox()
