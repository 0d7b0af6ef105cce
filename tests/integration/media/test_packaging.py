"""A video's ladder, made once by a real ffmpeg, is what HLS and DASH say that it is."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from doubles.clips import clip, facts, frames
from doubles.media_files import CountedRenders, Files
from doubles.studio import Studio, studio_in
from hubbub.media.adapters.ffmpeg import programs
from hubbub.media.domain.asset import mezzanine_folder
from hubbub.media.domain.job import JobKind
from hubbub.media.domain.signature import Signer
from hubbub.media.errors import AddressExpired, AddressForged, AssetUnknown
from hubbub.media.service.deliver import Deliveries, Opened
from hubbub.media.service.package import Packaging
from hubbub.media.service.variants import Variants

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine"),
]
DASH = {"mpd": "urn:mpeg:dash:schema:mpd:2011"}


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with studio_in(tmp_path) as made:
        yield made
        assert list(made.scratch.iterdir()) == []


def film() -> bytes:
    return clip("mkv", "-c:v", "libx264", "-c:a", "aac", "-g", "7", size="640x480", seconds=5)


async def opened(studio: Studio, asset_id: int) -> Opened:
    """Return what the file's address opens now."""
    signer, renders = Signer(b"k" * 32), Variants(studio.objects, CountedRenders(), Files(studio.objects), studio.clock)
    deliveries = Deliveries(studio.files, renders, studio.objects, signer, studio.clock)
    query = deliveries.address_of(asset_id, "film.mp4").partition("?")[2]
    return await deliveries.open(asset_id, "film.mp4", dict(parse_qsl(query)), None)


def parts(playlist: str) -> list[tuple[float, int, int]]:
    """Return length, first byte and size of each part of a playlist."""
    found = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n", playlist)
    return [(float(length), int(start), int(size)) for length, size, start in found]


async def test_every_rendition_is_named_and_none_is_larger_than_the_video(studio: Studio) -> None:
    made = await studio.packaged(film())
    master = made["master.m3u8"].decode()
    assert re.findall(r"RESOLUTION=(\d+x\d+),FRAME", master) == ["480x360", "640x480"]
    assert re.findall(r"^(?!#).+$", master, re.MULTILINE) == ["v360.m3u8", "v480.m3u8"]
    assert 'URI="audio.m3u8"' in master
    codecs = re.findall(r'CODECS="([^"]+)",RESOLUTION=\d+x\d+,FRAME', master)
    assert [bool(re.fullmatch(r"avc1\.6400[0-9a-f]{2},mp4a\.40\.2", each)) for each in codecs] == [True, True]
    for name, size in (("v360", "480x360"), ("v480", "640x480")):
        (stream,) = facts(made[f"{name}.mp4"])["streams"]
        assert f"{stream['width']}x{stream['height']}" == size
        assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")


async def test_a_playlist_covers_its_file_and_each_part_plays_by_itself(studio: Studio) -> None:
    made = await studio.packaged(film())
    for name in ("v360", "v480"):
        playlist, content = made[f"{name}.m3u8"].decode(), made[f"{name}.mp4"]
        head = content[: int(re.findall(r'BYTERANGE="(\d+)@0"', playlist)[0])]
        assert [length for length, _, _ in parts(playlist)] == pytest.approx([2.0, 2.0, 1.0], abs=0.11)
        for length, start, size in parts(playlist):
            assert content[start + 4 : start + 8] == b"moof"
            assert frames(head + content[start : start + size]) == round(length * 10)
        assert sum(parts(playlist)[-1][1:]) == len(content)


async def test_key_frames_stand_alone_for_winding(studio: Studio) -> None:
    made = await studio.packaged(film())
    master = made["master.m3u8"].decode()
    told = re.findall(r'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=(\d+),.*CODECS="(avc1[^",]+)".*URI="([^"]+)"', master)
    assert [name for _, _, name in told] == ["v360_keys.m3u8", "v480_keys.m3u8"]
    for most, _, name in told:
        rendition = name.removesuffix("_keys.m3u8")
        playlist, content = made[name].decode(), made[f"{rendition}.mp4"]
        assert "\n#EXT-X-I-FRAMES-ONLY\n" in playlist
        assert playlist.endswith("#EXT-X-ENDLIST\n")
        head = content[: int(re.findall(r'BYTERANGE="(\d+)@0"', playlist)[0])]
        whole = parts(made[f"{rendition}.m3u8"].decode())
        found = parts(playlist)
        assert [(length, start) for length, start, _ in found] == [(length, start) for length, start, _ in whole]
        assert all(size < all_of_it for (_, _, size), (_, _, all_of_it) in zip(found, whole, strict=True))
        assert max(size * 8 / length for length, _, size in found) == pytest.approx(int(most), abs=1)
        for _, start, size in found:
            assert frames(head + content[start : start + size]) == 1


