"""A link is fetched once, and shown with words of its page and a picture of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import Overloaded
from hubbub.media.adapters.fetcher import Fetched, Want
from hubbub.media.domain.page import PreviewKind
from hubbub.media.errors import LinkRefused, LinkUnsuitable
from hubbub.media.service.unfurl import Shelf, ShelvedPicture, Source, Unfurler

PAGE = "https://a.example/page"
SHELVED = ShelvedPicture(7, "a.png", 30, 20, b"hash")


class Web(Source):
    """Pages by address; what was asked is kept."""

    def __init__(self, **pages: object) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def fetch(self, url: str, wants: Mapping[str, Want]) -> Fetched:
        self.asked.append(url)
        await self.hold.wait()
        if url not in self.pages:
            raise LinkRefused(reason="nowhere")
        content_type, body = self.pages[url]
        if not (content_type in wants or content_type.partition("/")[0] + "/" in wants):
            raise LinkUnsuitable(reason=content_type)
        return Fetched(url, content_type, "utf-8", body)


class Shelves(Shelf):
    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.answer: ShelvedPicture | Exception | None = SHELVED

    async def take(self, filename: str, body: bytes) -> ShelvedPicture | None:
        self.taken.append((filename, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def web():
    web = Web()
    head = b"<title>Title</title><meta property=og:image content=/b/a.png>"
    web.pages[PAGE] = ("text/html", head)
    web.pages["https://a.example/b/a.png"] = ("image/png", b"bytes")
    return web


async def test_a_page_is_shown_with_its_picture_from_the_library(web):
    shelves = Shelves()
    found = await Unfurler(web, shelves, ManualClock()).preview(PAGE + "#part")
    assert found is not None
    assert (found.page.title, found.picture) == ("Title", SHELVED)
    assert shelves.taken == [("a.png", b"bytes")]


async def test_a_link_to_a_picture_is_the_picture(web):
    web.pages["https://a.example/x/%E2%9C%93.gif?y"] = ("image/gif", b"moving")
    shelves = Shelves()
    found = await Unfurler(web, shelves, ManualClock()).preview("https://a.example/x/%E2%9C%93.gif?y")
    assert found is not None
    assert (found.page.kind, found.picture) == (PreviewKind.IMAGE, SHELVED)
    assert shelves.taken == [("\N{CHECK MARK}.gif", b"moving")]


@pytest.mark.parametrize("answer", [None, Overloaded()])
async def test_a_picture_that_cannot_be_taken_in_is_left_out_and_never_linked_instead(web, answer):
    shelves = Shelves()
    shelves.answer = answer
    unfurler = Unfurler(web, shelves, ManualClock())
    found = await unfurler.preview(PAGE)
    assert found is not None
    assert found.picture is None
    assert await unfurler.preview("https://a.example/b/a.png") is None


async def test_without_a_library_no_picture_is_fetched(web):
    unfurler = Unfurler(web, None, ManualClock())
    assert await unfurler.preview(PAGE) is not None
    assert await unfurler.preview("https://a.example/b/a.png") is None
    assert web.asked == [PAGE, "https://a.example/b/a.png"]


async def test_a_page_says_more_by_oembed_and_a_broken_answer_spoils_nothing(web):
    link = b'<title>Film</title><link rel=alternate type="application/json+oembed" href="/o">'
    web.pages[PAGE] = ("text/html", link)
    unfurler = Unfurler(web, None, ManualClock())
    found = await unfurler.preview(PAGE)
    assert found is not None
    assert found.page.title == "Film"
    web.pages[PAGE + "2"] = ("text/html", link)
    web.pages["https://a.example/o"] = ("application/json", b'{"type":"video","author_name":"Ann"}')
    found = await unfurler.preview(PAGE + "2")
    assert found is not None
    assert (found.page.kind, found.page.author) == (PreviewKind.VIDEO, "Ann")


async def test_however_many_ask_a_link_is_fetched_once_and_not_again_for_a_while(web):
    clock = ManualClock()
    unfurler = Unfurler(web, None, clock)
    web.hold.clear()
    asking = [asyncio.create_task(unfurler.preview(PAGE)) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()
    web.hold.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert len(set(answers[1:])) == 1
    clock.advance(299)
    assert await unfurler.preview(PAGE + "#other") == answers[1]
    assert web.asked == [PAGE]


async def test_a_link_that_failed_is_left_alone_for_five_minutes(web):
    clock = ManualClock()
    unfurler = Unfurler(web, None, clock)
    url = "https://gone.example/"
    assert await unfurler.preview(url) is None
    clock.advance(299)
    assert await unfurler.preview(url) is None
    assert len(web.asked) == 1
    clock.advance(2)
    web.pages[url] = ("text/html", b"<title>Back</title>")
    assert await unfurler.preview(url) is not None


async def test_an_end_gives_up_what_is_fetched(web):
    unfurler = Unfurler(web, None, ManualClock())
    web.hold.clear()
    asking = asyncio.create_task(unfurler.preview(PAGE))
    await asyncio.sleep(0)
    await unfurler.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
