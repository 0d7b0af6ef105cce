"""Takes the pictures of the README from the running product: demonstration data, both themes, two widths.

    .venv/bin/python scripts/screenshots.py [FOLDER]      writes to docs/images, or FOLDER, needs a built web client

A server of its own, on a throw-away data folder and a free port, is filled by `hubbub demo`, which keeps some of
its people online, and is looked at in Chromium.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from environment import ROOT, fail, find_browser

from hubbub.app.demo.pictures import picture

HUBBUB = [sys.executable, "-m", "hubbub"]
DESK, TABLE, PHONE = {"width": 1440, "height": 900}, {"width": 1180, "height": 820}, {"width": 390, "height": 844}
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that lives for a minute
START_S = 60.0
SETTLE_MS = 1500
"""Pictures fade in, fonts and lists settle within this."""
COMPOSER = "[role=textbox], textarea"
STARS = "Night Sky Club"
"""The guild that looks best in the dark."""
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""One that beeps, which nobody is asked about."""
QUALITY = 88
"""Of WebP: text stays sharp, and a picture below 300 KB."""


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_browser()
    if chromium is None:
        fail("There is no Chromium to take pictures with.", "scripts/setup browser")
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright, contextlib.ExitStack() as stack:
        environment = {**os.environ, "HUBBUB_DATA": str(Path(data) / "data"), "HUBBUB_COMMUNITY_RATE_LIMITS": "false"}
        _command(environment, "admin", "user", "create", "robin", "--administrator", "--password-stdin", text=PASSWORD)
        url = stack.enter_context(_server(environment))
        stack.enter_context(_people(environment))
        arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking", *MICROPHONE]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        _take(browser, url, folder)
        browser.close()


def _take(browser: Browser, url: str, folder: Path) -> None:
    seen: dict[str, bytes] = {}
    for theme in ("light", "dark"):
        page = _signed_in(browser, url, theme, DESK)
        _visit(page, f"{url}/", COMPOSER)
        seen[theme] = page.screenshot()
        if theme == "dark":
            _visit(page, f"{url}/settings/appearance", "h1, h2")
            _save(Image.open(io.BytesIO(page.screenshot())), folder / "settings-dark.webp")
        page.context.close()
    _save(_join(seen["light"], seen["dark"]), folder / "conversation.webp")
    page = _signed_in(browser, url, "dark", PHONE, scale=2)
    _visit(page, f"{url}/guilds/{_guild(page, STARS)}", COMPOSER)
    _save(Image.open(io.BytesIO(page.screenshot())), folder / "phone.webp")
    page.context.close()
    page = _signed_in(browser, url, "light", TABLE)
    _share(page, url)
    _save(Image.open(io.BytesIO(page.screenshot())), folder / "files.webp")
    page.context.close()


def _share(page: Page, url: str) -> None:
    """Post three pictures and a voice message."""
    guild = _guild(page, STARS)
    _visit(page, f"{url}/guilds/{guild}", COMPOSER)
    for number in range(3):
        _paste(page, f"night-{number}.png", picture("night" if number else "harbour", number), "image/png")
    page.locator(COMPOSER).first.fill("From the pier, an hour after sunset. The long exposures came out at last.")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open picture night-2.png").wait_for()
    page.get_by_role("button", name="Record a voice message").press("Enter")
    page.get_by_role("timer").filter(has_text="0:04").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("figure", name="Voice message").wait_for()
    page.wait_for_timeout(SETTLE_MS)


def _paste(page: Page, name: str, content: bytes, kind: str) -> None:
    give = """(element, [name, kind, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, {type: kind}));
        const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
        element.dispatchEvent(event);
    }"""
    page.locator(COMPOSER).first.evaluate(give, [name, kind, b64encode(content).decode()])


def _signed_in(browser: Browser, url: str, theme: Any, size: Any, scale: float = 1) -> Page:
    context = browser.new_context(viewport=size, color_scheme=theme, device_scale_factor=scale, reduced_motion="reduce")
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


def _guild(page: Page, name: str) -> str:
    find = """async (name) => {
        const guilds = await (await fetch('/api/v10/users/@me/guilds')).json();
        return guilds.find((guild) => guild.name === name).id;
    }"""
    return str(page.evaluate(find, name))


def _visit(page: Page, url: str, sign: str) -> None:
    """Open `url` and wait until what matches `sign` is there and every picture has come."""
    page.goto(url)
    page.locator(sign).first.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    # Those out of sight are not asked for, and would be waited for in vain.
    page.evaluate("""async () => {
        const seen = [...document.images].filter((image) => image.getBoundingClientRect().bottom > 0);
        const late = new Promise((resolve) => setTimeout(resolve, 5000));
        await Promise.race([late, Promise.all(seen.map((image) => image.decode().catch(() => 0)))]);
    }""")
    # A focused field draws the eye to where nothing happens.
    page.evaluate("document.activeElement?.blur()")


def _join(light: bytes, dark: bytes) -> Image.Image:
    """Return one screen in both themes, cut aslant."""
    first, second = (Image.open(io.BytesIO(taken)).convert("RGB") for taken in (light, dark))
    mask = Image.new("L", first.size, 0)
    width, height = first.size
    slant = width // 12
    corners = [(width // 2 + slant, 0), (width, 0), (width, height), (width // 2 - slant, height)]
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    first.paste(second, mask=mask)
    return first


def _save(picture: Image.Image, file: Path) -> None:
    picture.convert("RGB").save(file, quality=QUALITY, method=6)


@contextlib.contextmanager
def _server(environment: dict[str, str]) -> Iterator[str]:
    command = [*HUBBUB, "up", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
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


@contextlib.contextmanager
def _people(environment: dict[str, str]) -> Iterator[None]:
    """Fill the server, and keep some of its people online."""
    process = subprocess.Popen([*HUBBUB, "demo", "--live"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr or ():
            if "people are online" in line:
                yield
                return
        raise SystemExit("the demonstration's people did not come")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=START_S)


def _command(environment: dict[str, str], *arguments: str, text: str) -> None:
    subprocess.run([*HUBBUB, *arguments], env=environment, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
