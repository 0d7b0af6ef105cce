"""Ranges of files."""

import pytest

from hubbub.community.api.file_answer import span_of


@pytest.mark.parametrize(
    ("header", "size", "span"),
    [
        (None, 10, (0, 10)),
        ("bytes=0-", 10, (0, 10)),
        ("bytes=2-4", 10, (2, 5)),
        ("bytes=2-99", 10, (2, 10)),
        ("bytes=-3", 10, (7, 10)),
        ("bytes=-99", 10, (0, 10)),
        ("bytes=10-", 10, None),
        ("bytes=4-2", 10, None),
        ("bytes=-0", 10, None),
        ("bytes=0-", 0, None),
        ("bytes=-", 10, (0, 10)),
        ("bytes=0-1,4-5", 10, (0, 10)),
        ("lines=1-2", 10, (0, 10)),
    ],
)
def test_a_range_is_what_it_asks_for(header, size, span):
    assert span_of(header, size) == span
