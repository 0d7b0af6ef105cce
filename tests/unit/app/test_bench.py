import json

import pytest

from hubbub.app.bench.run import run_benchmarks
from hubbub.app.errors import UnknownBenchmark

BENCHMARK = """
async def run(*, quick):
    return [{"metric": "turns", "unit": "/s", "ours": 2.0 if quick else 3.0, "goal": "≥ 1", "peer": 1.0,
             "peer_name": "a stone", "ratio": 2.0, "runs": 3}]
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "wheel.py").write_text(BENCHMARK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_result_is_printed_and_kept_with_machine_versions_command_and_date(checkout, capsys):
    run_benchmarks("wheel", quick=False, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    kept = json.loads((checkout / "benchmarks" / "results" / "wheel.json").read_text())
    assert printed == kept
    assert kept["command"] == "hubbub bench wheel"
    assert kept["rows"][0]["ours"] == 3.0
    assert {"cpu", "cores", "memory", "system"} <= kept["machine"].keys()
    assert {"python", "hubbub"} <= kept["versions"].keys()


def test_a_quick_look_does_not_replace_the_record(checkout):
    run_benchmarks("all", quick=True, as_json=False)
    assert (checkout / "benchmarks" / "results" / "wheel-quick.json").is_file()
    assert not (checkout / "benchmarks" / "results" / "wheel.json").exists()


def test_an_unknown_name_lists_what_there_is(checkout):
    with pytest.raises(UnknownBenchmark, match="there are wheel"):
        run_benchmarks("stone", quick=True, as_json=False)


def test_outside_a_checkout_it_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownBenchmark, match="run it in a checkout"):
        run_benchmarks("rest", quick=True, as_json=False)
