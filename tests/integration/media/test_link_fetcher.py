"""A link is fetched from where the guard lets it, within bounds, whatever the other side does: real servers."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import shutil
import ssl
import subprocess
import zlib
from collections.abc import Sequence

import pytest

from hubbub.media.adapters.fetcher import HEADER_BYTES_MAX, REDIRECTS_MAX, Fetcher, Reach, Want
from hubbub.media.adapters.resolver import SystemResolver, is_own
from hubbub.media.domain.guard import Address, read_allowed
from hubbub.media.errors import LinkError, LinkRefused, LinkUnreachable, LinkUnsuitable
from servers.stranger import Stranger, endless, page, redirect, silent

HTML = {"text/html": Want(100_000, may_be_cut=True)}
PICTURE = {"image/": Want(10_000, may_be_cut=False)}
LOOPBACK = "127.0.0.1"


class Names:
    """A resolver that says what a test tells it, another answer each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ipaddress.ip_address(address) for address in answer]


def fetcher(stranger: Stranger, *opened: str, resolve: Names | None = None, time_max_s: float = 20.0) -> Fetcher:
    """Return a fetcher that may reach one stranger on loopback, and what is `opened`."""
    allowed = read_allowed([f"{LOOPBACK}:{stranger.port}", *opened])
    reach = Reach(allowed=allowed, time_max_s=time_max_s)
    return Fetcher(reach, "Hubbub/test (link preview; +http://chat.example)", resolve=resolve)


async def test_a_page_is_fetched_and_nothing_of_a_member_goes_out():
    async with Stranger.at() as stranger:
        stranger.answers["/a?b=c"] = page(b"<title>x</title>", head="Set-Cookie: a=b\r\n")
        found = await fetcher(stranger).fetch(stranger.url("/a?b=c#d"), HTML)
        await fetcher(stranger).fetch(stranger.url("/a?b=c"), HTML)
    assert found == (stranger.url("/a?b=c"), "text/html", "utf-8", b"<title>x</title>")
    head = stranger.requests[0].decode()
    assert f"Host: {LOOPBACK}:{stranger.port}\r\n" in head
    assert "User-Agent: Hubbub/test (link preview; +http://chat.example)\r\n" in head
    assert stranger.requests[1] == stranger.requests[0]
    assert not any(word in head.lower() for word in ("cookie", "referer", "authorization", "forwarded"))


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "//10.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://user:secret@example.com/",
    ],
)
async def test_a_redirect_inside_is_refused_before_a_connection_is_opened(location):
    names = Names(["203.0.113.1"])
    async with Stranger.at() as stranger:
        stranger.answers["/"] = redirect(location)
        with pytest.raises(LinkRefused):
            await fetcher(stranger, resolve=names).fetch(stranger.url("/"), HTML)
    assert not names.asked


async def test_a_name_that_stands_for_an_inner_address_is_refused_also_among_outer_ones():
    async with Stranger.at() as stranger:
        stranger.answers["/"] = page(b"secret")
        for answer in ([LOOPBACK], ["8.8.8.8", LOOPBACK], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]):
            with pytest.raises(LinkRefused):
                await fetcher(stranger, resolve=Names(answer)).fetch("http://rebind.example:8080/", HTML)
    assert not stranger.requests


async def test_a_name_that_changes_its_answer_is_looked_up_once_and_its_first_answer_is_connected_to():
    async with Stranger.at() as stranger:
        stranger.answers["/"] = page(b"here")
        names = Names([LOOPBACK], ["10.0.0.1"])
        reach = fetcher(stranger, "127.0.0.0/8", resolve=names)
        # The network is open, the name is not: what it stands for is vetted, once, and that is where the socket goes.
        with pytest.raises(LinkRefused):
            await reach.fetch(f"http://rebind.example:{stranger.port}/", HTML)
        reach = fetcher(stranger, f"rebind.example:{stranger.port}", resolve=names)
        found = await reach.fetch(f"http://rebind.example:{stranger.port}/", HTML)
    assert found.body == b"here"
    assert names.asked == ["rebind.example"]
    assert f"Host: rebind.example:{stranger.port}".encode() in stranger.requests[0]


