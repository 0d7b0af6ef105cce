"""Settings of the embedded event log."""

from __future__ import annotations

import msgspec

from hubbub.events.log.port import RECORD_BYTES_MAX
from hubbub.kernel.errors import Misconfigured

KIB = 1024
MIB = 1024 * KIB


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may change; the defaults suit one machine with a solid-state disk."""

    group_commit_ms: float = 2.0
    """Milliseconds that the first append of a group waits for company before the disk is asked, 0 to 100. More saves
    the disk, less answers sooner."""
    group_bytes: int = MIB
    """Queued bytes at which a group goes to the disk without waiting any longer."""
    queue_bytes_max: int = 32 * MIB
    """Most bytes queued before the disk; an append beyond them is refused with `LogOverloaded`."""
    record_bytes_max: int = RECORD_BYTES_MAX
    """Most bytes of one key or value."""
    segment_bytes: int = 32 * MIB
    """Size in bytes at which a partition begins its next file; a group is never split, so files may end a little
    beyond. Retention removes whole files, so this is also its grain."""
    segment_age_ms_max: int = 86_400_000
    """Milliseconds after its first record at which a file ends even if small, so that retention by age can reach it."""
    index_bytes: int = 8 * KIB
    """Bytes of a segment per entry of its sparse index: the most that a seek reads for nothing."""
    maintenance_s: float = 30.0
    """Seconds between two looks for segments that retention no longer keeps."""
    truncate_damage: bool = False
    """Whether to start when acknowledged records at the end of a partition are damaged, giving up every record from
    the damage on. False refuses to start and names the file."""

    def __post_init__(self) -> None:
        """Refuse values that cannot work, naming the setting."""
        for name, low, high in (
            ("group_commit_ms", 0, 100),
            ("group_bytes", 1, 1024 * MIB),
            ("queue_bytes_max", KIB, 1024 * MIB),
            ("record_bytes_max", 1, 64 * MIB),
            ("segment_bytes", KIB, 1024 * MIB),
            ("segment_age_ms_max", 1, 10 * 365 * 86_400_000),
            ("index_bytes", 64, MIB),
            ("maintenance_s", 0.001, 86_400),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise Misconfigured(f"events.{name} is {value}; it takes {low} to {high}.")
