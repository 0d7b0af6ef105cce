"""Settings of media."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hubbub.kernel.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """Limits of uploads; the defaults suit one machine with people who share videos."""

    upload_bytes_max: int = 10 * 1024 * 1024 * 1024
    """Largest upload in bytes."""
    upload_lifetime_s: int = 86_400
    """Seconds that an unfinished upload is kept after its last bytes."""
    upload_silence_s: int = 20
    """Seconds without a byte after which a request that uploads is taken for cut off; what came is kept."""
    uploads_per_owner_max: int = 200
    """Unfinished uploads of one media key, parts that wait to be joined among them."""
    jobs_parallel: int = 2
    """Files that are looked at and decoded at a time, each in a process of its own with up to a gigabyte of memory."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot work, naming the setting."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value <= 0:
                raise Misconfigured(f"media.{field.name} must be greater than zero, not {value!r}.")
