"""Requests that cannot be read as they came."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class MethodNotAllowed(HubbubError):
    """The path exists, but not for this method."""

    code = "request.method"
    status = 405
    default_sentence = "405: Method Not Allowed"


class MalformedBody(HubbubError):
    """The body is not what its Content-Type says."""

    code = "request.malformed"
    status = 400
    json_code = 50109
    default_sentence = "The request body contains invalid JSON."


class UnsupportedMediaType(HubbubError):
    """The body's Content-Type is not one the route reads."""

    code = "request.media_type"
    status = 415
    json_code = 50035
    default_sentence = "Send application/json, or multipart/form-data where the route takes files."


class TooLarge(HubbubError):
    """The body is larger than accepted."""

    code = "request.too_large"
    status = 413
    json_code = 40005
    default_sentence = "Request entity too large"


class InvalidImage(HubbubError):
    """The upload is no picture of an accepted format."""

    code = "image.invalid"
    status = 400
    json_code = 50046
    default_sentence = "Send a PNG, JPEG, GIF or WebP picture."


class ImageTooLarge(HubbubError):
    """The picture is larger than the route takes."""

    code = "image.too_large"
    status = 400
    json_code = 50045
    default_sentence = "The picture is too large."
