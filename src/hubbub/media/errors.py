"""Errors of media. What a client does wrong has a stable code and names the header or field at fault."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class MediaError(HubbubError):
    """Base of media's own errors."""

    code = "media.failed"


class NotAPicture(MediaError):
    """The bytes are no picture that is decoded, whatever the file's name says."""

    code = "media.not_a_picture"
    status = 415
    default_sentence = "This file is no picture that can be shown: send JPEG, PNG, GIF, WebP, AVIF or HEIC."


class DamagedMedia(MediaError):
    """The file is cut short, contradicts itself, or names more parts than are read."""

    code = "media.damaged"
    status = 422
    default_sentence = "The file is damaged and cannot be read."


class TooManyPixels(MediaError):
    """The picture's header names more pixels than are decoded."""

    code = "media.too_many_pixels"
    status = 422
    default_sentence = "The picture has more pixels than are read."


class TooManyFrames(MediaError):
    """The animation has more frames than are decoded."""

    code = "media.too_many_frames"
    status = 422
    default_sentence = "The animation has more frames than are read."
