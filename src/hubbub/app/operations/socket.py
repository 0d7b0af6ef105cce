"""The socket in the data folder on which a running server takes operations: one JSON document per line.

The folder belongs to the operator alone, and so does the socket: whoever can open it may do everything. A caller that
hangs up cancels what it asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from hubbub.app.errors import OperationFailed
from hubbub.app.operations.requests import Answer, AnyRequest, Done, Failed, Progress
from hubbub.kernel import telemetry
from hubbub.kernel.errors import FieldProblem, HubbubError

Report = Callable[[Progress], None]
Perform = Callable[[AnyRequest, Report], Awaitable[dict[str, object]]]

_LINE_BYTES_MAX = 1024 * 1024
_PATH_BYTES_MAX = 100
"""Systems bound a socket's path at 104 or 108 bytes."""

_log = telemetry.logger(__name__)
_requests: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


@contextlib.asynccontextmanager
async def serve(path: Path, perform: Perform) -> AsyncIterator[None]:
    """Take operations at `path` while the context lasts; the caller holds the data folder."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, perform)
        finally:
            writer.close()

    listener = _listen(path)
    server = await asyncio.start_unix_server(connected, sock=listener, limit=_LINE_BYTES_MAX)
    try:
        yield
    finally:
        server.close()
        _remove(path)


async def ask(path: Path, request: AnyRequest, report: Report) -> dict[str, object] | None:
    """Have the server behind `path` do `request`; return its facts, or None when no server runs.

    Raises:
        HubbubError: The server refused or failed.
    """
    try:
        with _reachable(path) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=_LINE_BYTES_MAX)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(msgspec.json.encode(request) + b"\n")
        await writer.drain()
        while line := await reader.readline():
            match _answers.decode(line):
                case Progress() as progress:
                    report(progress)
                case Done(facts=facts):
                    return facts
                case Failed() as failed:
                    raise Refused(failed)
        raise OperationFailed(
            "The server stopped before it had done this. Start it again, then look whether it was done."
        )
    finally:
        writer.close()


class Refused(HubbubError):
    """The running server's own error, as it arrives here."""

    def __init__(self, failed: Failed) -> None:
        """Repeat what the server said."""
        super().__init__(failed.sentence, fields=[FieldProblem(path, "", told) for path, told in failed.fields])
        self.told_code = failed.code


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, perform: Perform) -> None:
    def send(answer: Answer) -> None:
        writer.write(msgspec.json.encode(answer) + b"\n")

    try:
        request = _requests.decode(await reader.readline())
    except (ValueError, msgspec.ValidationError) as problem:
        send(Failed("operation.unknown", f"The server does not understand this operation: {problem}"))
        return
    work = asyncio.ensure_future(perform(request, send))
    gone = asyncio.ensure_future(reader.read(1))
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not work.done():
        work.cancel()
    try:
        send(Done(await work))
    except asyncio.CancelledError:
        return
    except HubbubError as problem:
        fields = [(field.path, field.sentence) for field in problem.fields]
        send(Failed(problem.code, problem.sentence, fields))
    except Exception:  # noqa: BLE001 - a failed operation must not end the server; its cause goes to the log
        _log.exception("an operation failed", operation=type(request).__name__)
        send(Failed(OperationFailed.code, OperationFailed.default_sentence))
    with contextlib.suppress(ConnectionError):
        await writer.drain()


def _listen(path: Path) -> socket.socket:
    _remove(path)
    listener = socket.socket(socket.AF_UNIX)
    with _reachable(path) as address:
        listener.bind(address)
    path.chmod(0o600)
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """Give an address short enough for the system: a long path is reached through its opened folder."""
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
