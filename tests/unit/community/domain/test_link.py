"""Which links of a message are shown."""

from __future__ import annotations

import pytest

from hubbub.community.domain.link import links_in

A, B = "https://a.example/x", "http://b.example/?q=1"


@pytest.mark.parametrize(
    ("content", "links"),
    [
        (f"see {A}, and {B}.", [A, B]),
        (f"{A} {A} {A}#top", [A, f"{A}#top"]),
        (f"({A}) [text]({B}) *{A}* \u201c{B}!", [A, B]),
        (
            "https://en.example/wiki/Moon_(film)) https://a.example/(b",
            ["https://en.example/wiki/Moon_(film)", "https://a.example/(b"],
        ),
        (f"<{A}> ||{B}|| `{A}` ``{A} ` x`` ```\n{A}\n``` {B}", [B]),
        ("HTTPS://A.example/ wss://a.example ftp://a.example javascript:x mailto:a@b", ["HTTPS://A.example/"]),
        ("https:// http://. xhttps://a.example", []),
        (" ".join(f"https://{n}.example" for n in range(9)), [f"https://{n}.example" for n in range(5)]),
        ("https://a.example/" + "x" * 3_000, []),
        (f"||{A}", [A]),
        ("", []),
    ],
)
def test_links_are_found_as_people_write_them(content, links):
    assert links_in(content) == links
