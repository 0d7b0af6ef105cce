"""Errors of media. What a client does wrong has a stable code and names the header or field at fault."""

from __future__ import annotations

from hubbub.kernel.errors import FieldProblem, HubbubError


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


class HeaderRefused(MediaError):
    """A header of an upload request is missing or cannot be used; `header` and the sentence name it."""

    code = "media.header_refused"
    status = 400
    default_sentence = "A header of the request cannot be used."

    def __init__(self, header: str, sentence: str) -> None:
        """Make the error.

        Args:
            header: Its name, e.g. ``Upload-Offset``.
            sentence: What is accepted, for a person.
        """
        self.header = header
        super().__init__(f"{header}: {sentence}", fields=[FieldProblem(header, "HEADER_INVALID", sentence)])


class VersionRefused(MediaError):
    """The request speaks another version of tus, or none."""

    code = "media.version_refused"
    status = 412
    default_sentence = "Send the header Tus-Resumable: 1.0.0."


class MethodRefused(MediaError):
    """The address of an upload, or of all uploads, does not take this method."""

    code = "media.method_refused"
    status = 405
    default_sentence = "This method cannot be used here."


class KeyRefused(MediaError):
    """The request comes without a media key that is good."""

    code = "media.key_refused"
    status = 401
    default_sentence = "Send a media key: Authorization: Bearer KEY.SECRET."


class KeyUnknown(MediaError):
    """No media key that was given out is called this."""

    code = "media.key_unknown"
    status = 404
    default_sentence = "There is no such key. `hubbub key list` shows those there are."


class UploadUnknown(MediaError):
    """No upload of this owner has that id, or it was ended."""

    code = "media.upload_unknown"
    status = 404
    default_sentence = "There is no such upload."


class UploadExpired(MediaError):
    """The upload was not finished in time; it has to begin anew."""

    code = "media.upload_expired"
    status = 410
    default_sentence = "The upload was not finished in time. Begin a new one."


class UploadIsFinal(MediaError):
    """A final upload is made of its parts and takes no bytes of its own."""

    code = "media.upload_is_final"
    status = 403
    default_sentence = "A final upload takes no bytes of its own."


class OffsetConflict(MediaError):
    """The upload holds another number of bytes than the request says; `HEAD` tells how many."""

    code = "media.offset_conflict"
    status = 409
    default_sentence = "Upload-Offset is not what the upload holds. Ask with HEAD, and go on from there."


class UploadLocked(MediaError):
    """Another request is writing to the upload."""

    code = "media.upload_locked"
    status = 423
    default_sentence = "Another request is writing to this upload. Try again when it is done."


class ContentTypeRefused(MediaError):
    """A body of an upload request says that it is something else."""

    code = "media.content_type_refused"
    status = 415
    default_sentence = "Send bytes with Content-Type: application/offset+octet-stream."


class UploadTooLarge(MediaError):
    """An upload is, or would become, larger than its length or than this server takes."""

    code = "media.upload_too_large"
    status = 413
    default_sentence = "The upload is larger than this server takes."


class UploadsTooMany(MediaError):
    """An owner has as many unfinished uploads as there may be."""

    code = "media.uploads_too_many"
    status = 429
    default_sentence = "Too many uploads are unfinished. Finish or end some first."


class ChecksumMismatch(MediaError):
    """The bytes that arrived are not those that the checksum was made of; none of them were kept."""

    code = "media.checksum_mismatch"
    status = 460
    default_sentence = "The bytes do not have this checksum. None of them were kept; send them again."
