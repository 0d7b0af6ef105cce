"""How large a picture may be before anything decodes it.

A file of a few kilobytes can name 30,000 x 30,000 pixels or ten thousand frames; what decoding costs follows what the
header names, not what the file weighs. So the header is read first (`domain/headers.py`), and refused here.
"""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.media.domain.headers import Header
from hubbub.media.errors import TooManyFrames, TooManyPixels


@dataclass(frozen=True, slots=True)
class Budget:
    """What one picture may ask of a decoder."""

    side_max: int = 30_000
    """Pixels along a side; panoramas of phones have up to about 16,000."""
    pixels_max: int = 110_000_000
    """Pixels of one frame: the largest sensors of phones in wide use give 108 megapixels."""
    frames_max: int = 2_000
    """Frames of an animation: more than a minute at 30 a second."""
    pixel_frames_max: int = 300_000_000
    """Pixels of all frames together: 498 x 498 over 1,200 frames, or 1080p over 144."""

    def check(self, header: Header) -> None:
        """Return when a picture may be decoded.

        Raises:
            TooManyPixels: A side, a frame, or all frames together have more pixels than allowed.
            TooManyFrames: There are more frames than allowed.
        """
        if max(header.width, header.height) > self.side_max:
            raise TooManyPixels(f"The picture is {header.width} by {header.height} pixels; a side has {self.side_max}.")
        if header.pixels_max > self.pixels_max:
            raise TooManyPixels(
                f"The picture has {header.pixels_max // 1_000_000} megapixels; {self.pixels_max // 1_000_000} are read."
            )
        if header.frames > self.frames_max:
            raise TooManyFrames(f"The animation has more than {self.frames_max} frames.")
        if header.frames > 1 and header.pixels_max * header.frames > self.pixel_frames_max:
            raise TooManyPixels(
                f"The animation's {header.frames} frames have {header.pixels_max * header.frames // 1_000_000} "
                f"megapixels together; {self.pixel_frames_max // 1_000_000} are read."
            )
