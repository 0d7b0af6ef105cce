"""An uploaded picture becomes our own pixels: upright, in sRGB, without its sender's notes; whatever its format."""

from __future__ import annotations

import io
import itertools

import pytest
import pyvips
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from doubles import pictures
from hubbub.media.adapters import vips
from hubbub.media.adapters.picture_inspection import Inspected, inspect
from hubbub.media.adapters.picture_rendering import render
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.rendition import Asked, Fit, Output, Rendition, Source, resolve
from hubbub.media.errors import DamagedMedia, MediaError, NotAPicture, TooManyFrames, TooManyPixels
from hubbub.native import encode_jpeg

STILLS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"]
MOVING = ["GIF", "PNG", "WEBP", "AVIF"]


@pytest.fixture(autouse=True)
def _vips_as_in_the_sandbox() -> None:
    vips.configure()


def test_an_old_libvips_of_the_system_is_said_before_any_picture_is_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvips, "at_least_libvips", lambda *_: False)
    with pytest.raises(ImportError, match="reinstall pyvips"):
        vips.configure()


def _opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def _corners(picture: Image.Image) -> list[tuple[int, ...]]:
    plain, (width, height) = picture.convert("RGB"), picture.size
    places = itertools.product((height // 4, 3 * height // 4), (width // 4, 3 * width // 4))
    return [plain.getpixel((x, y)) for y, x in places]  # type: ignore[misc]


def _alike(found: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 16) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(found, expected, strict=True))


UPRIGHT = [pictures.RED, pictures.GREEN, pictures.BLUE, pictures.WHITE]


def _rendered(found: Inspected, output: Output, asked: Asked | None = None) -> bytes:
    best = found.mezzanines[0]
    source = Source(best.width, best.height, found.alpha, found.frames > 1)
    rendition = resolve((asked or Asked())._replace(format=output), source, ())
    moving = rendition.animated and found.frames > 1
    return render(found.mezzanines[-1 if moving else 0].content, rendition).content


@pytest.mark.parametrize("name", STILLS)
def test_every_still_format_is_read(name: str) -> None:
    found = inspect(pictures.encoded(pictures.corners(), name))
    assert (found.width, found.height, found.frames, found.duration_ms) == (96, 64, 1, 0)
    assert not found.alpha
    assert 20 <= len(found.thumbhash) <= 30
    assert all(map(_alike, _corners(_opened(found.mezzanines[0].content)), UPRIGHT))


STILL_OUTPUTS = [output for output in Output if output is not Output.MP4]


@pytest.mark.parametrize("output", STILL_OUTPUTS)
def test_every_output_shows_the_picture(output: Output) -> None:
    picture = _opened(_rendered(inspect(pictures.encoded(pictures.corners(), "PNG")), output))
    assert picture.format == output.name
    assert all(map(_alike, _corners(picture), UPRIGHT))


@pytest.mark.parametrize("quality", [50, 80, 92])
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (509, 40), (64, 48)])
def test_a_jpeg_of_our_encoder_is_progressive_and_shows_its_pixels(size: tuple[int, int], quality: int) -> None:
    slope = Image.linear_gradient("L").resize(size)
    original = Image.merge("RGB", (slope, slope.transpose(Image.Transpose.ROTATE_180), slope))
    picture = _opened(encode_jpeg(*size, original.tobytes(), quality))
    assert (picture.format, picture.size, picture.info["progressive"]) == ("JPEG", size, 1)
    furthest = ImageChops.difference(picture.convert("RGB"), original).getextrema()
    assert max(most for _, most in furthest) <= 40


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_turned_picture_stands_upright(name: str, orientation: int) -> None:
    stored = pictures.stored_turned(pictures.corners(), orientation)
    found = inspect(pictures.encoded(stored, name, exif=pictures.exif(orientation), quality=95))
    assert (found.width, found.height) == (96, 64)
    picture = _opened(found.mezzanines[0].content)
    assert picture.size == (96, 64)
    assert picture.getexif().get(0x0112) is None
    assert all(map(_alike, _corners(picture), UPRIGHT))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_a_phone_that_is_heic_is_turned_once(orientation: int) -> None:
    stored = pictures.stored_turned(pictures.corners(), orientation)
    found = inspect(pictures.encoded(stored, "HEIF", exif=pictures.exif(orientation), quality=95))
    assert (found.width, found.height) == (96, 64)
    assert all(map(_alike, _corners(_opened(found.mezzanines[0].content)), UPRIGHT))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_no_output_says_where_a_picture_was_taken(name: str) -> None:
    content = pictures.encoded(pictures.photo(160, 120), name, exif=pictures.exif(), xmp=pictures.XMP)
    assert pictures.LATITUDE in content
    found = inspect(content)
    outputs = [mezzanine.content for mezzanine in found.mezzanines]
    outputs += [_rendered(found, output) for output in STILL_OUTPUTS]
    for each in outputs:
        assert pictures.LATITUDE not in each
        assert b"Exif" not in each
        assert b"xmpmeta" not in each


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_colours_of_another_gamut_become_those_of_srgb(name: str) -> None:
    stored = Image.new("RGB", (64, 64), pictures.RED)
    found = inspect(pictures.encoded(stored, name, icc_profile=pictures.exchanged_profile()))
    picture = _opened(found.mezzanines[0].content)
    assert _alike(picture.convert("RGB").getpixel((32, 32)), pictures.RED[1::-1] + pictures.RED[2:], 24)
    assert "icc_profile" not in picture.info


