"""A page's own words make its preview; markup and addresses of other kinds never do."""

from __future__ import annotations

import pytest

from hubbub.media.domain.markup import TAGS_MAX, tags
from hubbub.media.domain.page import Page, Picture, PreviewKind, read_page, with_oembed

URL = "https://news.example/2026/story"


def read(markup: str, charset: str = "utf-8") -> Page:
    return read_page(markup.encode(), charset, URL)


def test_open_graph_comes_before_cards_and_cards_before_the_title():
    page = read(
        """<!DOCTYPE html><html><head><title>Title &amp; more</title>
        <meta name="twitter:title" content="Card"><meta property="og:title" content="Graph &#8212; it &lt;is&gt;">
        <meta name="description" content="Plain"><meta name=twitter:description content=Word>
        <meta property="og:site_name" content="News"><meta property="og:type" content="article">
        <meta property="og:image" content="/a.jpg?x=1&amp;y=2"><meta property="og:image:width" content="1200">
        <meta property="og:image:height" content="630"><META NAME="theme-color" CONTENT="#0AF">
        <link rel="alternate" type="application/json+oembed" href="//api.example/o?format=json">"""
    )
    assert page == Page(
        kind=PreviewKind.ARTICLE,
        title="Graph — it <is>",
        description="Word",
        site="News",
        colour=0x00AAFF,
        picture=Picture("https://news.example/a.jpg?x=1&y=2", 1200, 630),
        oembed_url="https://api.example/o?format=json",
    )
    assert read("<title>\n Only  a\ttitle </title>").title == "Only a title"
    assert read("<p>Nothing</p>").is_empty


def test_what_stands_in_scripts_comments_and_drawings_says_nothing():
    page = read(
        """<!-- <title>a</title> --><script>"<title>b</title><meta property=og:title content=b>"</script>
        <style><meta name=description content=c></style><noscript><meta name=description content=d></noscript>
        <svg><title>e</title></svg><textarea><meta property="og:image" content="http://f.example/f"></textarea>
        <title>right</title><title>late</title>"""
    )
    assert page == Page(title="right")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "JaVaScRiPt&#58;alert(1)",
        "data:image/png;base64,AAAA",
        "ftp://a.example/a.png",
        "https://user:secret@a.example/a.png",
        "http://[::1",
        "https://a.example:99999999/a.png",
        'https://a.example/"onerror="x',
        "https://a.example/" + "a" * 5_000,
        "",
    ],
)
def test_an_address_that_is_not_of_the_web_is_dropped(address):
    page = read(f"""<title>x</title><meta property="og:image" content='{address}'>""")
    assert page.picture is None


def test_long_words_are_cut_and_control_characters_left_out():
    page = read(f"<title>{'word ' * 900}</title><meta name=description content='a\0b\u202ec {'d' * 9_000}'>")
    assert len(page.title) <= 256
    assert page.title.endswith("word…")
    assert page.description.startswith("abc ddd")
    assert len(page.description) <= 400


@pytest.mark.parametrize(
    ("body", "charset", "title"),
    [
        ("<title>Zoë</title>".encode(), "", "Zoë"),
        ("<title>Zoë</title>".encode("cp1252"), "", "Zoë"),
        ("<title>Zoë</title>".encode("cp1252"), "iso-8859-1", "Zoë"),
        ("\ufeff<title>Zoë</title>".encode("utf-16-le"), "utf-8", "Zoë"),
        ('<meta charset="shift_jis"><title>日本</title>'.encode("shift_jis"), "", "日本"),
        (
            '<meta http-equiv=content-type content="text/html; charset=koi8-r"><title>Да</title>'.encode("koi8-r"),
            "",
            "Да",
        ),
        ("<title>Zoë</title>".encode(), "no-such-charset", "Zoë"),
        ("<title>Zoë</title>".encode(), "utf-7", "Zoë"),
        (b"<title>\xff\xfe broken \xc3</title>", "utf-8", "\ufffd\ufffd broken \ufffd"),
        (b"<title>+ADw-script+AD4-</title>", "utf-7", "+ADw-script+AD4-"),
    ],
)
def test_an_encoding_is_found_or_broken_text_is_read_as_well_as_may_be(body, charset, title):
    assert read_page(body, charset, URL).title == title


def test_oembed_adds_what_the_page_does_not_say():
    told = with_oembed(
        Page(title="Kept"),
        b'{"type":"video","title":"Other","author_name":"Ann <b>","author_url":"/ann","provider_name":"Films",'
        b'"provider_url":"javascript:x","thumbnail_url":"https://f.example/t.jpg","thumbnail_width":"480",'
        b'"thumbnail_height":360,"html":"<iframe src=evil>"}',
        "https://films.example/o",
    )
    assert told == Page(
        kind=PreviewKind.VIDEO,
        title="Kept",
        author="Ann <b>",
        author_url="https://films.example/ann",
        site="Films",
        picture=Picture("https://f.example/t.jpg", 480, 360),
    )


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b"[" * 100_000, b'{"title":1,"author_name":{}}', b"\xff"])
def test_a_broken_oembed_answer_adds_nothing(document):
    assert with_oembed(Page(title="x"), document, URL) == Page(title="x")


HOSTILE = {
    "unclosed tags": "<div>" * 200_000,
    "attributes of one tag": "<meta " + " ".join(f"a{n}=1" for n in range(120_000)) + ">",
    "an attribute without end": "<meta content='" + "x" * 1_000_000,
    "spaces": "<meta a" + " " * 1_000_000,
    "slashes": "<meta " + "/" * 1_000_000,
    "equals signs": "<meta " + "=" * 1_000_000,
    "quotes": "<meta a=' b=\" " * 70_000,
    "comments": "<!--" * 250_000,
    "titles": "<title>" * 140_000,
    "scripts": "<script></scrip" * 70_000,
    "references": "<meta content='&#" + "9" * 1_000_000 + "'>",
    "angle brackets": "<" * 1_000_000,
}


@pytest.mark.timeout(30)  # a tenth of a second each; what grows with the square of the size takes minutes
@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_read_in_time_that_grows_with_its_size(markup):
    assert sum(1 for _ in tags(markup)) <= TAGS_MAX
