"""Takes the pictures of the README from the running product: demonstration data, both themes, two widths.

    .venv/bin/python scripts/screenshots.py [FOLDER]      writes to docs/images, or FOLDER, needs a built web client

A server of its own, on a throw-away data folder and a free port, is filled by `hubbub demo` and looked at in Chromium.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from environment import ROOT, fail, find_browser

HUBBUB = [sys.executable, "-m", "hubbub"]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that lives for a minute
START_S = 60.0
SETTLE_MS = 1500
"""Pictures fade in, fonts and lists settle within this."""
COMPOSER = "[role=textbox], textarea"


class Place(NamedTuple):
    """Where the demonstration's busiest channel is."""

    guild_id: str
    channel_id: str


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_browser()
    if chromium is None:
        fail("There is no Chromium to take pictures with.", "scripts/setup browser")
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright, contextlib.ExitStack() as stack:
        _command(Path(data), "admin", "user", "create", "robin", "--administrator", "--password-stdin", text=PASSWORD)
        _command(Path(data), "demo")
        url = stack.enter_context(_server(Path(data)))
        arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        _take(browser, url, folder)
        browser.close()


def _take(browser: Browser, url: str, folder: Path) -> None:
    for theme in ("light", "dark"):
        page = _signed_in(browser, url, theme, DESK)
        place = _busiest(page)
        _visit(page, f"{url}/guilds/{place.guild_id}/{place.channel_id}", COMPOSER)
        page.screenshot(path=folder / f"conversation-{theme}.png")
        _visit(page, f"{url}/settings/appearance", "h1, h2")
        page.screenshot(path=folder / f"settings-{theme}.png")
        page.context.close()
    _join(folder / "conversation-light.png", folder / "conversation-dark.png", folder / "conversation.png")
    page = _signed_in(browser, url, "light", PHONE)
    place = _busiest(page)
    _visit(page, f"{url}/guilds/{place.guild_id}/{place.channel_id}", COMPOSER)
    page.screenshot(path=folder / "phone.png")
    page.context.close()


def _signed_in(browser: Browser, url: str, theme: Any, size: Any) -> Page:
    context = browser.new_context(viewport=size, color_scheme=theme, device_scale_factor=1, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{url}/login")
    body = json.dumps({"login": "robin", "password": PASSWORD})
    headers = {"Content-Type": "application/json", "X-Hubbub-Client": "screenshots"}
    status = page.evaluate(
        "async ([body, headers]) => (await fetch('/api/v10/auth/login', {method: 'POST', body, headers})).status",
        [body, headers],
    )
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise SystemExit(f"signing in was answered {status}")
    return page


def _busiest(page: Page) -> Place:
    find = """async () => {
        const get = async (path) => (await fetch('/api/v10' + path)).json();
        for (const guild of await get('/users/@me/guilds')) {
            for (const channel of await get(`/guilds/${guild.id}/channels`)) {
                if (channel.name === 'lantern-festival') return [guild.id, channel.id];
            }
        }
    }"""
    guild_id, channel_id = page.evaluate(find)
    return Place(guild_id, channel_id)


def _visit(page: Page, url: str, sign: str) -> None:
    """Open `url` and wait until what matches `sign` is there and every picture has come."""
    page.goto(url)
    page.locator(sign).first.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate(
        "async () => { await Promise.all([...document.images].map((image) => image.decode().catch(() => 0))) }"
    )


def _join(light: Path, dark: Path, joined: Path) -> None:
    """Show one screen in both themes, cut aslant."""
    first, second = Image.open(light).convert("RGB"), Image.open(dark).convert("RGB")
    mask = Image.new("L", first.size, 0)
    width, height = first.size
    slant = width // 12
    corners = [(width // 2 + slant, 0), (width, 0), (width, height), (width // 2 - slant, height)]
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    first.paste(second, mask=mask)
    first.save(joined, optimize=True)


@contextlib.contextmanager
def _server(data: Path) -> Iterator[str]:
    command = [*HUBBUB, "up", "--port", "0"]
    process = subprocess.Popen(command, env=_environment(data), stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            line = process.stdout.readline() if process.stdout else ""
            if match := re.search(r"is at (http://\S+)", line):
                yield match[1]
                return
            if not line:
                break
        raise SystemExit("the server did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=START_S)


def _command(data: Path, *arguments: str, text: str | None = None) -> None:
    subprocess.run([*HUBBUB, *arguments], env=_environment(data), input=text, text=True, check=True)


def _environment(data: Path) -> dict[str, str]:
    return {**os.environ, "HUBBUB_DATA": str(data / "data")}


if __name__ == "__main__":
    main()
