"""Resume: nothing lost and nothing twice, over many drops and a restart of the process."""

import random

import pytest

from doubles.gateway import BOT_TOKEN, CHANNEL, GUILD, PERSON, World
from hubbub.gateway.config import GatewayConfig

DROPS = 1000


class Receiver:
    """A client that keeps the dispatches that arrive whole, each number once, and complains about any other."""

    def __init__(self):
        self.contents = []
        self.sequence = 0
        self.session_id = None

    def take(self, dispatches):
        for payload in dispatches:
            assert payload["s"] == self.sequence + 1
            self.sequence = payload["s"]
            if payload["t"] == "READY":
                self.session_id = payload["d"]["session_id"]
            elif payload["t"] == "MESSAGE_CREATE":
                self.contents.append(payload["d"]["content"])


async def resume(world, receiver, compression):
    from doubles.gateway import Peer

    peer = Peer(world, compression=compression)
    peer.send(6, {"token": BOT_TOKEN, "session_id": receiver.session_id, "seq": receiver.sequence})
    await world.settle()
    return peer


@pytest.mark.parametrize("compression", [None, "zlib-stream", "zstd-stream"])
async def test_a_thousand_forced_drops_and_a_restart_lose_and_repeat_nothing(tmp_path, compression):
    chance = random.Random(20260101)
    config = GatewayConfig(identifies_per_address=10_000)
    world = World(session_file=tmp_path / "sessions", config=config)
    await world.hub.start()
    receiver = Receiver()
    peer = await world.identify(compression=compression)
    sent = []

    def publish(count):
        for _ in range(count):
            sent.append(f"message {len(sent)}")
            world.publish(world.message(sent[-1]))

    for drop in range(DROPS):
        publish(chance.randrange(4))
        arrived = peer.dispatches
        lost_on_the_way = chance.randrange(min(3, len(arrived) - 1) + 1) if receiver.session_id else 0
        receiver.take(arrived[: len(arrived) - lost_on_the_way])
        if chance.random() < 0.3:
            peer.send(1, receiver.sequence)
        peer.drop(chance.choice([None, 4000, 1006]))
        publish(chance.randrange(4))
        world.clock.advance(chance.random() * 20)
        world.hub.sweep()
        if drop == DROPS // 2:
            publish(3)
            await world.hub.stop()
            world = World(
                session_file=tmp_path / "sessions", config=config, directory=world.directory, clock=world.clock
            )
            world._event_id = 1_000_000
            await world.hub.start()
            publish(3)
        peer = await resume(world, receiver, compression)
    publish(3)
    receiver.take(peer.dispatches)
    assert receiver.contents == sent
    await world.hub.stop()


async def test_a_restart_asks_to_reconnect_and_keeps_visibility_presence_and_published_ids(tmp_path):
    world = World(session_file=tmp_path / "sessions")
    await world.hub.start()
    bot, person = await world.identify(), await world.person(presence={"status": "idle"})
    told = world.message("before")
    world.publish(told)
    session_id, sequence = bot.session_id, bot.sequence
    await world.hub.stop()
    assert [payload["op"] for payload in bot.read()][-1] == 7
    assert (bot.close_code, person.close_code) == (1012, 1012)

    again = World(session_file=tmp_path / "sessions", directory=world.directory, clock=world.clock)
    again._event_id = 5000
    await again.hub.start()
    assert not (tmp_path / "sessions").exists()
    assert again.hub.presences.of(PERSON).status == "idle"
    assert again.hub.rooms[GUILD].audience(CHANNEL, 0).sessions
    again.publish(told)
    again.publish(again.message("after"))
    from doubles.gateway import Peer

    peer = Peer(again)
    peer.send(6, {"token": BOT_TOKEN, "session_id": session_id, "seq": sequence})
    await again.settle()
    assert [each["content"] for each in peer.named("MESSAGE_CREATE")] == ["after"]
    await again.hub.stop()


async def test_a_broken_session_file_costs_resumes_and_nothing_else(tmp_path):
    (tmp_path / "sessions").write_bytes(b"\x93 not what it was")
    world = World(session_file=tmp_path / "sessions")
    await world.hub.start()
    assert world.hub.sessions == {}
    assert (await world.identify()).named("READY")
    await world.hub.stop()


async def test_a_detached_ring_is_bounded_and_then_forgotten():
    world = World(config=GatewayConfig(replay_events_max=100))
    bot = await world.identify()
    session = world.hub.sessions[bot.session_id]
    bot.drop()
    for index in range(1000):
        world.publish(world.message(f"{index}"))
    assert len(session.ring) <= 100 + 100 // 8 + 64
    again = await world.resume(bot)
    assert again.read()[-1]["op"] == 9
    assert bot.session_id not in world.hub.sessions


async def test_all_rings_together_stay_within_the_budget():
    world = World(config=GatewayConfig(replay_bytes_total=200_000))
    bot = await world.identify()
    session = world.hub.sessions[bot.session_id]
    bot.drop()
    for index in range(1000):
        world.publish(world.message(f"{index}" + "x" * 1000))
    world.hub.sweep()
    session.measure()
    assert session.weight <= 220_000


async def test_private_payloads_that_nobody_acknowledges_are_shed_when_they_are_too_many():
    world = World(config=GatewayConfig(replay_bytes_total=100_000))
    bots = [await world.identify() for _ in range(4)]
    for bot in bots:
        world.hub.outbound.dispatch(world.hub.sessions[bot.session_id], "BIG", b'"' + b"x" * 50_000 + b'"')
    world.hub.outbound.flush_all()
    world.hub.sweep()
    assert sum(session.private_weight for session in world.hub.sessions.values()) <= 100_000
    assert all(bot.named("BIG") for bot in bots)
