"""Errors of the gateway. Most of what goes wrong on a socket is a close code and no exception."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError, Overloaded


class DirectoryUnavailable(Overloaded):
    """The community did not answer after several tries."""

    code = "gateway.directory_unavailable"
    default_sentence = "The gateway cannot reach the community's records. Reconnect shortly."


class SessionFileBroken(HubbubError):
    """The file of sessions that a stop left behind cannot be read; sessions start anew."""

    code = "gateway.session_file_broken"
    default_sentence = (
        "The saved gateway sessions cannot be read. Clients will identify anew; nothing else is affected."
    )
    report = True