def test_a_broken_profile_is_as_none() -> None:
    found = inspect(pictures.encoded(pictures.corners(), "PNG", icc_profile=b"no profile" * 20))
    assert all(map(_alike, _corners(_opened(found.mezzanines[0].content)), UPRIGHT))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16"])
def test_grey_palettes_print_colours_and_deep_pixels_are_read(mode: str) -> None:
    picture = Image.new("L", (64, 64), 255).convert(mode) if mode != "I;16" else Image.new(mode, (64, 64), 65535)
    if mode == "CMYK":
        picture = Image.new("CMYK", (64, 64), (0, 0, 0, 0))
    found = inspect(pictures.encoded(picture, "JPEG" if mode == "CMYK" else "PNG"))
    assert _alike(_opened(found.mezzanines[0].content).convert("RGB").getpixel((9, 9)), (255, 255, 255))


@pytest.mark.parametrize("name", ["PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_transparency_stays(name: str) -> None:
    found = inspect(pictures.encoded(pictures.glass(), name))
    assert found.alpha
    for output in (Output.PNG, Output.WEBP, Output.AVIF, Output.GIF):
        picture = _opened(_rendered(found, output)).convert("RGBA")
        assert picture.getpixel((20, 32))[3] < 30
        assert picture.getpixel((80, 32))[3] > 225
    assert _alike(_opened(_rendered(found, Output.JPEG)).getpixel((20, 32)), (255, 255, 255))


def test_transparency_that_hides_nothing_is_dropped() -> None:
    found = inspect(pictures.encoded(pictures.photo(300, 200).convert("RGBA"), "PNG"))
    assert not found.alpha
    assert found.mezzanines[0].content_type == "image/jpeg"


@pytest.mark.parametrize("output", [Output.WEBP, Output.GIF])
@pytest.mark.parametrize("name", MOVING)
def test_an_animation_keeps_its_frames_and_their_times(name: str, output: Output) -> None:
    found = inspect(pictures.moving(7, name, delay_ms=120))
    assert (found.frames, found.duration_ms) == (7, 840)
    picture = Image.open(io.BytesIO(_rendered(found, output, Asked(32, 24))))
    assert (picture.size, picture.n_frames) == ((32, 24), 7)
    delays, lefts = [], []
    for index in range(7):
        picture.seek(index)
        picture.load()
        delays.append(picture.info["duration"])
        lefts.append(_first_bright(picture))
    assert delays == [120] * 7
    assert lefts == sorted(lefts)
    assert lefts[-1] - lefts[0] > 15


def _first_bright(picture: Image.Image) -> int:
    row = [picture.convert("L").getpixel((x, 7)) for x in range(picture.width)]
    return next(x for x, value in enumerate(row) if value > 120)


@pytest.mark.parametrize("output", [Output.JPEG, Output.PNG])
def test_a_still_of_an_animation_is_its_first_frame(output: Output) -> None:
    picture = _opened(_rendered(inspect(pictures.moving(5, "GIF")), output))
    assert getattr(picture, "n_frames", 1) == 1
    assert _first_bright(picture.resize((32, 24))) == 0


def test_frames_that_ask_for_no_time_get_what_browsers_give_them() -> None:
    assert inspect(pictures.moving(4, "GIF", delay_ms=0)).duration_ms == 400


def test_mezzanines_have_three_sizes_and_small_pictures_keep_theirs() -> None:
    large = inspect(pictures.encoded(pictures.photo(3000, 2000), "JPEG"))
    assert [(each.name, each.width, each.height) for each in large.mezzanines] == [
        ("2048", 2048, 1365),
        ("1024", 1024, 682),
        ("512", 512, 341),
    ]
    assert (large.width, large.height) == (3000, 2000)
    phone = inspect(pictures.encoded(pictures.photo(4032, 3024), "JPEG"))
    assert (phone.mezzanines[0].width, phone.mezzanines[0].height) == (2016, 1512)  # decoded at half, not scaled
    small = inspect(pictures.encoded(pictures.photo(300, 200), "JPEG"))
    assert [(each.width, each.height) for each in small.mezzanines] == [(300, 200)]


@pytest.mark.parametrize(
    "asked", [Asked(512), Asked(height=100), Asked(300, 300, Fit.COVER), Asked(640, 128, Fit.COVER)]
)
@pytest.mark.parametrize("size", [(1600, 1200), (900, 1601), (2048, 64)])
def test_a_rendition_has_the_size_that_it_names(asked: Asked, size: tuple[int, int]) -> None:
    found = inspect(pictures.encoded(pictures.photo(*size), "JPEG"))
    for mezzanine in found.mezzanines:
        source = Source(mezzanine.width, mezzanine.height, alpha=False, animated=False)
        rendition = resolve(asked, source, (Output.JPEG,))
        made = render(mezzanine.content, rendition)
        assert (made.width, made.height) == (rendition.width, rendition.height)
        assert _opened(made.content).size == (made.width, made.height)


def test_jpegs_are_progressive() -> None:
    picture = _opened(_rendered(inspect(pictures.encoded(pictures.photo(), "JPEG")), Output.JPEG))
    assert picture.info.get("progressive") == 1


def test_a_smart_crop_keeps_what_catches_the_eye() -> None:
    wide = Image.new("RGB", (600, 200), (120, 124, 128))
    wide.paste(Image.effect_noise((120, 120), 90).convert("RGB"), (470, 40))
    wide.paste(pictures.RED, (500, 70, 560, 130))
    found = inspect(pictures.encoded(wide, "PNG"))
    picture = _opened(_rendered(found, Output.PNG, Asked(192, 192, Fit.COVER))).convert("RGB")
    reds = [pixel for pixel in picture.get_flattened_data() if _alike(pixel, pictures.RED, 40)]
    assert len(reds) > 2000


@pytest.mark.parametrize("output", [Output.AVIF, Output.WEBP])
@pytest.mark.parametrize(
    "content", [Image.new("RGB", (16, 16), pictures.RED), pictures.glass(16, 16), pictures.photo()]
)
def test_a_chosen_format_is_never_larger_than_its_fallback(content: Image.Image, output: Output) -> None:
    found = inspect(pictures.encoded(content, "PNG"))
    source = Source(content.width, content.height, found.alpha, animated=False)
    rendition = resolve(Asked(), source, (output, Output.JPEG))
    made = render(found.mezzanines[0].content, rendition)
    plain = Output.PNG if found.alpha else Output.JPEG
    fallback = render(found.mezzanines[0].content, resolve(Asked(), source, (plain,)))
    assert len(made.content) <= len(fallback.content)
    assert made.output in {output, plain}


@pytest.mark.parametrize("name", STILLS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_damaged(name: str, part: float) -> None:
    content = pictures.encoded(pictures.photo(320, 240), name)
    with pytest.raises(DamagedMedia):
        inspect(content[: int(len(content) * part)])


def test_a_header_that_promises_more_than_there_is_is_damaged() -> None:
    with pytest.raises(DamagedMedia):
        inspect(pictures.png_header(5000, 5000))


def test_bombs_are_refused_before_anything_decodes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.media.adapters.picture_frames.still", None)
    for content, error in (
        (pictures.png_header(30_000, 30_000), TooManyPixels),
        (pictures.gif_of(10_000), TooManyFrames),
        (b"<svg/>", NotAPicture),
    ):
        with pytest.raises(error):
            inspect(content)


def test_a_decoder_that_finds_more_than_the_header_said_is_stopped() -> None:
    with pytest.raises(TooManyPixels):
        inspect(pictures.encoded(pictures.photo(64, 64), "PNG"), Budget(pixels_max=1000))


@given(data=st.data())
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None
)
def test_forged_files_raise_nothing_but_the_typed_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*STILLS, "APNG"]))
    picture = pictures.moving(3, "PNG") if name == "APNG" else pictures.encoded(pictures.corners(48, 32), name)
    content = bytearray(picture)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        inspect(bytes(content), Budget(pixels_max=1_000_000, pixel_frames_max=4_000_000, frames_max=20))
    except MediaError:
        return


@pytest.mark.parametrize("loader", ["tiffload", "csvload", "matrixload", "vipsload", "rawload", "jpegload", "pngload"])
def test_loaders_that_open_paths_or_other_formats_are_blocked(loader: str) -> None:
    arguments = (1, 1, 1) if loader == "rawload" else ()
    with pytest.raises(pyvips.Error):
        getattr(pyvips.Image, loader)("/dev/null", *arguments)


def test_a_mezzanine_that_storage_damaged_is_said_to_be_damaged() -> None:
    rendition = Rendition(16, 16, Fit.CONTAIN, Output.JPEG, 80, animated=False, negotiated=False)
    for content in (b"", b"\xff\xd8\xff\xe0", pictures.encoded(pictures.corners(), "AVIF")):
        with pytest.raises(DamagedMedia):
            render(content, rendition)


def test_the_format_that_was_found_is_told() -> None:
    assert inspect(pictures.moving(3, "PNG")).format is Format.APNG
