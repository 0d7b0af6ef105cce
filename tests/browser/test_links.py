"""A link that one person posts is a preview for the other, and nobody's browser goes to the stranger for it."""

from __future__ import annotations

from playwright.async_api import expect

from browsing.company import SETTINGS, look_together, make_pair
from browsing.picture import gradient
from servers.hubbub_process import HubbubProcess
from servers.stranger import Stranger, page

STORY = """<!doctype html><title>Story</title>
<meta property="og:type" content="article"><meta property="og:site_name" content="The Example Times">
<meta property="og:title" content="Lanterns float again"><meta name="theme-color" content="#3366cc">
<meta property="og:description" content="After a year without, the **river** is full of &lt;b&gt;lights&lt;/b&gt;.">
<meta property="og:image" content="/lantern.png">"""


async def test_a_link_is_a_preview_for_the_other_with_a_picture_from_here(tmp_path, open_window):
    answers = {"/story": page(STORY.encode()), "/lantern.png": page(gradient(), "image/png")}
    async with Stranger.at(answers=answers) as stranger:
        settings = {**SETTINGS, "HUBBUB_LINKS_ALLOWED": f"127.0.0.1:{stranger.port}"}
        async with HubbubProcess(tmp_path, settings=settings) as server:
            pair = await make_pair(server.url)
            talk = await look_together(server.url, pair, open_window)
            await talk.ada.say(f"Read {stranger.url('/story')}")
            embed = talk.bert.message("Read").locator("article.embed")
            await expect(embed.get_by_role("link", name="Lanterns float again")).to_have_attribute(
                "href", stranger.url("/story")
            )
            await expect(embed).to_contain_text("The Example Times")
            await expect(embed).to_contain_text("<b>lights</b>")
            await expect(embed).to_contain_text("**river**")
            await expect(embed.locator("b, strong")).to_have_count(0)
            await expect(embed.locator("img")).not_to_have_js_property("naturalWidth", 0)
            await talk.ada.say(f"Look {stranger.url('/lantern.png')}")
            shown = talk.bert.message("Look").get_by_role("button", name="Open picture").locator("img")
            await expect(shown).not_to_have_js_property("naturalWidth", 0)
            for picture in (embed.locator("img"), shown):
                assert str(await picture.get_attribute("src")).startswith(("/", server.url))
            assert all(b"User-Agent: Hubbub/" in head for head in stranger.requests)
            await pair.close()
