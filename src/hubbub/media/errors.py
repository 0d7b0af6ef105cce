"""Errors of media. What a client does wrong has a stable code and names the header or field at fault."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class MediaError(HubbubError):
    """Base of media's own errors."""

    code = "media.failed"