async def test_each_redirect_is_looked_up_and_vetted_anew():
    async with Stranger.at() as stranger:
        stranger.answers["/"] = redirect(f"http://rebind.example:{stranger.port}/next")
        stranger.answers["/next"] = redirect("http://rebind.example:8080/last")
        names = Names([LOOPBACK], [LOOPBACK])
        with pytest.raises(LinkRefused):
            await fetcher(stranger, f"rebind.example:{stranger.port}", resolve=names).fetch(stranger.url("/"), HTML)
    assert stranger.paths == ["/", "/next"]
    assert names.asked == ["rebind.example", "rebind.example"]


async def test_redirects_end():
    async with Stranger.at() as stranger:
        stranger.answers |= {"/": redirect("/"), "/1": redirect("2"), "/2": redirect("?3"), "/2?3": page(b"end")}
        with pytest.raises(LinkUnsuitable):
            await fetcher(stranger).fetch(stranger.url("/"), HTML)
        assert len(stranger.requests) == REDIRECTS_MAX + 1
        found = await fetcher(stranger).fetch(stranger.url("/1"), HTML)
        assert found.url == stranger.url("/2?3")


async def test_one_that_trickles_or_says_nothing_is_left_after_the_time():
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with Stranger.at() as stranger:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\n"
        stranger.answers |= {"/nothing": silent(b""), "/half": silent(head), "/trickle": trickle}
        for path in stranger.answers:
            with pytest.raises(LinkUnreachable):
                await fetcher(stranger, time_max_s=0.2).fetch(stranger.url(path), HTML)


async def test_an_endless_body_is_cut_where_its_beginning_will_do_and_refused_where_not():
    def head(kind: str) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode()

    async with Stranger.at() as stranger:
        stranger.answers["/page"] = endless(head("text/html"), b"<p>" * 1_000)
        stranger.answers["/picture"] = endless(head("image/png"), b"\0" * 1_000)
        stranger.answers["/told"] = page(b"\0" * 10_001, "image/png")
        found = await fetcher(stranger).fetch(stranger.url("/page"), HTML)
        assert len(found.body) == 100_000
        for path in ("/picture", "/told"):
            with pytest.raises(LinkUnsuitable):
                await fetcher(stranger).fetch(stranger.url(path), PICTURE)


async def test_a_bomb_is_unpacked_no_further_than_is_wanted():
    bomb = gzip.compress(b"\0" * 50_000_000, 9)
    plain = b"<title>packed</title>"
    answers = {
        "/bomb": page(bomb, head="Content-Encoding: gzip\r\n"),
        "/picture": page(bomb[:9_000], "image/png", head="Content-Encoding: gzip\r\n"),
        "/gzip": page(gzip.compress(plain), head="Content-Encoding: GZip\r\n"),
        "/deflate": page(zlib.compress(plain), head="Content-Encoding: deflate\r\n"),
        "/broken": page(b"not packed", head="Content-Encoding: gzip\r\n"),
        "/br": page(plain, head="Content-Encoding: br\r\n"),
        "/twice": page(bomb, head="Content-Encoding: gzip, gzip\r\n"),
    }
    async with Stranger.at(answers=answers) as stranger:
        reach = fetcher(stranger)
        assert len((await reach.fetch(stranger.url("/bomb"), HTML)).body) == 100_000
        for path in ("/gzip", "/deflate"):
            assert (await reach.fetch(stranger.url(path), HTML)).body == plain
        with pytest.raises(LinkUnsuitable):
            await reach.fetch(stranger.url("/picture"), PICTURE)
        for path in ("/broken", "/br", "/twice"):
            with pytest.raises(LinkUnsuitable):
                await reach.fetch(stranger.url(path), HTML)


async def test_headers_beyond_the_bound_and_endless_interim_answers_are_refused():
    answers = {
        "/large": page(b"x", head=f"X: {'x' * HEADER_BYTES_MAX}\r\n"),
        "/endless": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        "/interim": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    }
    async with Stranger.at(answers=answers) as stranger:
        for path in answers:
            with pytest.raises(LinkError):
                await fetcher(stranger).fetch(stranger.url(path), HTML)


