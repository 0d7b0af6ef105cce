"""What can keep a process or a command from doing its work, each with what helps."""

from __future__ import annotations

from pathlib import Path

from hubbub.kernel.errors import HubbubError


class AppError(HubbubError):
    """Base of the errors of starting, stopping and operating a process."""

    code = "app.failed"
    default_sentence = "The command could not be carried out."


class PortTaken(AppError):
    """Another program listens on the port."""

    code = "app.port_taken"

    def __init__(self, host: str, port: int) -> None:
        """Name the address that is taken."""
        super().__init__(
            f"Port {port} on {host} is taken by another program. Stop it, or choose another port: "
            f"HUBBUB_PORT={port + 1 if port < 65535 else 8080}."  # noqa: PLR2004 - the last port there is
        )


class AddressUnusable(AppError):
    """The machine does not let us listen there."""

    code = "app.address_unusable"


class ListUnreadable(AppError):
    """A file that a command was given cannot be read."""

    code = "app.list_unreadable"


class DataInUse(AppError):
    """Another Hubbub process works on the data folder."""

    code = "app.data_in_use"

    def __init__(self, folder: Path, holder: str) -> None:
        """Name the folder and the process id of its holder, empty when unknown."""
        self.holder = f"process {holder}" if holder else "another process"
        super().__init__(
            f"{self.holder.capitalize()} already works on {folder}. Stop it, or choose another folder with HUBBUB_DATA."
        )


class DataUnusable(AppError):
    """The data folder cannot be made or written."""

    code = "app.data_unusable"


class UnknownRole(AppError):
    """`--roles` names a role that this version does not have."""

    code = "app.unknown_role"
    status = 400


class WebClientMissing(AppError):
    """The web client was not built."""

    code = "app.web_client_missing"
    status = 503
    default_sentence = (
        "The web client is not built yet. Build it with `make run`, or `npm ci && npm run build` in web/."
    )


class NotOperator(AppError):
    """Operations pages answer the machine itself and administrators only."""

    code = "app.not_operator"
    status = 403
    default_sentence = "This page answers requests from the machine itself and from administrators only."


class OperationFailed(AppError):
    """An operation failed in the running server for a reason that its log tells."""

    code = "app.operation_failed"
    default_sentence = "The running server could not do this; its log says why."


class MachineRefused(AppError):
    """The operating system refused what a command needs: no room, no rights, no such file."""

    code = "app.machine_refused"


class ServerGone(AppError):
    """No server answers, or the one that did has stopped."""

    code = "app.server_gone"
    default_sentence = "No server answers on this data folder. Start it with `make run` or `hubbub up`, then try again."


class UnknownGuildRole(AppError):
    """The guild has no such role, or several of that name."""

    code = "app.unknown_guild_role"
    status = 404


class UnknownBenchmark(AppError):
    """There is no benchmark of this name."""

    code = "app.unknown_benchmark"
    status = 404


class FilesUnavailable(AppError):
    """Media does not run in this process, so that no file can be taken in or shown."""

    code = "app.files_unavailable"
    status = 503
    default_sentence = "Files are not kept by this process. Try again in a moment."
