"""What a file is, told from its first bytes alone.

The bytes decide; a name or a declared type decides nothing. The first rule that matches wins, and what it says also
decides the type the file is served as, so that a file that is two things at once (a polyglot) is only ever the first.

Source: WHATWG MIME Sniffing Standard, section 6 and 7; RFC 9649 (WebP); ISO/IEC 14496-12 (file type box); AV1 Image
File Format 1.1, section 4; ISO/IEC 23008-12 (HEIF), annex B; RFC 7845 (Ogg Opus); RFC 9639 (FLAC).
"""

# ruff: noqa: PLR2004 - offsets, masks and marks are the formats' own

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from enum import Enum, StrEnum, unique
from typing import NamedTuple

HEAD_BYTES = 64 * 1024
"""Bytes of a file's beginning that `sniff` looks at; more changes nothing, fewer may miss an animation."""


class Kind(StrEnum):
    """What a file is for those who look at it."""

    IMAGE = "image"
    ANIMATION = "animation"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


class Type(NamedTuple):
    """What is fixed about a format."""

    kind: Kind
    content_type: str
    """Registered media type of the bytes."""
    extension: str
    """Usual extension, without the dot."""
    decoded: bool = False
    """Whether our sandbox opens it; anything else is kept and handed out as it came."""
    inline: bool = False
    """Whether a browser may show the original by itself; what may carry script is only ever downloaded."""
    served_as: str = ""
    """Media type that the original is handed out as; empty is `content_type`."""


_OPAQUE = "application/octet-stream"


@unique
class Format(Enum):
    """Every format that is told apart."""

    JPEG = Type(Kind.IMAGE, "image/jpeg", "jpg", decoded=True, inline=True)
    PNG = Type(Kind.IMAGE, "image/png", "png", decoded=True, inline=True)
    APNG = Type(Kind.ANIMATION, "image/apng", "png", decoded=True, inline=True)
    GIF = Type(Kind.IMAGE, "image/gif", "gif", decoded=True, inline=True)
    """Whether a GIF moves is known once its frames are counted (`domain/headers.py`)."""
    WEBP = Type(Kind.IMAGE, "image/webp", "webp", decoded=True, inline=True)
    WEBP_LOSSLESS = Type(Kind.IMAGE, "image/webp", "webp", decoded=True, inline=True, served_as="image/webp")
    WEBP_ANIMATED = Type(Kind.ANIMATION, "image/webp", "webp", decoded=True, inline=True)
    AVIF = Type(Kind.IMAGE, "image/avif", "avif", decoded=True, inline=True)
    AVIF_SEQUENCE = Type(Kind.ANIMATION, "image/avif", "avif", decoded=True, inline=True)
    HEIC = Type(Kind.IMAGE, "image/heic", "heic", decoded=True)
    MP4 = Type(Kind.VIDEO, "video/mp4", "mp4", decoded=True, inline=True)
    QUICKTIME = Type(Kind.VIDEO, "video/quicktime", "mov", decoded=True)
    WEBM = Type(Kind.VIDEO, "video/webm", "webm", decoded=True, inline=True)
    MATROSKA = Type(Kind.VIDEO, "video/matroska", "mkv", decoded=True)
    AVI = Type(Kind.FILE, "video/vnd.avi", "avi")
    """Never opened: its subtitle streams may name other files."""
    MP3 = Type(Kind.AUDIO, "audio/mpeg", "mp3", decoded=True, inline=True)
    OPUS = Type(Kind.AUDIO, "audio/ogg", "ogg", decoded=True, inline=True)
    OGG = Type(Kind.AUDIO, "application/ogg", "ogg", decoded=True, inline=True, served_as="audio/ogg")
    WAV = Type(Kind.AUDIO, "audio/vnd.wave", "wav", decoded=True, inline=True)
    FLAC = Type(Kind.AUDIO, "audio/flac", "flac", decoded=True, inline=True)
    M4A = Type(Kind.AUDIO, "audio/mp4", "m4a", decoded=True, inline=True)
    AAC = Type(Kind.AUDIO, "audio/aac", "aac", decoded=True, inline=True)
    PDF = Type(Kind.FILE, "application/pdf", "pdf")
    SVG = Type(Kind.FILE, "image/svg+xml", "svg", served_as=_OPAQUE)
    HTML = Type(Kind.FILE, "text/html", "html", served_as=_OPAQUE)
    XML = Type(Kind.FILE, "text/xml", "xml", served_as=_OPAQUE)
    TEXT = Type(Kind.FILE, "text/plain", "txt", inline=True, served_as="text/plain; charset=utf-8")
    OTHER = Type(Kind.FILE, _OPAQUE, "bin")

    @property
    def kind(self) -> Kind:
        """What it is for those who look at it."""
        return self.value.kind

    @property
    def served_as(self) -> str:
        """Media type that the original is handed out as."""
        return self.value.served_as or self.value.content_type

    @property
    def picture(self) -> bool:
        """Whether stills can be made of it by the picture decoders."""
        return self.value.decoded and self.kind in {Kind.IMAGE, Kind.ANIMATION}


def sniff(head: bytes) -> Format:
    """Return what the file beginning with `head` is; nothing and the unknown are `Format.OTHER`.

    Args:
        head: The first `HEAD_BYTES` bytes, or all when there are fewer.
    """
    head = head[:HEAD_BYTES]
    if not head:
        return Format.OTHER
    for magic, answer in _MAGIC:
        if head.startswith(magic):
            return answer(head) if callable(answer) else answer
    return _iso_media(head) or _mpeg_audio(head) or _markup_or_text(head)


_CHUNKS_MAX = 256


