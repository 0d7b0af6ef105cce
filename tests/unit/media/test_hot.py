"""Answers are given again for a while, within bounds, and never after they were forgotten."""

from __future__ import annotations

from hubbub.kernel.clock import ManualClock
from hubbub.media.api.hot import KEEP_S, HotAnswers


def test_an_answer_is_given_again_to_who_asks_the_same() -> None:
    hot = HotAnswers(ManualClock())
    hot.keep(b"/a", b"image/avif", b"etag: x\r\n", b"picture")
    found = hot.find(b"/a", b"image/avif")
    assert found is not None
    assert (found.head, found.body) == (b"etag: x\r\n", b"picture")
    assert hot.find(b"/a", b"image/webp") is None
    assert hot.find(b"/b", b"image/avif") is None


def test_an_answer_is_given_for_seconds() -> None:
    clock = ManualClock()
    hot = HotAnswers(clock)
    hot.keep(b"/a", b"", b"", b"picture")
    clock.advance(KEEP_S)
    assert hot.find(b"/a", b"") is not None
    clock.advance(0.5)
    assert hot.find(b"/a", b"") is None


def test_the_oldest_make_room() -> None:
    hot = HotAnswers(ManualClock(), bytes_max=10)
    for name in (b"/a", b"/b", b"/c"):
        hot.keep(name, b"", b"", b"four")
    hot.keep(b"/large", b"", b"", b"eleven bytes")
    assert [hot.find(name, b"") is not None for name in (b"/a", b"/b", b"/c", b"/large")] == [False, True, True, False]


def test_one_address_is_kept_once() -> None:
    hot = HotAnswers(ManualClock(), bytes_max=10)
    for _ in range(5):
        hot.keep(b"/a", b"", b"", b"four")
    hot.keep(b"/b", b"", b"", b"four")
    assert hot.find(b"/a", b"") is not None


def test_nothing_is_given_once_it_is_forgotten() -> None:
    hot = HotAnswers(ManualClock())
    hot.keep(b"/a", b"", b"", b"picture")
    before = hot.forgotten
    hot.forget()
    assert hot.find(b"/a", b"") is None
    assert hot.forgotten != before