async def test_a_player_changes_renditions_at_the_same_moments(studio: Studio) -> None:
    made = await studio.packaged(film())
    lengths = [[length for length, _, _ in parts(made[f"{name}.m3u8"].decode())] for name in ("v360", "v480")]
    assert lengths[0] == lengths[1]


async def test_the_manifest_names_the_same_bytes(studio: Studio) -> None:
    made = await studio.packaged(film())
    root = ET.fromstring(made["manifest.mpd"])
    seconds = re.fullmatch(r"PT([\d.]+)S", root.attrib["mediaPresentationDuration"])
    assert seconds is not None
    assert 4.9 <= float(seconds[1]) <= 5.1
    found = root.findall(".//mpd:Representation", DASH)
    assert [each.attrib["id"] for each in found] == ["v360", "v480", "audio"]
    for each in found:
        content = made[each.findtext("mpd:BaseURL", "", DASH)]
        base = each.find("mpd:SegmentBase", DASH)
        assert base is not None
        first, last = map(int, base.attrib["indexRange"].split("-"))
        assert content[first + 4 : first + 8] == b"sidx"
        assert content[last + 5 : last + 9] == b"moof"
        described = base.find("mpd:Initialization", DASH)
        assert described is not None
        assert described.attrib["range"] == f"0-{first - 1}"


async def test_stills_of_the_timeline_lie_on_one_sheet(studio: Studio) -> None:
    made = await studio.packaged(film())
    (sheet,) = facts(made["sheet.jpg"])["streams"]
    shown = re.findall(r"(\S+) --> (\S+)\nsheet\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)", made["sprite.vtt"].decode())
    assert len(shown) in {5, 6}
    assert shown[0][:2] == ("00:00:00.000", "00:00:01.000")
    for _, _, *place in shown:
        x, y, width, height = map(int, place)
        assert x + width <= sheet["width"]
        assert y + height <= sheet["height"]


async def test_a_silent_video_and_a_tiny_one_have_streams_too(studio: Studio) -> None:
    made = await studio.packaged(clip("mp4", size="32x16", audio=False, seconds=0.5))
    assert {"v16.mp4", "v16.m3u8", "master.m3u8"} <= set(made)
    assert "audio.mp4" not in made
    assert "TYPE=AUDIO" not in made["master.m3u8"].decode()


async def test_what_an_attempt_left_that_was_cut_off_goes(studio: Studio) -> None:
    asset_id = await studio.upload(film())
    await studio.work(JobKind.INSPECT)
    (job,) = await studio.take(JobKind.PACKAGE)

    async def report(_progress: int) -> None:
        return

    await studio.packaging(job, report)  # and nobody tells of it: the process is killed
    studio.clock.advance(31)
    assert await studio.work() == ["package"]
    studio.clock.advance(7200)
    while await studio.uploads.sweep():
        pass
    named = {each.object_key for each in await studio.assets.derived(asset_id)}
    assert {key async for key in studio.objects.keys(mezzanine_folder(asset_id))} == named


async def test_streams_open_by_a_signed_folder_alone(studio: Studio) -> None:
    asset_id = await studio.upload(film())
    await studio.work()
    paths = (await studio.streams.of([await studio.asset(asset_id)]))[asset_id]
    assert paths.hls is not None
    folder, name = paths.hls.rsplit("/", 1)
    assert (paths.dash, paths.poster, paths.sprite) == (
        f"{folder}/manifest.mpd", f"{folder}/poster", f"{folder}/sprite.vtt",
    )  # fmt: skip
    signature = folder.rsplit("/", 1)[1]
    opened = await studio.streams.open(asset_id, signature, name, {}, None)
    assert opened.facts.content_type == "application/vnd.apple.mpegurl"
    part = await studio.streams.open(asset_id, signature, "v360.mp4", {}, None)
    assert (part.facts.content_type, part.facts.etag != opened.facts.etag) == ("video/mp4", True)
    poster = await studio.streams.open(asset_id, signature, "poster", {"width": "64"}, "image/webp")
    assert poster.content is not None
    with pytest.raises(AssetUnknown):
        await studio.streams.open(asset_id, signature, "v4320.mp4", {}, None)
    with pytest.raises(AddressForged):
        await studio.streams.open(asset_id + 1, signature, name, {}, None)
    with pytest.raises(AddressForged):
        await studio.streams.open(asset_id, "", name, {}, None)
    studio.clock.advance(3 * 86_400)
    with pytest.raises(AddressExpired):
        await studio.streams.open(asset_id, signature, name, {}, None)


