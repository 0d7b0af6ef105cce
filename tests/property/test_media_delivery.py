"""Whatever is asked for: the bytes sent are those that their headers name, and never more than there are."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given
from hypothesis import strategies as st

from doubles.media_files import CountedRenders, Files
from hubbub.kernel.clock import ManualClock
from hubbub.media.domain.conditional import Facts, Span, decide
from hubbub.media.domain.signature import Signer
from hubbub.media.errors import AddressForged
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.variants import Variants
from hubbub.storage.objects import Objects

TEXT = st.binary(max_size=40).map(lambda each: each.decode("latin-1"))
SIZES = st.integers(0, 300)
PLACES = st.one_of(st.integers(0, 400).map(str), st.just(""))
LISTS = st.lists(st.tuples(PLACES, PLACES).map("-".join), min_size=1, max_size=10).map(",".join)
RANGES = st.one_of(LISTS.map(lambda each: f"bytes={each}"), TEXT)
TAGS = st.one_of(st.sampled_from(['"e"', 'W/"e"', "*", '"o"', '"o", "e"', '"o" W/"e"']), TEXT)
HEADERS = st.fixed_dictionaries(
    {}, optional={"range": RANGES, "if-range": TAGS, "if-none-match": TAGS, "if-match": TAGS}
)


@given(HEADERS, SIZES, st.sampled_from(["GET", "HEAD"]))
def test_what_is_sent_is_what_is_told(headers: dict[str, str], size: int, method: str):
    decision = decide(method, headers, Facts(size, '"e"', "a/b"), "edge")
    told = dict(decision.headers)
    sent = sum(each.size_bytes if isinstance(each, Span) else len(each) for each in decision.body)
    assert decision.status in {200, 206, 304, 412, 416}
    assert told["ETag"] == '"e"'
    assert method == "GET" or (not decision.body and decision.status in {200, 304, 412})
    if method == "GET" and decision.status != 304:
        assert int(told["Content-Length"]) == sent
    spans = [each for each in decision.body if isinstance(each, Span)]
    assert all(0 <= span.start < span.end <= size for span in spans)
    assert sum(span.size_bytes for span in spans) <= size
    if decision.status == 206 and len(spans) == 1:
        assert told["Content-Range"] == f"bytes {spans[0].start}-{spans[0].end - 1}/{size}"


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 200))
def test_one_plain_range_gets_exactly_its_bytes(start: int, length: int, size: int):
    decision = decide("GET", {"range": f"bytes={start}-{start + length}"}, Facts(size, '"e"', "a/b"), "edge")
    wanted = range(size)[start : start + length + 1]
    assert decision.body == ((Span(wanted.start, wanted.stop),) if wanted else ())
    assert decision.status == (206 if wanted else 416)


@given(TEXT, TEXT, st.integers(0, 2**41), st.integers(0, 2**41))
def test_a_signature_is_of_one_path(path: str, other: str, then_ms: int, now_ms: int):
    signer = Signer(b"k" * 32)
    signed = dict(re.findall(r"(\w+)=(\w+)", signer.sign(path, then_ms).query))
    assert (signer.check(path, signed, then_ms) or 0) * 1000 > then_ms
    if other != path:
        try:
            signer.check(other, signed, now_ms)
        except AddressForged:
            return
        raise AssertionError("a signature opened another path")


@given(st.lists(st.binary(max_size=12), max_size=6), st.integers(0, 80), st.integers(0, 80))
def test_bytes_are_read_across_segments_as_if_there_were_none(segments: list[bytes], start: int, size: int):
    whole = b"".join(segments)
    span = Span(start, min(start + size, len(whole)))

    async def read() -> bytes:
        objects = Objects.in_memory()
        files = Files(objects)
        asset = await files.add_file(1, *segments)
        signer, clock = Signer(b"k" * 32), ManualClock()
        variants = Variants(objects, CountedRenders(), files, clock)
        deliveries = Deliveries(files, variants, objects, signer, clock)
        opened = await deliveries.open(1, asset.name, {}, None)
        return b"".join([chunk async for chunk in deliveries.read(opened, span)])

    assert asyncio.run(read()) == whole[start : start + size]
