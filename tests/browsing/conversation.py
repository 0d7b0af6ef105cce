"""An open channel as a person handles it, by the names that a screen reader reads out."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from browsing.window import Window

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001549444154789c63f8cfc0f0ff3f0303030303031300001ff905fbb1eca4590000000049454e44ae426082"
)
"""A picture of four pixels."""

_GIVE = """(element, {kind, name, type, bytes}) => {
    const file = new File([new Uint8Array(bytes)], name, {type});
    const data = new DataTransfer();
    data.items.add(file);
    const event = kind === 'paste'
        ? new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})
        : new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true});
    element.dispatchEvent(event);
}"""


class Conversation:
    """The messages and the composer of the channel that `window` shows."""

    def __init__(self, window: Window) -> None:
        """Handle the channel in `window`."""
        self.page: Page = window.page
        self.composer = self.page.locator("#composer")
        self.messages = self.page.get_by_role("log", name="Messages")

    async def opened(self) -> Conversation:
        """Return this once one can write."""
        await expect(self.composer).to_be_visible()
        return self

    async def say(self, text: str) -> Locator:
        """Send `text` with Enter; return its message once the server took it."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        return await self.sent(text)

    async def sent(self, text: str) -> Locator:
        """Return the message with `text` once it is there and no longer on its way."""
        message = self.message(text)
        await expect(message).to_be_visible()
        await expect(self.page.locator(".message-pending", has_text=text)).to_have_count(0)
        await expect(self.page.locator(".message-failed", has_text=text)).to_have_count(0)
        return message

    def message(self, text: str) -> Locator:
        """Return the message that has `text`."""
        return self.messages.get_by_role("article").filter(has_text=text)

    async def act(self, message: Locator, name: str) -> None:
        """Press a button of the toolbar that a message shows under the pointer."""
        await message.hover()
        await message.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()

    async def choose(self, message: Locator, entry: str) -> None:
        """Choose `entry` from a message's menu."""
        await self.act(message, "More")
        await self.page.get_by_role("menuitem", name=entry).click()

    async def paste(self, name: str, content: bytes = PNG, type_: str = "image/png") -> None:
        """Paste a file into the composer."""
        await self.composer.evaluate(_GIVE, {"kind": "paste", "name": name, "type": type_, "bytes": list(content)})

    async def drop(self, name: str, content: bytes = PNG, type_: str = "image/png") -> None:
        """Drop a file onto the messages."""
        for kind in ("dragenter", "dragover", "drop"):
            await self.messages.evaluate(_GIVE, {"kind": kind, "name": name, "type": type_, "bytes": list(content)})
