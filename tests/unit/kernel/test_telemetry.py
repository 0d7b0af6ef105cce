"""Secrets never reach a log line."""

import json

import pytest
import structlog

from hubbub.kernel import telemetry


@pytest.fixture(autouse=True)
def _plain_structlog():
    yield
    structlog.reset_defaults()


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
