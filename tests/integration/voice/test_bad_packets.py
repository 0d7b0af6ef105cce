"""Floods to the media port, from addresses nobody knows: who talks hears nothing of them."""

import asyncio
import random
import secrets
import socket
import struct

import pytest
import pytest_asyncio

from hubbub.native import building
from servers import stun
from servers.media_person import running_hall
from servers.waiting import until

pytestmark = [
    pytest.mark.skipif(
        not (building.HERE / building.MODULE_NAME).is_file(),
        reason="the native core is not built: scripts/setup native",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
FLOOD = 4_000
BURST = 40
"""Datagrams at once: fewer than the smallest receive buffer of a system holds."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory):
    async with running_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def talk(hall):
    yield await hall.talk()
    await hall.part()


async def flood(address, make, *, count=FLOOD, senders=16):
    """Send what `make` returns for each number, from several ports."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(senders)]
    try:
        for number in range(count):
            sockets[number % senders].sendto(make(number), address)
            if number % BURST == BURST - 1:
                await asyncio.sleep(0.002)
        for each in sockets:
            each.setblocking(False)
        return sum(answers(each) for each in sockets)
    finally:
        for each in sockets:
            each.close()


def answers(receiver):
    """Return how many bytes wait in a socket."""
    total = 0
    while True:
        try:
            total += len(receiver.recv(2048))
        except BlockingIOError:
            return total


def client_hello(number):
    """Return a DTLS record with the beginning of a ClientHello (RFC 6347 section 4.3.2)."""
    body = b"\xfe\xfd" + struct.pack("!Q", number) + secrets.token_bytes(24) + b"\0\0\0\2\xc0\x2b\1\0"
    handshake = b"\1" + len(body).to_bytes(3, "big") + b"\0\0" + bytes(3) + len(body).to_bytes(3, "big") + body
    return b"\x16\xfe\xfd" + bytes(2) + number.to_bytes(6, "big") + struct.pack("!H", len(handshake)) + handshake


def rtp(number):
    """Return a packet of media for nobody."""
    return struct.pack("!BBHII", 0x80, 111, number & 0xFFFF, number * 960, number % 7) + secrets.token_bytes(100)


RANDOM = random.Random(4)
STRANGERS = {
    "noise": lambda _: RANDOM.randbytes(RANDOM.randrange(1, 1400)),
    "checks for nobody": lambda number: stun.check(f"u{number:07}:abcd", "p" * 24),
    "handshakes": client_hello,
    "media": rtp,
    "reports": lambda number: b"\x80\xc9\0\1" + number.to_bytes(4, "big") + RANDOM.randbytes(14),
}


@pytest.mark.parametrize("kind", STRANGERS)
async def test_floods_of_strangers_are_dropped(hall, talk, kind):
    before = await hall.figures()
    async with talk.undisturbed():
        answered = await flood(hall.media, STRANGERS[kind])
    after = await hall.figures()
    assert answered == 0
    assert after["unknown_sources"] - before["unknown_sources"] > FLOOD * 0.5


async def test_checks_with_the_right_name_and_a_wrong_seal_open_nothing(hall, talk):
    way = talk.listener.receiving
    name = f"{way.remote.ufrag}:{way.local.ufrag}"
    before = await hall.figures()
    async with talk.undisturbed():
        answered = await flood(hall.media, lambda _: stun.check(name, "p" * 24))
    assert (await hall.figures())["limited_checks"] - before["limited_checks"] > FLOOD * 0.5
    # Some are told that they are refused; the flood gets back less than it sent.
    assert answered < FLOOD * 50


async def test_packets_forged_or_sent_again_reach_nobody(hall, talk):
    rogue = await hall.join("rogue", rogue=True)
    await rogue.publish(hall.voice())
    await talk.goes_on()
    hall.rogue.reset()
    before = (await hall.figures())["packets_refused"]
    async with talk.undisturbed():
        for _ in range(20):
            for abuse in ("forge", "replay", "noise"):
                hall.rogue.misuse(rogue.sending.number, abuse, 60)
            await hall.rogue.report()
        report, sent = await hall.honest.report(), (await hall.rogue.report())["sent"]
        # A few were on their way when counting began.
        assert report["received"] <= report["sent"] + sent + 20
    await hall.counts("packets_refused", before + 20)


async def connect(address):
    reader, writer = await asyncio.open_connection(*address)
    return reader, writer


async def test_streams_of_strangers_are_cut(hall, talk):
    before = await hall.figures()
    wrong = [
        struct.pack("!H", 65_535) + secrets.token_bytes(65_535),
        struct.pack("!H", 100) + b"\x16" + secrets.token_bytes(99),
        b"GET / HTTP/1.1\r\n\r\n" + bytes(20_000),
    ]
    half = [struct.pack("!H", 1_000) + b"\x16\xfe\xfd", b"\0", bytes(100)]
    async with talk.undisturbed():
        slow = [await connect(hall.media) for _ in range(60)]
        for number, (_, writer) in enumerate(slow):
            writer.write(half[number % len(half)])
        streams = [await connect(hall.media) for _ in range(60)]
        for number, (_, writer) in enumerate(streams):
            writer.write(wrong[number % len(wrong)])
        cut = asyncio.gather(*(reader.read() for reader, _ in streams), return_exceptions=True)
        await asyncio.wait_for(cut, 30)
    after = await hall.figures()
    assert after["connections_cut"] - before["connections_cut"] >= len(streams) * 0.5
    for _, writer in streams + slow:
        writer.close()


async def test_more_streams_than_the_server_takes_leave_room_for_the_others(hall, talk):
    async with talk.undisturbed():
        streams = []
        for _ in range(600):
            try:
                streams.append(await asyncio.wait_for(connect(hall.media), 5))
            except OSError:
                break
        for _, writer in streams:
            writer.close()
        await until(lambda: all(writer.is_closing() for _, writer in streams), within_s=5)
