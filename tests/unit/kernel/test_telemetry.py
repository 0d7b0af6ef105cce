"""Secrets never reach a log line."""

import json
import logging

import pytest
import structlog

from hubbub.kernel import telemetry


@pytest.fixture(autouse=True)
def _plain_structlog():
    handlers = logging.getLogger().handlers
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers


def test_keys_named_like_secrets_are_masked(capsys):
    telemetry.start_logging("info", "json")
    telemetry.logger("test").info("login", user="ada", password="hunter2", Token="abc")
    line = json.loads(capsys.readouterr().err)
    assert line["user"] == "ada"
    assert line["password"] == line["Token"] == "***"


def test_lines_below_the_level_are_left_out(capsys):
    telemetry.start_logging("warning", "json")
    telemetry.logger("test").info("quiet")
    assert capsys.readouterr().err == ""


def test_whatever_holds_a_secrets_name_is_masked(capsys):
    telemetry.start_logging("info", "json")
    telemetry.logger("test").info("a token was made", session_token="abc", reset_secret="def", channel_id="7")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "a token was made"
    assert line["session_token"] == line["reset_secret"] == "***"
    assert line["channel_id"] == "7"


def test_a_traceback_does_not_show_what_variables_hold(capsys):
    telemetry.start_logging("info", "console")

    def fail(password):
        raise RuntimeError(f"{len(password)} letters")

    try:
        fail("hunter2".upper())
    except RuntimeError:
        telemetry.logger("test").exception("failed")
    printed = capsys.readouterr().err
    assert "RuntimeError: 7 letters" in printed
    assert "HUNTER2" not in printed


def test_what_libraries_log_has_the_form_of_our_own_lines(capsys):
    telemetry.start_logging("info", "json")
    logging.getLogger("asyncio").warning("slow %s", "callback")
    logging.getLogger("asyncio").info("chatter")
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["event"], line["level"], line["logger"]) == ("slow callback", "warning", "asyncio")
