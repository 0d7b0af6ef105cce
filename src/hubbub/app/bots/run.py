"""The whole of `hubbub bot run`: read the program, ask the server, become the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hubbub.app.bots.launch import become, choose_token, plan_launch
from hubbub.app.bots.program import read_program
from hubbub.app.bots.server import find_server

DEFAULT_URL = "http://127.0.0.1:8080"
"""Where `hubbub up` listens unless told otherwise."""


def run_bot(
    file: Path,
    *,
    environment: Mapping[str, str],
    url: str = DEFAULT_URL,
    token: str | None = None,
    interpreter: str | None = None,
    arguments: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Run a bot's program against the server at `url`; returns only by raising.

    Args:
        file: The program, Python or JavaScript.
        environment: What the program inherits; also searched for a token.
        url: Base URL of the server.
        token: The bot's token; None searches the environment, see `launch.choose_token`.
        interpreter: Python or Node to use instead of the usual one.
        arguments: Passed on to the program.
        say: Told one line for a person just before the program starts.

    Raises:
        BotError: The program cannot be started; the sentence says why and what to do.
    """
    program = read_program(file)
    chosen = choose_token(token, environment)
    server = find_server(url, chosen)
    launch = plan_launch(program, server, chosen, environment, interpreter=interpreter, arguments=arguments)
    say(f"Running {file.name} ({program.language.value}) against {server.url}")
    become(launch)
