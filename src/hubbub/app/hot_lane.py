"""HTTP with a hot lane: uvicorn's protocol, but a request whose answer lies ready gets it without being parsed.

Only a GET below one path, alone in its segment, on a connection with nothing under way, and with no header that could
change the answer but Accept. Everything else, whatever is unusual about it, takes the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_BEGIN: Final = b"GET /media/files/"
_END: Final = b"\r\n\r\n"
_HEAD_BYTES_MAX: Final = 8192
_VERSION: Final = b" HTTP/1.1\r\n"
_UNUSUAL: Final = re.compile(
    # Conditions and ranges; what frames or ends a message; what switches protocols; folded lines, and odd ends of some.
    rb"\r\n(?:range|if-|content-length|transfer-encoding|connection[ \t]*:(?![ \t]*keep-alive[ \t]*\r)|upgrade|expect"
    rb"|te|trailer|[ \t])|[^\r]\n|\r[^\n]|\x00",
    re.IGNORECASE,
)
_ACCEPT: Final = re.compile(rb"\r\naccept:[ \t]*([^\r]*)", re.IGNORECASE)


class Answer(Protocol):
    """A whole answer."""

    @property
    def head(self) -> bytes:
        """Return the headers with their line ends, without the date."""
        ...

    @property
    def body(self) -> bytes:
        """Return the body."""
        ...


Find = Callable[[bytes, bytes], Answer | None]
"""Returns the answer to a target with an Accept header, both as they came; None takes the usual way."""


class HotLaneProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with the lane in front."""

    find: ClassVar[Find]
    _is_between = True
    """Whether the next byte begins a request."""
    _answered_s = 0.0
    """When the lane answered last, by the loop's clock."""

    @override
    def data_received(self, data: bytes) -> None:
        if data.startswith(_BEGIN) and self._is_between and self._answer(data):
            return
        self._is_between = False
        super().data_received(data)

    @override
    def on_message_begin(self) -> None:
        self._is_between = False
        super().on_message_begin()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_between = True

    @override
    def timeout_keep_alive_handler(self) -> None:
        """Close a connection without requests; those of the lane count."""
        left_s = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0 and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(left_s, self.timeout_keep_alive_handler)
            return
        super().timeout_keep_alive_handler()

    def _answer(self, data: bytes) -> bool:
        """Answer a request from the lane; return whether it was."""
        under_way = cast("RequestResponseCycle | None", self.cycle)
        if self.flow.write_paused or (under_way is not None and not under_way.response_complete):
            return False
        asked = read(data)
        found = None if asked is None else type(self).find(*asked)
        if found is None:
            return False
        lines = [b"HTTP/1.1 200 OK\r\n"]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (found.head, b"\r\n", found.body)
        self.transport.writelines(lines)
        self.server_state.total_requests += 1
        self._answered_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        return True


def lane(find: Find) -> type[HotLaneProtocol]:
    """Return the class for uvicorn's ``http=``."""
    return type("HotLane", (HotLaneProtocol,), {"find": staticmethod(find)})


def read(data: bytes) -> tuple[bytes, bytes] | None:
    """Return target and Accept header of a request for the lane; None when it is not one, or not surely."""
    if len(data) > _HEAD_BYTES_MAX or data.find(_END) != len(data) - len(_END):
        return None
    end = data.find(b" ", len(_BEGIN))
    if data[end : end + len(_VERSION)] != _VERSION or _UNUSUAL.search(data) is not None:
        return None
    accepts: list[bytes] = _ACCEPT.findall(data)
    if len(accepts) > 1:
        return None
    return data[4:end], accepts[0] if accepts else b""
