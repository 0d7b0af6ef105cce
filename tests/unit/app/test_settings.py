from pathlib import Path

import pytest

from hubbub.app.settings import load, settings, unknown_variables
from hubbub.kernel.errors import Misconfigured


def test_defaults_serve_on_loopback(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load(None, {})
    assert (config.host, config.port, config.data) == ("127.0.0.1", 8080, Path("data"))


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path):
    file = tmp_path / "hubbub.toml"
    file.write_text("port = 1\nhost = 'a'\nlog_level = 'debug'\n")
    config = load(file, {"HUBBUB_PORT": "2", "HUBBUB_HOST": "b"}, {"port": 3, "host": None})
    assert (config.port, config.host, config.log_level) == (3, "b", "debug")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 8080", r"sets prot, which is no setting; did you mean port\?"),
        ("port = 'many'", r"port in .*hubbub.toml is 'many'; accepted is a whole number from 0 to 65535"),
        ("log_level = 'loud'", r"accepted is one of debug, error, info, warning"),
        ("public_url = 'chat.example.org'", r"accepted is an address such as https://chat.example.org"),
        ("port = ", r"is not TOML"),
        ("gateway = 3", r"gateway in .*hubbub.toml is 3; accepted is a section: write \[gateway\]"),
        ("records = 'mysql://x'", r"accepted is sqlite, or an address"),
    ],
)
def test_a_bad_setting_in_the_file_names_itself(tmp_path, text, sentence):
    file = tmp_path / "hubbub.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=sentence):
        load(file, {})


def test_a_bad_variable_names_itself():
    with pytest.raises(Misconfigured, match="HUBBUB_PORT is '99999'; accepted is a whole number from 0 to 65535"):
        load(None, {"HUBBUB_PORT": "99999"})


def test_a_bad_flag_names_itself():
    with pytest.raises(Misconfigured, match="--port is -1; accepted is"):
        load(None, {}, {"port": -1})


def test_a_named_file_that_is_absent_is_an_error(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path / "absent.toml", {})


def test_a_misspelt_variable_is_told():
    assert unknown_variables({"HUBBUB_PROT": "1", "HUBBUB_PEERS": "/x", "PATH": ""}) == [
        "The environment sets HUBBUB_PROT, which is no setting; did you mean HUBBUB_PORT?"
    ]


def test_every_setting_says_what_it_is_for():
    assert [setting.path for setting in settings() if not setting.description] == []


def test_a_package_setting_has_a_section_and_a_variable(tmp_path):
    file = tmp_path / "hubbub.toml"
    file.write_text("[gateway]\nconnections_max = 5\n[events]\ngroup_commit_ms = 3.5\n")
    config = load(file, {"HUBBUB_GATEWAY_COALESCE_MS": "2"})
    assert (config.gateway.connections_max, config.events.group_commit_ms, config.gateway.coalesce_ms) == (5, 3.5, 2)


def test_a_value_that_its_package_refuses_names_its_source():
    with pytest.raises(Misconfigured, match=r"events.group_commit_ms is 500.*set by HUBBUB_EVENTS_GROUP_COMMIT_MS"):
        load(None, {"HUBBUB_EVENTS_GROUP_COMMIT_MS": "500"})


def test_settings_whose_names_are_words_of_the_sentence_are_not_told():
    chosen = {"HUBBUB_PORT": "8123", "HUBBUB_HOST": "127.0.0.1", "HUBBUB_MEDIA_SIGNING_KEY": "k" * 40}
    with pytest.raises(Misconfigured) as refused:
        load(None, {**chosen, "HUBBUB_VOICE_PORT": "65535", "HUBBUB_VOICE_SHARDS": "2"})
    assert str(refused.value).endswith(
        "below 65536. It was set by HUBBUB_VOICE_PORT. It was set by HUBBUB_VOICE_SHARDS."
    )
    with pytest.raises(Misconfigured) as refused:
        load(None, {**chosen, "HUBBUB_MEDIA_SIGNING_KEY_BEFORE": "short"})
    assert str(refused.value).endswith("or more. It was set by HUBBUB_MEDIA_SIGNING_KEY_BEFORE.")


def test_what_the_house_derives_is_no_setting(tmp_path):
    file = tmp_path / "hubbub.toml"
    file.write_text("[gateway]\npublic_url = 'ws://x'\n")
    with pytest.raises(Misconfigured, match=r"sets gateway.public_url, which is no setting"):
        load(file, {})
