"""Reading a hostile file's structure within bounds: every step costs from one allowance, every slice is checked."""

from __future__ import annotations

from hubbub.media.errors import DamagedMedia

STEPS_MAX = 400_000
"""Steps that reading one header may take: boxes, chunks, segments or blocks; about 0.1 s in the worst case."""


class Cursor:
    """Checked reads over `data`, which may be `bytes`, a memory map, or a view of either; nothing is copied but slices.

    Every method raises `DamagedMedia` where the file ends before what its structure promises, or where it makes
    its reader take more than `STEPS_MAX` steps.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        """Read `data`, from its beginning to its end."""
        self._view = memoryview(data)
        self.size = len(self._view)
        self._steps = 0

    def step(self) -> None:
        """Count one step."""
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise DamagedMedia("The file's structure has more parts than are read.")

    def bytes(self, at: int, count: int) -> bytes:
        """Return exactly `count` bytes from offset `at`."""
        if at < 0 or count < 0 or at + count > self.size:
            raise DamagedMedia("The file ends before its header does.")
        return bytes(self._view[at : at + count])

    def byte(self, at: int) -> int:
        """Return the byte at offset `at`, counting a step."""
        self.step()
        if not 0 <= at < self.size:
            raise DamagedMedia("The file ends before its header does.")
        return self._view[at]

    def big(self, at: int, count: int) -> int:
        """Return the unsigned big-endian number in `count` bytes from offset `at`."""
        return int.from_bytes(self.bytes(at, count))

    def little(self, at: int, count: int) -> int:
        """Return the unsigned little-endian number in `count` bytes from offset `at`."""
        return int.from_bytes(self.bytes(at, count), "little")
