"""The `hubbub` command."""

from __future__ import annotations

import sys

from hubbub.kernel.errors import HubbubError


def main() -> None:
    """Run the command line; an error of ours ends it with its sentence and status 1."""
    from hubbub.app.cli.commands import app
    from hubbub.app.cli.printing import print_error
    from hubbub.app.errors import MachineRefused

    try:
        app(prog_name="hubbub")
    except HubbubError as problem:
        print_error(problem, as_json="--json" in sys.argv)
        sys.exit(1)
    except OSError as problem:
        where = f": {problem.filename}" if problem.filename else ""
        print_error(
            MachineRefused(f"The machine refused: {problem.strerror or problem}{where}."), as_json="--json" in sys.argv
        )
        sys.exit(1)
