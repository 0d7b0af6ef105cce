"""Receivers get every event, signed and in order, from a sender that neither gives up at once nor tries for ever."""

import asyncio
import contextlib

import pytest
from livekit import api

from doubles.gateway_server import eventually
from hubbub.kernel.clock import SystemClock
from hubbub.kernel.randomness import SystemRandom
from hubbub.voice.adapters.webhook_sender import ATTEMPTS_MAX, WebhookSender
from hubbub.voice.domain.key import new_key
from hubbub.voice.service.webhook import Webhooks


class Receiver:
    """An HTTP server that answers what it is told to, and remembers the requests."""

    def __init__(self):
        self.statuses, self.requests = [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:-2] if ": " in line)
                original = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2] if ": " in line)
                body = await reader.readexactly(int(headers["content-length"]))
                self.requests.append(({name.lower(): value for name, value in original.items()}, body))
                status = self.statuses.pop(0) if self.statuses else 200
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()


@pytest.fixture
async def receiver():
    async with Receiver() as serving:
        yield serving


KEY = new_key("hooks", SystemRandom(), is_own=False, now_ms=0)


def make(*urls, waiting_max=10):
    webhooks = Webhooks(SystemClock(), SystemRandom(), 100)
    sender = WebhookSender(webhooks, urls, lambda: KEY, SystemClock(), waiting_max=waiting_max)
    sender._first_wait_s = 0.001
    return webhooks, sender


async def test_livekits_own_receiver_believes_what_is_sent(receiver):
    webhooks, sender = make(receiver.url)
    async with sender.running():
        for name in ("room_started", "room_finished"):
            webhooks.happened(name, None, None, None)
        await eventually(lambda: len(receiver.requests) == 2)
    believing = api.WebhookReceiver(api.TokenVerifier(KEY.key, KEY.secret))
    events = [believing.receive(body.decode(), headers["authorization"]) for headers, body in receiver.requests]
    assert [event.event for event in events] == ["room_started", "room_finished"]
    assert receiver.requests[0][0]["content-type"] == "application/webhook+json"


async def test_a_busy_receiver_is_asked_again_and_one_that_refuses_is_not(receiver):
    receiver.statuses = [503, 429, 200, 400, 200]
    webhooks, sender = make(receiver.url)
    async with sender.running():
        for name in ("a", "b", "c"):
            webhooks.happened(name, None, None, None)
        await eventually(lambda: len(receiver.requests) == 5)
    assert receiver.requests[0][1] == receiver.requests[2][1]


async def test_a_broken_receiver_is_given_up_on_and_the_next_event_is_tried(receiver):
    receiver.statuses = [500] * ATTEMPTS_MAX
    webhooks, sender = make("http://127.0.0.1:1/nobody", receiver.url)
    async with sender.running():
        webhooks.happened("a", None, None, None)
        webhooks.happened("b", None, None, None)
        await eventually(lambda: len(receiver.requests) == ATTEMPTS_MAX + 1)
    assert b'"b"' in receiver.requests[-1][1]


async def test_what_waits_is_bounded_and_a_stop_sends_it(receiver):
    webhooks, sender = make(receiver.url, waiting_max=3)
    async with sender.running():
        for number in range(10):
            webhooks.happened(str(number), None, None, None)
    assert [body.count(b'"event"') for _, body in receiver.requests] == [1, 1, 1]
    assert b'"9"' in receiver.requests[-1][1]
