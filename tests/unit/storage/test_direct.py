"""Files written past the page cache have every byte and no more, or are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubbub.storage import direct

BLOCK = 4096
LARGE = direct.DIRECT_BYTES


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, LARGE - 1, LARGE, LARGE + 17, LARGE + BLOCK])
def test_a_file_has_exactly_its_bytes(tmp_path: Path, size: int) -> None:
    body = os.urandom(size)
    path = tmp_path / "one" / "two" / "file"
    direct.write(path, body, root=tmp_path)
    assert path.read_bytes() == body
    assert list(path.parent.iterdir()) == [path]


def test_a_shorter_file_after_a_longer_one_has_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for body in (b"a" * (LARGE + 9000), b"b" * 10, b"c" * (LARGE + 1)):
        direct.write(path, body, root=tmp_path)
        assert path.read_bytes() == body


def test_a_file_that_cannot_be_written_leaves_the_older_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    direct.write(path, b"older", root=None)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        direct.write(path, b"newer", root=None)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_such_writes_is_written_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def picky(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_DIRECT:
            raise OSError(22, "Invalid argument")
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", picky)
    direct.write(tmp_path / "file", b"x" * LARGE, root=tmp_path)
    assert (tmp_path / "file").read_bytes() == b"x" * LARGE
