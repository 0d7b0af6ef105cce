"""What a picture is recognised by, from its pixels. Runs inside the sandbox.

Written with libvips and plain Python rather than with the package of the reference, which brings NumPy: a process that
forks for each picture should neither load that nor start its threads. Tests compare the two.
"""

from __future__ import annotations

from typing import Final

import pyvips

from hubbub.media.adapters import vips
from hubbub.media.domain.perceptual import SIDE, Fingerprint, fingerprint

_SIDE: Final = 512
"""Pixels that the reference's programs scale to before they begin."""
_STEP: Final = _SIDE // SIDE
_TENT: Final = (1, 2, 3, 4, 3, 2, 1)
"""Two box filters of four pixels, one after the other."""
_FIRST: Final = 5
"""Where the first value is taken: the reference takes the middle of each eight, and its even boxes lean by one."""
_BACKGROUND: Final = 255


def fingerprint_of(image: pyvips.Image) -> Fingerprint:
    """Return the fingerprint of a picture in sRGB; what is transparent counts as white."""
    square = vips.resized(image, _SIDE, _SIDE)
    if vips.has_alpha(square):
        square = square.flatten(background=[_BACKGROUND])
    luma = square if square.bands == 1 else square.recomb(pyvips.Image.new_from_array([[0.299, 0.587, 0.114]]))
    across = pyvips.Image.new_from_array([list(_TENT)], sum(_TENT))
    smooth = luma.conv(across, precision="float").conv(across.rot90(), precision="float")
    wide = smooth.embed(0, 0, _SIDE + _STEP, _SIDE + _STEP, extend="copy")
    sampled = wide.crop(_FIRST, _FIRST, _SIDE, _SIDE).subsample(_STEP, _STEP)
    return fingerprint(memoryview(sampled.cast("float").write_to_memory()).cast("f").tolist())
