"""A link leads to the public web or nowhere."""

from __future__ import annotations

import pytest

from hubbub.media.domain.guard import PUBLIC_WEB, read_allowed, target
from hubbub.media.errors import LinkRefused


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM.:443/a?b=c#d", "https://example.com/a?b=c"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("https://bücher.example.de/ü?x=ä", "https://xn--bcher-kva.example.de/%C3%BC?x=%C3%A4"),
        ("http://example。com/%2e%20", "http://example.com/%2e%20"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    ],
)
def test_what_is_of_the_web_is_asked_for_in_one_form(url, asked):
    assert target(url, PUBLIC_WEB).url == asked


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//example.com/",
        "http://",
        "http:///path",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com:22/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:443/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nHost: inside",
        "http://example..com/",
        "http://-example.com/",
        "http://ex%61mple.com/",
        "http://" + "a." * 130 + "com/",
        "http://example.com/" + "a" * 2_048,
        "http://localhost/",
        "http://intranet/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router.home.arpa/",
        "http://x.localhost./",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::808:808]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[ff02::1]/",
        "http://[::1/",
        "http://\ud800.com/",
    ],
)
def test_what_leads_inside_or_is_no_link_is_refused(url):
    with pytest.raises(LinkRefused):
        target(url, PUBLIC_WEB)


def test_an_operator_opens_names_ports_addresses_and_networks_and_no_more():
    allowed = read_allowed(["wiki.lan", "127.0.0.1:8999", "10.2.0.0/16", "[::1]:80", "bücher.lan:81"])
    for url in ("http://wiki.lan:77/", "http://127.0.0.1:8999/", "http://10.2.3.4:9/", "http://[::1]/"):
        assert target(url, allowed).url == url
    assert target("http://xn--bcher-kva.lan:81/", allowed).port == 81
    for url in ("http://wiki.lan.evil.lan/", "http://127.0.0.1:9000/", "http://10.3.0.1/", "http://[::1]:81/"):
        with pytest.raises(LinkRefused):
            target(url, allowed)


@pytest.mark.parametrize("entry", ["", "http://a.example", "a b", "name:0", "name:99999", "[nonsense]:1", "10.0.0.1/8"])
def test_an_entry_that_opens_nothing_is_named(entry):
    with pytest.raises(ValueError, match="no name, address or network"):
        read_allowed([entry])


def test_this_server_is_never_asked_even_if_everything_is_open():
    with pytest.raises(LinkRefused):
        target("https://chat.example.org/x", read_allowed(["chat.example.org"]), frozenset({"chat.example.org"}))
