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


class PictureTooHeavy(MediaError):
    """The picture's file has more bytes than are decoded, whatever its header names."""

    code = "media.picture_too_heavy"
    status = 422
    default_sentence = "The picture's file is larger than 128 MiB, more than is read."


class NotARecording(MediaError):
    """The bytes are no video or sound that is opened, whatever the file's name says."""

    code = "media.not_a_recording"
    status = 415
    default_sentence = "This file is no video or sound that can be played: send MP4, MOV, WebM, MP3, Ogg, WAV or FLAC."


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


class QuotaFull(MediaError):
    """An owner's files would take more bytes than one owner's may."""

    code = "media.quota_full"
    status = 413
    default_sentence = "There is no room for this file among yours. Remove some first."


class TokenRefused(MediaError):
    """The token in an upload's address is not the one that was given out for it."""

    code = "media.token_refused"
    status = 403
    default_sentence = "The token of this upload's address is not good."


class ChecksumMismatch(MediaError):
    """The bytes that arrived are not those that the checksum was made of; none of them were kept."""

    code = "media.checksum_mismatch"
    status = 460
    default_sentence = "The bytes do not have this checksum. None of them were kept; send them again."


class AssetUnknown(MediaError):
    """No file is at this address, or none that it opens."""

    code = "media.asset_unknown"
    status = 404
    default_sentence = "There is no such file."


class AssetUnready(MediaError):
    """The picture has nothing yet that it could be shown from."""

    code = "media.asset_unready"
    status = 409
    default_sentence = "The picture is not ready to be shown."


class JobUnknown(MediaError):
    """No parked job has that id."""

    code = "media.job_unknown"
    status = 404
    default_sentence = "There is no such parked job. `hubbub media parked` shows those there are."


class AddressForged(MediaError):
    """The signature of an address is not one that was given out for it."""

    code = "media.address_forged"
    status = 403
    default_sentence = "This address was not given out like this."


class AddressExpired(MediaError):
    """The time for which an address was given out is over."""

    code = "media.address_expired"
    status = 403
    default_sentence = "This address has expired. Ask for a new one where you found it."


class RenderFailed(MediaError):
    """A picture could not be rendered like this a moment ago, so it is not tried again yet."""

    code = "media.render_failed"
    status = 422
    default_sentence = "The picture cannot be rendered like this."


class SandboxError(MediaError):
    """Base of what comes of reading a file in the sandbox."""

    code = "media.sandbox"


class SandboxCrashed(SandboxError):
    """The file broke the program that read it; nothing else was touched."""

    code = "media.sandbox.crashed"
    status = 422
    default_sentence = "The file cannot be read: it broke the program that reads it."

    def __init__(self, sentence: str | None = None, *, reason: str = "") -> None:
        """Make the error; `reason` names the signal, for logs."""
        super().__init__(sentence)
        self.reason = reason


class SandboxOutOfTime(SandboxError):
    """Reading the file took longer than a file may."""

    code = "media.sandbox.out_of_time"
    status = 422
    default_sentence = "The file takes too long to read."


class SandboxOutOfMemory(SandboxError):
    """Reading the file wanted more memory than a file may."""

    code = "media.sandbox.out_of_memory"
    status = 422
    default_sentence = "The file takes too much memory to read."


class SandboxRefused(SandboxError):
    """The program that read the file tried what it may not, as one does that the file has taken over."""

    code = "media.sandbox.refused"
    status = 422
    default_sentence = "The file cannot be read: it made the program that reads it overstep its bounds."
    report = True

    def __init__(self, sentence: str | None = None, *, reason: str = "") -> None:
        """Make the error; `reason` says what was tried, for logs."""
        super().__init__(sentence)
        self.reason = reason


class SandboxJobFailed(SandboxError):
    """The program that read the file says why it cannot."""

    code = "media.sandbox.failed"
    status = 422
    default_sentence = "The file cannot be read."

    def __init__(self, sentence: str | None = None, *, kind: str, detail: str = "") -> None:
        """Make the error.

        Args:
            sentence: Public sentence; None takes the class's.
            kind: Name of the exception that was raised there, or ``exit`` for a program.
            detail: Its text, for logs: it may hold words of the file.
        """
        super().__init__(sentence)
        self.kind = kind
        self.detail = detail


class SandboxBusy(SandboxError):
    """As many files wait to be read as may; nothing was begun."""

    code = "media.sandbox.busy"
    status = 503
    default_sentence = "Too many files are being read. Nothing was lost; try again shortly."

    def __init__(self, sentence: str | None = None, *, retry_after_s: float = 1.0) -> None:
        """Make the error; `retry_after_s` is the wait in seconds that the client is told."""
        super().__init__(sentence, retry_after_s=retry_after_s)


class SandboxLost(SandboxError):
    """The process that reads files ended in between; it is started again for the next."""

    code = "media.sandbox.lost"
    status = 503
    default_sentence = "Reading the file was interrupted. Nothing was lost; try again shortly."

    def __init__(self, sentence: str | None = None, *, retry_after_s: float = 1.0) -> None:
        """Make the error; `retry_after_s` is the wait in seconds that the client is told."""
        super().__init__(sentence, retry_after_s=retry_after_s)


class SandboxUnavailable(SandboxError):
    """There can be no sandbox here, so files of strangers are not read at all."""

    code = "media.sandbox.unavailable"
    status = 503
    default_sentence = "This server cannot read files safely. Its operator is told by: hubbub doctor"
    report = True


class OriginalDamaged(MediaError):
    """What is stored of a file is not what came; nothing of it is delivered."""

    code = "media.original_damaged"
    default_sentence = "This file was damaged where it is stored."


class LinkError(MediaError):
    """Base of what goes wrong with a link that is to be previewed; the message stays without a preview."""

    code = "media.link.failed"
    status = 422
    default_sentence = "There is no preview of this link."

    def __init__(self, sentence: str | None = None, *, reason: str = "") -> None:
        """Make the error; `reason` says why, for logs: a member is not told what this server can reach."""
        super().__init__(sentence)
        self.reason = reason


class LinkRefused(LinkError):
    """The link, or what it redirects to, leads where this server does not go."""

    code = "media.link.refused"
    default_sentence = "This link leads where previews are not fetched from."


class LinkUnreachable(LinkError):
    """Nobody answered in time, or not in HTTP."""

    code = "media.link.unreachable"
    default_sentence = "The link's server does not answer."


class LinkUnsuitable(LinkError):
    """What was answered can be no preview: an error, a type that is not read, or more than is read."""

    code = "media.link.unsuitable"
    default_sentence = "The link leads to nothing that can be shown as a preview."
