"""The client in its second language, from the first screen to the emoji search."""

from __future__ import annotations

from playwright.async_api import expect


async def test_the_browsers_language_is_spoken_from_the_first_screen(server, open_window):
    window = await open_window(server.url, locale="de-DE")
    await window.go("/register")
    await window.heading("Konto anlegen")
    await expect(window.page.locator("html")).to_have_attribute("lang", "de")


async def test_a_chosen_language_shows_at_once_and_everywhere(server, talk):
    page = talk.ada.page
    await talk.pair.ada.patch("/users/@me/settings", {"locale": "de"})
    await expect(page.get_by_role("button", name="Mitglieder zeigen")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.get_by_role("button", name="Emoji wählen").click()
    await page.get_by_role("searchbox").fill("eule")
    await expect(page.get_by_role("option", name="Eule", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await talk.bert.composer.press_sequentially("Guten Abend")
    await expect(page.get_by_text("Bert schreibt…")).to_be_visible()
    await page.reload()
    await expect(talk.ada.composer).to_be_visible()
    await expect(page.get_by_role("button", name="Mitglieder zeigen")).to_be_visible()
    await expect(talk.bert.page.get_by_role("button", name="Show members")).to_be_visible()
