"""`hubbub bot run` changes where a library connects, and nothing else about the program."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.app.bots.errors import InterpreterMissing, LibraryMissing, ProgramMissing, ProgramUnknown
from hubbub.app.bots.launch import TOKEN_VARIABLES, choose_token, plan_launch
from hubbub.app.bots.program import Language, read_program
from hubbub.app.bots.server import Server

SERVER = Server("http://127.0.0.1:9", "ws://127.0.0.1:9/gateway/")
MINIMAL = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node 20 or newer is not on the path")


def run(file: Path, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program as `hubbub bot run` would, without replacing the test."""
    launch = plan_launch(read_program(file), SERVER, "the-token", environment or MINIMAL, arguments=arguments)
    return subprocess.run(
        launch.arguments, env=launch.environment, capture_output=True, text=True, timeout=60, check=False
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_discord_py_program_connects_to_the_server(tmp_path):
    file = write(
        tmp_path / "bot.py",
        "import json, os, sys\n"
        "import discord\n"
        "from discord.ext import commands\n"
        "from discord.gateway import DiscordWebSocket\n"
        "from discord.http import Route\n"
        "print(json.dumps([__name__, sys.argv[1:], os.environ['DISCORD_TOKEN'], Route('GET', '/users/@me').url,\n"
        "    str(DiscordWebSocket.DEFAULT_GATEWAY), DiscordWebSocket.DEFAULT_GATEWAY.path, discord.Asset.BASE]))\n",
    )
    finished = run(file, "--flag", "x")
    assert finished.stderr == ""
    assert json.loads(finished.stdout) == [
        "__main__",
        ["--flag", "x"],
        "the-token",
        "http://127.0.0.1:9/api/v10/users/@me",
        "ws://127.0.0.1:9/gateway/",
        "/gateway/",
        "http://127.0.0.1:9/cdn",
    ]


def test_a_hikari_program_connects_to_the_server(tmp_path):
    file = write(
        tmp_path / "bot.py",
        "import hikari\n"
        "bot = hikari.GatewayBot('MTIzNDU2Nzg5MDEyMzQ1Njc4.time.random', banner=None, logs=None)\n"
        "print(bot.rest._rest_url, hikari.urls.CDN_URL)\n",
    )
    finished = run(file)
    assert finished.stdout.split() == ["http://127.0.0.1:9/api/v10", "http://127.0.0.1:9/cdn"], finished.stderr


def test_a_python_program_without_a_library_is_untouched(tmp_path):
    file = write(tmp_path / "bot.py", "import sys\nassert 'yarl' not in sys.modules\nsys.exit(7)\n")
    assert run(file).returncode == 7


def test_the_programs_own_sitecustomize_still_runs(tmp_path):
    write(tmp_path / "own" / "sitecustomize.py", "import builtins\nbuiltins.own = 'ran'\n")
    file = write(tmp_path / "bot.py", "print(own)\n")
    finished = run(file, environment={**MINIMAL, "PYTHONPATH": str(tmp_path / "own")})
    assert finished.stdout.strip() == "ran", finished.stderr


def fake_rest(folder: Path) -> None:
    """Lay a package in the shape of @discordjs/rest, so that the test needs no registry."""
    package = folder / "node_modules" / "@discordjs" / "rest"
    exports = {".": {"require": "./dist/index.js", "import": "./dist/index.mjs"}}
    write(package / "package.json", json.dumps({"name": "@discordjs/rest", "version": "2.0.0", "exports": exports}))
    write(package / "dist" / "index.js", "exports.DefaultRestOptions = {api: 'https://far', cdn: 'https://far'};\n")
    write(
        package / "dist" / "index.mjs", "var DefaultRestOptions = {api: 'https://far'};\nexport {DefaultRestOptions};\n"
    )


@needs_node
@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("bot.cjs", "const {DefaultRestOptions: o} = require('@discordjs/rest'); console.log(o.api, o.cdn);"),
        ("bot.js", "const o = require('@discordjs/rest').DefaultRestOptions; console.log(o.api, o.cdn);"),
        ("bot.mjs", "import {DefaultRestOptions as o} from '@discordjs/rest'; console.log(o.api, o.cdn);"),
        (
            "through_require.mjs",
            "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url); "  # noqa: ISC004
            "const o = require('@discordjs/rest').DefaultRestOptions; console.log(o.api, o.cdn);",
        ),
    ],
)
def test_a_discord_js_program_connects_to_the_server(tmp_path, name, program):
    fake_rest(tmp_path)
    finished = run(write(tmp_path / name, program))
    assert finished.stdout.split() == ["http://127.0.0.1:9/api", "http://127.0.0.1:9/cdn"], finished.stderr


@needs_node
def test_a_missing_javascript_library_is_named_with_its_remedy(tmp_path):
    program = read_program(write(tmp_path / "bot.mjs", "import { Client } from 'discord.js';\n"))
    with pytest.raises(LibraryMissing, match=r"discord\.js.*npm install discord\.js"):
        plan_launch(program, SERVER, None, MINIMAL)


def test_a_missing_python_library_is_named_with_its_remedy(tmp_path):
    program = read_program(write(tmp_path / "bot.py", "import hikari\n"))
    empty = write(tmp_path / "python", f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    empty.chmod(0o755)
    with pytest.raises(LibraryMissing, match=r"hikari.*pip install hikari"):
        plan_launch(program, SERVER, None, MINIMAL, interpreter=str(empty))


def test_a_missing_interpreter_is_named(tmp_path):
    program = read_program(write(tmp_path / "bot.py", ""))
    with pytest.raises(InterpreterMissing, match="no-such-python"):
        plan_launch(program, SERVER, None, MINIMAL, interpreter="no-such-python")


def test_a_missing_file_and_an_unknown_kind_are_told_apart(tmp_path):
    with pytest.raises(ProgramMissing, match=r"bot\.py"):
        read_program(tmp_path / "bot.py")
    with pytest.raises(ProgramUnknown, match="TypeScript"):
        read_program(write(tmp_path / "bot.ts", ""))


def test_a_program_with_a_syntax_error_is_left_to_its_interpreter(tmp_path):
    program = read_program(write(tmp_path / "bot.py", "import discord\ndef (\n"))
    assert program.language is Language.PYTHON
    assert program.libraries == ()


def test_the_token_comes_from_the_option_then_the_environment(tmp_path):
    assert choose_token("option", {"DISCORD_TOKEN": "d"}) == "option"
    assert choose_token(None, {"DISCORD_TOKEN": "d"}) == "d"
    assert choose_token(None, {"HUBBUB_TOKEN": " h\n", "DISCORD_TOKEN": "d"}) == "h"
    assert choose_token(None, {}) is None
    program = read_program(write(tmp_path / "bot.py", ""))
    environment = plan_launch(program, SERVER, "t", MINIMAL).environment
    assert {environment[name] for name in TOKEN_VARIABLES} == {"t"}
    assert not set(TOKEN_VARIABLES) & set(plan_launch(program, SERVER, None, MINIMAL).environment)
