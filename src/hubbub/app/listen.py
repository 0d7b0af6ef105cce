"""Takes the one TCP port, before anything slow happens, so that a taken port is told at once."""

from __future__ import annotations

import errno
import socket

from hubbub.app.errors import AddressUnusable, PortTaken

_BACKLOG = 2048
_DEFAULT_PORT = 8080


def listen(host: str, port: int) -> socket.socket:
    """Return a socket listening on `host` and `port` (0: any free one).

    Raises:
        PortTaken: Another program listens there.
        AddressUnusable: The host is not this machine's, or the port needs rights that the process lacks.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as problem:
        raise AddressUnusable(
            f"The host to listen on is {host!r}, which is no address of this machine. "
            "Use 127.0.0.1 for this machine alone or 0.0.0.0 for all networks (HUBBUB_HOST, or host in hubbub.toml)."
        ) from problem
    listener = socket.socket(family, kind, protocol)
    # A restart must not wait for the old connections' time to run out.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as problem:
        listener.close()
        if problem.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from problem
        if problem.errno == errno.EACCES:
            remedy = f"ports below 1024 belong to the system. Choose one above, such as HUBBUB_PORT={_DEFAULT_PORT}"
        else:
            remedy = f"{problem.strerror}. Choose another address with HUBBUB_HOST"
        raise AddressUnusable(f"Hubbub cannot listen on {host} port {port}: {remedy}.") from problem
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address under which this machine's own browser reaches `listener`."""
    host, port = listener.getsockname()[:2]
    return local_url(host, port)


def local_url(host: str, port: int) -> str:
    """Return the address under which this machine reaches what listens on `host` and `port`."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