def _png(head: bytes) -> Format:
    # Only an acTL chunk before the first IDAT makes an APNG; the word elsewhere in the bytes means nothing.
    position = 8
    for _ in range(_CHUNKS_MAX):
        name = head[position + 4 : position + 8]
        if name == b"acTL":
            return Format.APNG
        if len(name) < 4 or name in {b"IDAT", b"IEND"}:
            break
        position += 12 + int.from_bytes(head[position : position + 4])
    return Format.PNG


def _riff(head: bytes) -> Format:
    form, chunk = head[8:12], head[12:16]
    if form != b"WEBP":
        return {b"WAVE": Format.WAV, b"AVI ": Format.AVI}.get(form, Format.OTHER)
    if chunk == b"VP8X":
        if len(head) > 20 and head[20] & 0x02:
            return Format.WEBP_ANIMATED
        return Format.WEBP_LOSSLESS if b"VP8L" in head[30:] and b"VP8 " not in head[30:] else Format.WEBP
    return {b"VP8L": Format.WEBP_LOSSLESS, b"VP8 ": Format.WEBP}.get(chunk, Format.OTHER)


def _ogg(head: bytes) -> Format:
    return Format.OPUS if head[28:36] == b"OpusHead" else Format.OGG


def _matroska(head: bytes) -> Format:
    # The document type stands in the EBML header, as element 0x4282; a few dozen bytes in.
    found = re.search(rb"\x42\x82[\x81-\x8f]([a-z]+)", head[:128])
    if found is None:
        return Format.OTHER
    return {b"webm": Format.WEBM, b"matroska": Format.MATROSKA}.get(found[1], Format.OTHER)


_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_MP4 = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"mp71"}
    | {b"avc1", b"dash", b"cmfc", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"f4v "}
)
_BRANDS = {
    b"avif": Format.AVIF,
    b"avis": Format.AVIF_SEQUENCE,
    b"qt  ": Format.QUICKTIME,
    b"M4A ": Format.M4A,
    b"M4B ": Format.M4A,
    **dict.fromkeys(_HEIC, Format.HEIC),
    **dict.fromkeys(_MP4, Format.MP4),
}
_BRANDS_MAX = 32


def _iso_media(head: bytes) -> Format | None:
    name = head[4:8]
    if name in {b"moov", b"mdat", b"wide"}:
        # QuickTime is older than its file type box.
        return Format.QUICKTIME if int.from_bytes(head[:4]) not in range(2, 8) else None
    if name != b"ftyp":
        return None
    size = min(int.from_bytes(head[:4]), 16 + 4 * _BRANDS_MAX, len(head))
    major = head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if major in {b"mif1", b"msf1"}:
        # General brands of pictures: the compatible brands say how they are coded.
        major = next((brand for brand in (b"avis", b"avif", *sorted(_HEIC)) if brand in brands), major)
    if major == b"avif" and b"avis" in brands:
        major = b"avis"
    # Brands beyond these belong to formats that nobody here decodes (camera raw, JPEG XL, DRM containers).
    return _BRANDS.get(major, Format.OTHER)


_BITRATES = 0b1111
_LAYER_3 = 0b01
_RATES = 13


def _mpeg_audio(head: bytes) -> Format | None:
    # A frame header of MPEG audio layer 3: eleven set bits, then fields of which some values are reserved.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 0b11, head[1] >> 1 & 0b11
    if version in {0b10, 0b11} and not layer and head[2] >> 2 & 0b1111 < _RATES and _adts_goes_on(head):
        return Format.AAC
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 0b11
    reserved = version == 0b01 or layer != _LAYER_3 or bitrate in {0, _BITRATES} or rate == 0b11
    return None if reserved else Format.MP3


def _adts_goes_on(head: bytes) -> bool:
    """Return whether a second ADTS frame follows where the first says that it ends (ISO/IEC 13818-7, 6.2)."""
    length = (int.from_bytes(head[3:6]) >> 5) & 0x1FFF
    return length > 7 and head[length : length + 1] == b"\xff" and head[length + 1 : length + 2] == head[1:2]


_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_TEXT_HEAD = 4096
_SVG = re.compile(rb"<(?:[\w.-]+:)?svg[\s>/]", re.IGNORECASE)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|img|meta|link|form"
    rb"|object|embed|video|audio|!--)[\s>/-]",
    re.IGNORECASE,
)
_MARKS = tuple(
    # Looked up here, because Python reads a codec from a file, and the sandbox opens none.
    (mark, codecs.lookup(encoding))
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
)


def _markup_or_text(head: bytes) -> Format:
    for mark, codec in _MARKS:
        if head.startswith(mark):
            head = codec.decode(head[len(mark) :], "replace")[0].encode()
            break
    # Markup is looked for even where bytes are binary: a browser that guesses would, too.
    start = head.lstrip(b" \t\r\n\x0c\0")[:1]
    if start == b"<":
        if _SVG.search(head):
            return Format.SVG
        if _HTML.search(head[:_TEXT_HEAD]):
            return Format.HTML
        return Format.OTHER if _BINARY.search(head[:_TEXT_HEAD]) else Format.XML
    return Format.OTHER if _BINARY.search(head[:_TEXT_HEAD]) or not _utf8(head[:_TEXT_HEAD]) else Format.TEXT


def _utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # which lets the last character be cut
    except UnicodeDecodeError:
        return False
    return True


_MAGIC: tuple[tuple[bytes, Format | Callable[[bytes], Format]], ...] = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"RIFF", _riff),
    (b"OggS", _ogg),
    (b"fLaC", Format.FLAC),
    (b"ID3", Format.MP3),
    (b"\x1a\x45\xdf\xa3", _matroska),
    (b"%PDF-", Format.PDF),
)
