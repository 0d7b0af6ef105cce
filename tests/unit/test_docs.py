"""What the pages name is there: links, paths, commands, settings, targets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from hubbub.app.cli.commands import app
from hubbub.app.settings import settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
)
ROOMS = ("src/hubbub", "src", "web", "docs", "examples", "scripts", "tests", "benchmarks", "crates", "requirements")
"""Top folders; a path in backticks that begins with one, or with a package of ours, must exist."""
MADE = ("web/dist", "web/node_modules", ".venv", "benchmarks/results", "data")
"""What set-up, builds and runs make."""
BEGINNINGS = re.compile(
    r"(?:src|web|docs|examples|scripts|tests|benchmarks|crates|app|community|gateway|events|storage|kernel)/"
)


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_relative_link_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", prose(page))
    relative = [(link or picture).partition("#")[0] for link, picture in targets]
    assert [
        target
        for target in relative
        if target and not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_path_in_backticks_is_there(page):
    missing = []
    for text in re.findall(r"`([^`\n]+)`", prose(page)):
        path = text.strip().removeprefix("/").rstrip("/")
        if not re.fullmatch(r"[\w./-]+", path) or not BEGINNINGS.match(path) or path.startswith(MADE):
            continue
        folders = (ROOT, ROOT / "src" / "hubbub", page.parent)
        if not any((folder / path).exists() or (folder / f"{path}.py").exists() for folder in folders):
            missing.append(text)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_named_is_one_with_its_options(page):
    text = re.sub(r"```(?:python|js)\n.*?```", "", page.read_text(), flags=re.DOTALL)
    for line in re.findall(r"(?:^|`|\s)(?:\.venv/bin/)?hubbub ((?:[a-z][a-z-]*)(?: [^`\n#]*)?)", text):
        if re.match(r"(?:COMMAND|NAME|is|speaks|and|or|server|process)\b", line):
            continue
        words = line.split()
        command = typer.main.get_command(app)
        named = []
        while words and hasattr(command, "commands"):
            word = words.pop(0).strip(".,:;")
            assert word in command.commands, f"hubbub {line!r}: there is no {word!r}"
            command = command.commands[word]
            named.append(word)
            if not words or not re.match(r"[a-z]", words[0]):
                break
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--"}
        rest = line.partition(" -- ")[0]
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest):
            assert option in known, f"hubbub {' '.join(named)} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_variable_named_is_a_setting(page):
    known = {setting.variable for setting in settings()}
    others = {"HUBBUB_CONFIG", "HUBBUB_PEERS", "HUBBUB_TOKEN"}
    assert set(re.findall(r"\bHUBBUB_[A-Z_]+\b", page.read_text())) <= known | others


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_target_of_make_named_is_one(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text())) <= targets


def test_pictures_of_the_readme_load_quickly():
    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.stat().st_size <= 300_000, picture.name


def test_the_tutorials_bot_is_the_example():
    tutorial = (ROOT / "docs" / "tutorial" / "your-first-bot.md").read_text()
    assert (ROOT / "examples" / "echo_bot.py").read_text() in tutorial


def test_every_page_is_reached_from_the_documentations_first():
    seen, waiting = set(), [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        waiting += [
            (page.parent / target.partition("#")[0]).resolve()
            for target in re.findall(r"\]\(([^)\s:]+\.md)[^)]*\)", page.read_text())
        ]
    assert sorted(page for page in (ROOT / "docs").rglob("*.md") if page not in seen) == []
