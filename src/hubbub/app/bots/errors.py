"""What can keep a bot program from starting, each with what to do about it."""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError


class BotError(HubbubError):
    """Base of the errors of `hubbub bot run`."""

    code = "bot.failed"
    default_sentence = "The bot program could not be started."


class ProgramMissing(BotError):
    """The named file is not there, or is not a file."""

    code = "bot.program_missing"


class ProgramUnknown(BotError):
    """The file's ending names no language that Hubbub can redirect."""

    code = "bot.program_unknown"


class InterpreterMissing(BotError):
    """Python or Node, whichever the program needs, is not installed."""

    code = "bot.interpreter_missing"


class LibraryMissing(BotError):
    """The program imports a library that its interpreter does not find."""

    code = "bot.library_missing"


class ServerUnreachable(BotError):
    """Nothing answers at the address, or what answers is not Hubbub."""

    code = "bot.server_unreachable"


class TokenRefused(BotError):
    """The server does not know the token."""

    code = "bot.token_refused"