async def test_what_is_no_http_no_success_or_of_another_type_is_refused_by_name():
    answers = {
        "/ssh": b"SSH-2.0-OpenSSH_9.9\r\n",
        "/nothing": b"",
        "/none": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "/pdf": page(b"%PDF", "application/pdf"),
        "/json": page(b"{}", "text/html-like"),
        "/500": page(b"x", status=b"500 Oh"),
        "/206": page(b"x", status=b"206 Partial Content"),
        "/101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "/lengths": page(b"hello", head="Content-Length: 1\r\n"),
        "/short": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50\r\n\r\nhello",
    }
    async with Stranger.at(answers=answers) as stranger:
        for path in answers:
            with pytest.raises((LinkUnsuitable, LinkUnreachable)):
                await fetcher(stranger).fetch(stranger.url(path), HTML)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")
async def test_tls_speaks_for_the_name_and_not_for_the_address_that_it_is_pinned_to(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=good.example", "-addext", "subjectAltName=DNS:good.example", "-days", "2", "-nodes"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-keyout", key, "-out", certificate, *subject]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    async with Stranger.at(tls=serving, answers={"/": page(b"secret to others")}) as stranger:
        allowed = read_allowed([f"good.example:{stranger.port}", f"wrong.example:{stranger.port}"])
        trusting = ssl.create_default_context(cafile=str(certificate))
        reader = Fetcher(Reach(allowed=allowed), "Hubbub/test", resolve=Names([LOOPBACK]), tls=trusting)
        assert (await reader.fetch(f"https://good.example:{stranger.port}/", HTML)).body == b"secret to others"
        with pytest.raises(LinkUnreachable):
            await reader.fetch(f"https://wrong.example:{stranger.port}/", HTML)
        stranger_to_all = Fetcher(Reach(allowed=allowed), "Hubbub/test", resolve=Names([LOOPBACK]))
        with pytest.raises(LinkUnreachable):
            await stranger_to_all.fetch(f"https://good.example:{stranger.port}/", HTML)
    assert len(stranger.requests) == 1


async def test_nobody_at_home_is_told_as_such():
    async with Stranger.at() as stranger:
        reach = fetcher(stranger)
    with pytest.raises(LinkUnreachable):
        await reach.fetch(stranger.url("/"), HTML)


async def test_one_fetch_of_a_host_runs_at_a_time_and_no_more_wait_than_may():
    release = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(page(b"x"))

    async with Stranger.at(answers={f"/{n}": hold for n in range(12)}) as stranger:
        reach = Reach(allowed=read_allowed([f"{LOOPBACK}:{stranger.port}"]), waiting_max=8)
        reader = Fetcher(reach, "Hubbub/test")
        fetches = [asyncio.create_task(reader.fetch(stranger.url(f"/{n}"), HTML)) for n in range(12)]
        done, _ = await asyncio.wait(fetches, return_when=asyncio.FIRST_COMPLETED)
        assert all(isinstance(task.exception(), LinkUnreachable) for task in done)
        release.set()
        answers = await asyncio.gather(*fetches, return_exceptions=True)
        assert stranger.open_most == 1
        assert 5 <= sum(not isinstance(answer, LinkUnreachable) for answer in answers) < 12
        assert (await reader.fetch(stranger.url("/0"), HTML)).body == b"x"


async def test_a_fetch_that_is_given_up_leaves_its_turn_to_the_next():
    asked = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    async with Stranger.at(answers={"/silent": hold, "/": page(b"x")}) as stranger:
        reach = fetcher(stranger)
        given_up = asyncio.create_task(reach.fetch(stranger.url("/silent"), HTML))
        await asked.wait()
        given_up.cancel()
        assert (await reach.fetch(stranger.url("/"), HTML)).body == b"x"


async def test_the_system_finds_names_and_knows_this_machine():
    assert ipaddress.ip_address(LOOPBACK) in await SystemResolver()("localhost", 80)
    with pytest.raises(LinkUnreachable):
        await SystemResolver()("no-such-host.invalid", 80)
    assert is_own(ipaddress.ip_address(LOOPBACK))
    assert not is_own(ipaddress.ip_address("192.0.2.1"))