async def test_the_best_file_takes_the_place_of_the_first_once_that_was_seen(studio: Studio) -> None:
    asset_id = await studio.upload(clip("webm", "-c:v", "libvpx", "-c:a", "libopus", size="640x480", seconds=3))
    assert await studio.work() == ["inspect", "package"]
    first = await studio.files.find(asset_id)
    assert first is not None
    assert (first.is_settled, facts(await studio.delivered(asset_id))["streams"][0]["height"]) == (False, 360)
    assert await studio.assets.progress(asset_id) == 100
    before = await opened(studio, asset_id)
    studio.clock.advance(601)
    assert await studio.work() == ["settle"]
    best = await studio.files.find(asset_id)
    assert best is not None
    assert best.is_settled
    after = await opened(studio, asset_id)
    assert before.facts.etag != after.facts.etag
    assert (before.fresh_s, after.fresh_s) == (60, None)
    content = await studio.delivered(asset_id)
    video, audio = facts(content)["streams"]
    assert (video["codec_name"], video["height"], audio["codec_name"]) == ("h264", 480, "aac")
    assert (frames(content), content.index(b"moov") < content.index(b"mdat")) == (30, True)
    assert await studio.objects.get(first.segments[0].object_key)  # somebody may be reading it
    studio.clock.advance(7200)
    while await studio.uploads.sweep():
        pass
    named = {each.object_key for each in await studio.assets.derived(asset_id)}
    assert {key async for key in studio.objects.keys(mezzanine_folder(asset_id))} == named


async def play(studio: Studio, asset_id: int) -> str:
    """Return the master playlist, as a player reads it when it begins."""
    signature = studio.streams.folder(asset_id).rsplit("/", 1)[1]
    opened = await studio.streams.open(asset_id, signature, "master.m3u8", {}, None)
    assert opened.fresh_s == 60
    await studio.plays.flush()
    return (await studio.objects.get(opened.asset.segments[0].object_key)).decode()


async def test_a_video_that_is_played_often_has_av1_beside_h264(studio: Studio) -> None:
    asset_id = await studio.upload(film())
    await studio.work()
    before = await play(studio, asset_id)
    assert await studio.work() == []
    await play(studio, asset_id)
    await play(studio, asset_id)
    assert await studio.work() == ["refine"]
    studio.clock.advance(60)
    after = await play(studio, asset_id)
    assert await studio.work() == []
    assert re.findall(r"^(?!#).+$", after, re.MULTILINE) == [
        "v360.m3u8", "v480.m3u8", "v360_av1.m3u8", "v480_av1.m3u8",
    ]  # fmt: skip
    assert set(before.splitlines()) <= set(after.splitlines())
    codecs = re.findall(r'CODECS="([^"]+)",RESOLUTION=\d+x\d+,FRAME', after)
    assert [each.split(".")[0] for each in codecs] == ["avc1", "avc1", "av01", "av01"]
    assert all(re.fullmatch(r"av01\.0\.\d\dM\.08,mp4a\.40\.2", each) for each in codecs[2:])
    file = await studio.files.find(asset_id)
    assert file is not None
    made = {each.name: await studio.objects.get(each.object_key) for each in file.streams}
    (stream,) = facts(made["v480_av1.mp4"])["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("av1", 640, 480)
    lengths = [[length for length, _, _ in parts(made[f"{name}.m3u8"].decode())] for name in ("v480", "v480_av1")]
    assert lengths[0] == lengths[1]
    root = ET.fromstring(made["manifest.mpd"])
    sets = [[each.attrib["id"] for each in found] for found in root.findall(".//mpd:AdaptationSet", DASH)]
    assert sets == [["v360", "v480"], ["v360_av1", "v480_av1"], ["audio"]]


async def test_a_video_gets_as_many_bits_as_it_needs_for_its_likeness(studio: Studio) -> None:
    sizes = []
    for likeness_db in (30.0, 45.0):
        asset_id = await studio.upload(film())
        tuned = studio._replace(packaging=Packaging(studio.ports, likeness_db))
        await tuned.work()
        file = await studio.files.find(asset_id)
        assert file is not None
        sizes.append(next(each.size_bytes for each in file.streams if each.name == "v480.mp4"))
    assert sizes[0] * 1.5 < sizes[1]


async def test_how_far_it_is_is_told(studio: Studio) -> None:
    await studio.packaged(film())
    assert studio.told[-1] == 95
    assert all(0 <= each <= 95 for each in studio.told)
