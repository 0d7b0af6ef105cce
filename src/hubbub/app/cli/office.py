"""Gets an operation done, by the running server when there is one, else right here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from hubbub.app.config import Config
from hubbub.app.errors import DataInUse, ServerGone
from hubbub.app.folder import DataFolder
from hubbub.app.operations.requests import AnyRequest, Progress
from hubbub.app.operations.socket import ask
from hubbub.kernel import telemetry

_STARTING_S = 10.0
"""A server holds its folder a moment before it answers, and a moment after it stopped answering."""
_RETRY_S = 0.1


def carry_out(
    config: Config, request: AnyRequest, *, show_progress: bool = False, only_server: bool = False
) -> dict[str, object]:
    """Return the facts of `request`, done on the data folder that `config` names.

    Raises:
        ServerGone: No server runs, and `only_server` says that nobody else can do it.
        HubbubError: It was refused or failed; nothing was done.
    """
    with _reporting(show_progress) as report:
        if only_server:
            facts = asyncio.run(ask(DataFolder(config.data).operations, request, report))
            if facts is None:
                raise ServerGone
            return facts
        return asyncio.run(_carry_out(config, request, report))


async def _carry_out(config: Config, request: AnyRequest, report: Callable[[Progress], None]) -> dict[str, object]:
    folder = DataFolder(config.data)
    deadline = asyncio.get_running_loop().time() + _STARTING_S
    while True:
        facts = await ask(folder.operations, request, report)
        if facts is not None:
            return facts
        try:
            folder.hold()
            break
        except DataInUse:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_RETRY_S)
    # Imported here: when a server answers, the command needs none of the engines.
    from hubbub.app.house import open_house
    from hubbub.app.operations.perform import Operations

    # What a command finds out goes to standard output; lines about it go beside, and only when they matter.
    telemetry.start_logging("warning", config.log_format)
    with folder:
        async with open_house(config, folder) as house:
            return await Operations(house).perform(request, report)


@contextlib.contextmanager
def _reporting(show: bool) -> Iterator[Callable[[Progress], None]]:
    if not show:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Starting", total=None)
        yield lambda progress: bar.update(
            task, description=progress.label, completed=progress.done, total=progress.total
        )
