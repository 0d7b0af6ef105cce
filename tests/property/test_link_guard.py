"""Whatever the address: what is not of the public internet is not connected to, however it is written."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain.guard import (
    IPV4_BARRED,
    IPV6_BARRED,
    PUBLIC_WEB,
    check_address,
    is_public,
    read_allowed,
    target,
)
from hubbub.media.domain.page import read_page, web_url, with_oembed
from hubbub.media.errors import LinkRefused

V4 = st.one_of(
    st.ip_addresses(v=4),
    st.builds(
        lambda network, offset: network[offset % network.num_addresses],
        st.sampled_from(IPV4_BARRED),
        st.integers(0, 1 << 32),
    ),
)
V6 = st.one_of(
    st.ip_addresses(v=6),
    st.builds(
        lambda network, offset: network[offset % network.num_addresses],
        st.sampled_from(IPV6_BARRED),
        st.integers(0, 1 << 128),
    ),
)


@given(V4)
def test_nothing_special_of_ipv4_is_public(address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(address)
    if not address.is_global:
        assert not is_public(address)
    assert is_public(address) == (not any(address in network for network in IPV4_BARRED))


@given(V6)
def test_nothing_special_of_ipv6_is_public(address):
    if address.is_private or address.is_multicast or address.is_link_local or address.is_site_local:
        assert not is_public(address)
    if address.sixtofour or address.teredo or address.ipv4_mapped:
        assert not is_public(address)


@given(V4)
def test_an_ipv4_address_inside_an_ipv6_one_is_never_a_way_around(address):
    number = int(address)
    inside = {
        "mapped": ipaddress.IPv6Address((0xFFFF << 32) | number),
        "compatible": ipaddress.IPv6Address(number),
        "6to4": ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        "teredo": ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
        "local nat64": ipaddress.IPv6Address((0x0064FF9B0001 << 80) | number),
    }
    assert not any(is_public(each) for each in inside.values())
    nat64 = ipaddress.IPv6Address((0x0064FF9B << 96) | number)
    assert is_public(nat64) == is_public(address)


@given(V4, st.sampled_from(["{}", "{}.", "{:d}", "0x{:x}", "0{:o}", "[::ffff:{}]", "[::{}]"]))
def test_no_spelling_of_an_inner_address_passes(address, spelling):
    host = spelling.format(address if spelling in {"{}", "{}.", "[::ffff:{}]", "[::{}]"} else int(address))
    with suppress(LinkRefused):
        found = target(f"http://{host}/", PUBLIC_WEB).address
        assert found is not None
        assert is_public(found)


@given(st.one_of(V4, V6))
def test_this_machine_is_connected_to_only_where_an_operator_names_it(address):
    opened = read_allowed([str(address)])
    check_address(address, allowed=opened, own=True)
    check_address(address, allowed=PUBLIC_WEB, trusted=True, own=True)
    try:
        check_address(address, allowed=PUBLIC_WEB, own=True)
    except LinkRefused:
        return
    raise AssertionError


@given(st.text(max_size=80))
def test_any_text_is_a_target_or_refused_and_a_target_stays_itself(text):
    for url in (text, f"http://{text}", f"http://example.com/{text}"):
        with suppress(LinkRefused):
            found = target(url, PUBLIC_WEB)
            assert found.url.isascii()
            assert target(found.url, PUBLIC_WEB) == found


@given(
    st.binary(max_size=400), st.sampled_from(["", "utf-8", "latin-1", "utf-16", "utf-7", "idna", "hex", "x", "utf-8\0"])
)
def test_any_bytes_are_a_page_with_bounded_words_and_addresses_of_the_web(noise, charset):
    body = (
        b"<title>"
        + noise
        + b"<meta property='og:image' content='"
        + noise
        + b"'><meta name=description content="
        + noise
    )
    page = with_oembed(read_page(body, charset, "https://a.example/"), noise, "https://a.example/")
    assert len(page.title) <= 256
    assert len(page.description) <= 400
    if page.picture is not None:
        assert page.picture.url.startswith(("http://", "https://"))


@given(st.text(max_size=60))
def test_an_address_that_a_page_names_is_of_the_web_or_dropped(value):
    url = web_url(value, "https://a.example/b/")
    assert url == "" or (url.startswith(("http://", "https://")) and url.isprintable() and '"' not in url)
