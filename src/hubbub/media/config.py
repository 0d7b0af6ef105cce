"""Settings of media."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from hubbub.kernel.errors import Misconfigured
from hubbub.media.domain.match_index import DISTANCE_MAX

_KEY_CHARACTERS_MIN = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """Limits of uploads and delivery; the defaults suit one machine with people who share videos."""

    upload_bytes_max: int = 10 * 1024 * 1024 * 1024
    """Largest upload in bytes."""
    upload_lifetime_s: int = 86_400
    """Seconds that an unfinished upload is kept after its last bytes."""
    upload_silence_s: int = 20
    """Seconds without a byte after which a request that uploads is taken for cut off; what came is kept."""
    released_lifetime_s: int = 3_600
    """Seconds that a file is kept, and not delivered, after the last message or picture that needed it is gone."""
    uploads_per_owner_max: int = 200
    """Unfinished uploads of one media key, parts that wait to be joined among them."""
    owner_bytes_max: int = 1024 * 1024 * 1024 * 1024
    """Bytes that the files of one person or one media key may have together, as they came, unfinished ones with all
    that is announced of them."""
    jobs_parallel: int = 2
    """Files that are looked at and decoded at a time, each in a process of its own with up to a gigabyte of memory."""
    renders_parallel: int = 2
    """Renditions of pictures that are made at a time, each in a process of its own."""
    renders_waiting_max: int = 64
    """Renditions that may wait for their turn; who asks for more is told to come again."""
    variant_memory_bytes: int = 64 * 1024 * 1024
    """Memory of this process for renditions that were delivered lately; all are kept with the files too."""
    address_lifetime_s: int = 86_400
    """Seconds that a signed address is good for at least."""
    address_bucket_s: int = 21_600
    """Seconds in which all who ask get the same address of a file; an address is good for up to as much longer."""
    signing_key: str = ""
    """What addresses are signed with, of 32 characters or more; empty takes one that is made once and kept in the
    records. Processes that do not share their records need the same."""
    signing_key_before: str = ""
    """The key before `signing_key`: what it signed stays good until it ends."""
    cold_after_days: int = 90
    """Days after which a file that nobody asked for is kept in less room, without what was rendered of it and with
    JPEG originals recompressed without loss; 0 for never."""
    match_distance_max: int = 31
    """Bits of 256 in which a picture's PDQ hash may differ from one of the match list to be taken for the same picture;
    47 at most. PDQ's authors recommend 31; a lower number keeps fewer pictures back by mistake."""
    refine_after_plays: int = 100
    """Plays of a video after which its streams are made in AV1 too, which takes a third less of the network and as much
    work as the first ones; 0 for never."""
    video_likeness_db: float = 0.0
    """XPSNR in decibels that renditions of videos shall have, such as 38: then short samples of each are coded first,
    and drawings get fewer bits than films with grain. 0 codes all alike, and spares the trials."""
    price_stored: float = 0.0
    """What a gigabyte (10^9 bytes) costs that is kept for a month, in `price_currency`; for the report of costs."""
    price_processed: float = 0.0
    """What an hour of processor time costs."""
    price_delivered: float = 0.0
    """What a gigabyte costs that is delivered."""
    price_currency: str = ""
    """What prices are in, such as EUR."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot work, naming the setting."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("price_") or field.name == "video_likeness_db":
                if isinstance(value, float) and not 0 <= value < math.inf:
                    raise Misconfigured(f"media.{field.name} must be zero or more, not {value!r}.")
            elif isinstance(value, str):
                # The value itself is a secret.
                if value and len(value) < _KEY_CHARACTERS_MIN:
                    raise Misconfigured(f"media.{field.name} must have {_KEY_CHARACTERS_MIN} characters or more.")
            elif field.name in {"cold_after_days", "refine_after_plays", "released_lifetime_s"}:
                if value < 0:
                    raise Misconfigured(f"media.{field.name} must be zero or more, not {value!r}.")
            elif field.name == "match_distance_max" and value > DISTANCE_MAX:
                raise Misconfigured(f"media.{field.name} must be {DISTANCE_MAX} or less, not {value!r}.")
            elif value <= 0:
                raise Misconfigured(f"media.{field.name} must be greater than zero, not {value!r}.")
