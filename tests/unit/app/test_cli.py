import errno
import json

import pytest
from typer.testing import CliRunner

from hubbub import __version__
from hubbub.app.cli import main
from hubbub.app.cli.commands import app
from hubbub.app.cli.printing import print_error, print_facts, print_rows
from hubbub.app.errors import UnknownRole
from hubbub.app.roles import check_roles
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm


@pytest.mark.parametrize("roles", [None, "api,gateway,media", " gateway , media, api "])
def test_all_roles_together_are_what_there_is(roles):
    assert set(check_roles(roles)) == {"api", "gateway", "media"}


def test_media_may_run_alone():
    assert set(check_roles("media")) == {"media"}


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ("edge", "There is no role called 'edge'"),
        ("api,media", "or media alone"),
        ("", "leave --roles out"),
    ],
)
def test_roles_that_do_not_exist_or_not_alone_are_refused_by_name(roles, sentence):
    with pytest.raises(UnknownRole, match=sentence):
        check_roles(roles)


def test_every_command_explains_itself():
    runner = CliRunner()
    for command in (["--help"], ["up", "--help"], ["bot", "run", "--help"], ["admin", "user", "create", "--help"]):
        assert runner.invoke(app, command).exit_code == 0


def test_the_version_is_printed_for_people_and_for_programs():
    runner = CliRunner()
    assert __version__ in runner.invoke(app, ["version"]).output
    assert f'"hubbub": "{__version__}"' in runner.invoke(app, ["version", "--json"]).output


def test_facts_are_lines_for_people_and_one_object_for_programs(capsys):
    print_facts({"guild_id": "7", "ready": True, "topic": None}, as_json=False)
    assert capsys.readouterr().out == "guild id  7\nready     yes\ntopic     -\n"
    print_facts({"guild_id": "7"}, as_json=True)
    assert capsys.readouterr().out == '{\n  "guild_id": "7"\n}\n'


def test_a_forms_fields_are_told_without_the_forms_own_words(capsys):
    problem = InvalidForm(fields=[FieldProblem("username", "TAKEN", "This name is taken. Choose another.")])
    print_error(problem, as_json=False)
    assert capsys.readouterr().err == "username: This name is taken. Choose another.\n"
    print_error(problem, as_json=True)
    told = json.loads(capsys.readouterr().err)
    assert told == {"error": "form.invalid", "message": "username: This name is taken. Choose another."}


def test_a_long_sentence_is_one_line(capsys):
    print_error(HubbubError("word " * 60), as_json=False)
    assert capsys.readouterr().err.count("\n") == 1


def test_what_the_machine_refuses_is_a_sentence(monkeypatch, capsys):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device", "/data/hubbub.db")

    monkeypatch.setattr("hubbub.app.cli.commands.app", full)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "The machine refused: No space left on device: /data/hubbub.db.\n"


def test_an_empty_table_is_a_sentence(capsys):
    print_rows([], ["id"], empty="There are no guilds yet.")
    assert capsys.readouterr().out == "There are no guilds yet.\n"
