"""A window with LiveKit's client and nothing else: what our own client does not offer can be asked for there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from livekit import api

from browsing.window import WAIT_MS, Window

CLIENT = Path(__file__).resolve().parents[2] / "web/node_modules/livekit-client/dist/livekit-client.umd.js"
"""The package that our web client is built from, as a script for pages."""

ENTER = """async ([url, token]) => {
  window.connections = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...more) { super(...more); window.connections.push(this); }
  };
  const room = window.room = new LivekitClient.Room({ adaptiveStream: false, dynacast: true });
  room.on('trackSubscribed', (track) => { window.seen = track; document.body.append(track.attach()); });
  await room.connect(url, token);
}"""
PUBLISH = """async (options) => {
  const resolution = { width: 960, height: 540, frameRate: 15 };
  const track = await LivekitClient.createLocalVideoTrack({ resolution });
  const encoding = { videoEncoding: { maxBitrate: 900_000, maxFramerate: 15 }, backupCodec: false };
  await room.localParticipant.publishTrack(track, { ...encoding, ...options });
}"""
ASK = """(quality) => {
  for (const person of room.remoteParticipants.values())
    for (const track of person.trackPublications.values()) track.setVideoQuality(LivekitClient.VideoQuality[quality]);
}"""
SEEN = """async () => {
  const reports = window.seen ? [...(await window.seen.getRTCStatsReport()).values()] : [];
  const stream = reports.find((report) => report.type === 'inbound-rtp');
  if (!stream) return {};
  const codec = reports.find((report) => report.id === stream.codecId)?.mimeType;
  return { codec, decoded: stream.framesDecoded ?? 0, height: stream.frameHeight ?? 0 };
}"""
FRAGMENTS = """() => window.connections
  .map((each) => /a=ice-ufrag:(\\S+)/.exec(each.localDescription?.sdp ?? '')?.[1]).filter(Boolean)"""


class Studio:
    """One person's part in a room, by LiveKit's client."""

    def __init__(self, window: Window) -> None:
        """Use a window that has not been anywhere yet."""
        self.page = window.page

    async def enter(self, key: dict[str, Any], name: str, room: str) -> Studio:
        """Enter `room` as `name`, by an API key of the server."""
        grants = api.VideoGrants(room_join=True, room=room)
        token = api.AccessToken(key["key"], key["secret"]).with_identity(name).with_grants(grants).to_jwt()
        await self.page.add_init_script(path=CLIENT)
        # Any page of the server's does, as a page from elsewhere may not talk to this machine.
        await self.page.goto("/healthz")
        await self.page.evaluate(ENTER, [key["url"], token])
        return self

    async def publish(self, codec: str, **options: object) -> None:
        """Publish the camera in this codec; more options as LiveKit's client names them."""
        await self.page.evaluate(PUBLISH, {"videoCodec": codec, **options})

    async def ask(self, quality: str) -> None:
        """Ask for ``LOW``, ``MEDIUM`` or ``HIGH`` quality of everything."""
        await self.page.evaluate(ASK, quality)

    async def fragments(self) -> list[str]:
        """Return the ICE user name fragments of this window's connections."""
        found: list[str] = await self.page.evaluate(FRAGMENTS)
        return found

    async def sees(self, codec: str, *, height: tuple[int, int]) -> None:
        """Wait until pictures in this codec move, whose height in pixels lies within these bounds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_MS / 1000
        first: int | None = None
        while True:
            seen = await self.page.evaluate(SEEN)
            if seen.get("codec") != f"video/{codec.upper()}" or not height[0] <= seen["height"] <= height[1]:
                first = None
            elif first is None:
                first = seen["decoded"]
            elif seen["decoded"] >= first + 5:
                return
            assert loop.time() < deadline, f"seen is {seen}, wanted are {codec} and a height of {height}"
            await asyncio.sleep(0.2)
