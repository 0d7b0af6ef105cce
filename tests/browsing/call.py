"""A call as one person's window shows it, and what its peer connections say of what arrives."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Locator, expect

from browsing.window import WAIT_MS, Window

ARGUMENTS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
]
"""Microphones that beep, cameras that count, and loopback as a network: what calls in tests need of Chromium."""

LOOK_S = 2.2
"""Chromium's false microphone beeps each second or oftener."""
SILENCE = 1e-6
"""Energy of a look, as WebRTC's statistics count it, that is no sound; one beep has many times more."""

WATCH = """
window.connections = [];
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(...more) { super(...more); window.connections.push(this); }
};
"""
RECEIVED = """async () => {
  const found = [];
  for (const connection of window.connections.filter((each) => each.connectionState !== 'closed'))
    for (const report of (await connection.getStats()).values())
      if (report.type === 'inbound-rtp') found.push(report);
  return found;
}"""
FRAGMENTS = """() => window.connections
  .map((each) => /a=ice-ufrag:(\\S+)/.exec(each.localDescription?.sdp ?? '')?.[1]).filter(Boolean)"""


class Call:
    """One window's part in a call."""

    def __init__(self, window: Window) -> None:
        """Use a window that has not been anywhere yet: `watch` comes before its first page."""
        self.window = window
        self.page = window.page

    async def watch(self) -> Call:
        """Remember every peer connection that the pages of this window make."""
        await self.page.add_init_script(WATCH)
        return self

    async def join(self, guild_id: str, channel_id: str, *, by: str = "Join voice") -> Call:
        """Open the voice channel's page and press Join, or what the button is called there."""
        await self.window.go(f"/guilds/{guild_id}/{channel_id}")
        await self.page.get_by_role("button", name=by, exact=True).click()
        await self.connected()
        return self

    async def connected(self) -> None:
        """Wait until the panel says that the call stands."""
        await expect(self.panel).to_contain_text("Voice connected")

    def forgive_closed_channels(self) -> None:
        """Take no offence at the media client, which tells the console when the server's goodbye comes by UDP first."""
        problems = self.window.problems
        problems[:] = [problem for problem in problems if "data channel" not in problem]

    def forgive_early_leavers(self) -> None:
        """Take no offence at the media client when somebody leaves whose track is still being negotiated.

        It reads of the leaving at once, but of the track in an answer only when the browser has applied that, and then
        tells the console that there is nobody to whom the track belongs.
        """
        problems = self.window.problems
        problems[:] = [problem for problem in problems if "add a track for a participant, that's not" not in problem]

    def control(self, name: str) -> Locator:
        """Return one of the call's controls."""
        return self.page.get_by_role("group", name="Call controls").get_by_role("button", name=name, exact=True)

    async def press(self, name: str) -> None:
        """Press one of the call's controls."""
        await self.control(name).click()

    def person(self, name: str) -> Locator:
        """Return somebody in the call, as the list of channels shows them."""
        channels = self.page.get_by_role("navigation", name="Channels")
        return channels.get_by_role("button", name=re.compile(f"^{name}(,|$)"))

    async def moderate(self, name: str, what: str) -> None:
        """Do with somebody in voice what their card offers."""
        await self.person(name).click()
        await self.page.get_by_role("dialog", name=f"In voice: {name}").get_by_role("button", name=what).click()

    @property
    def panel(self) -> Locator:
        """Return the panel that tells of the call wherever one is."""
        return self.page.get_by_role("region", name="Call", exact=True)

    async def received(self, kind: str) -> list[dict[str, Any]]:
        """Return what the browser says of each stream of `kind` that arrives."""
        reports: list[dict[str, Any]] = await self.page.evaluate(RECEIVED)
        return [report for report in reports if report["kind"] == kind]

    async def fragments(self) -> list[str]:
        """Return the ICE user name fragments of this window's connections."""
        found: list[str] = await self.page.evaluate(FRAGMENTS)
        return found

    async def hears(self, people: int) -> None:
        """Wait until the voices of so many people arrive and are no silence."""
        await self._until(f"hear {people}", lambda: self._audible(people))

    async def loudness(self) -> float:
        """Return how much sound arrived within a look, which is longer than the pause between two beeps."""
        before = await self._energy()
        await asyncio.sleep(LOOK_S)
        return await self._energy() - before

    async def hears_sound(self) -> None:
        """Wait until somebody is heard now, whatever was heard before."""

        async def loud() -> bool:
            return await self.loudness() > SILENCE

        await self._until("hear anybody", loud)

    async def hears_silence(self) -> None:
        """Wait until nothing is heard, whether or not anybody's voice could arrive."""

        async def silent() -> bool:
            return await self.loudness() <= SILENCE

        await self._until("hear silence", silent)

    async def _energy(self) -> float:
        return sum(float(report.get("totalAudioEnergy", 0)) for report in await self.received("audio"))

    async def height(self) -> int:
        """Return the height of the largest picture that arrives, in pixels."""
        return max((report.get("frameHeight", 0) for report in await self.received("video")), default=0)

    async def sees(self, pictures: int) -> None:
        """Wait until so many pictures move."""
        before = {report["id"]: report.get("framesDecoded", 0) for report in await self.received("video")}

        async def moving() -> bool:
            reports = await self.received("video")
            return sum(each.get("framesDecoded", 0) > before.get(each["id"], 0) + 5 for each in reports) >= pictures

        await self._until(f"see {pictures}", moving)

    async def _audible(self, people: int) -> bool:
        reports = await self.received("audio")
        loud = [
            report for report in reports if report.get("totalAudioEnergy", 0) > 0 and report["packetsReceived"] > 20
        ]
        return len(loud) >= people

    async def _until(self, what: str, holds: Any) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_MS / 1000
        while not await holds():
            if loop.time() > deadline:
                seen = {kind: await self.received(kind) for kind in ("audio", "video")}
                raise AssertionError(f"they do not {what}: {seen}")
            await asyncio.sleep(0.2)
