"""An open channel as a person handles it, by the names that a screen reader reads out."""

from __future__ import annotations

import base64

from playwright.async_api import Locator, Page, expect

from browsing.window import Window

_GIVE = """(element, {kind, name, type, bytes}) => {
    const file = new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, {type});
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
        return self.messages.locator("article.message").filter(has_text=text)

    async def act(self, message: Locator, name: str) -> None:
        """Press a button of the toolbar that a message shows under the pointer."""
        await message.hover()
        await message.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()

    async def choose(self, message: Locator, entry: str) -> None:
        """Choose `entry` from a message's menu."""
        await self.act(message, "More")
        await self.page.get_by_role("menuitem", name=entry).click()

    async def paste(self, name: str, content: bytes, type_: str = "image/png") -> None:
        """Paste a file into the composer."""
        await self._give(self.composer, "paste", name, content, type_)

    async def drag(self, name: str, content: bytes, type_: str = "image/png") -> None:
        """Hold a file over the messages."""
        for kind in ("dragenter", "dragover"):
            await self._give(self.messages, kind, name, content, type_)

    async def drop(self, name: str, content: bytes, type_: str = "image/png") -> None:
        """Let go of a file that is held over the messages."""
        await self._give(self.messages, "drop", name, content, type_)

    async def texts(self) -> list[str]:
        """Return the text of every message in the page, oldest first."""
        return [text.strip() for text in await self.messages.locator(".markdown").all_inner_texts()]

    async def _give(self, target: Locator, kind: str, name: str, content: bytes, type_: str) -> None:
        file = {"kind": kind, "name": name, "type": type_, "bytes": base64.b64encode(content).decode()}
        await target.evaluate(_GIVE, file)
