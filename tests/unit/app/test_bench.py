import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from hubbub.app.bench.result import Result, Row
from hubbub.app.bench.run import run_benchmarks
from hubbub.app.bench.table import print_result
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


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_fits_its_terminal_with_one_line_a_row(width):
    rows = [
        Row(metric="send to last of 1,000 sessions, p50", unit="ms", ours=12.9, goal="≤ 20", peer=10.44, ratio=1.24,
            peer_name="bare picows, same fan-out"),
        Row(metric="single frames", unit="deliveries/CPU-s", ours=84120.3, goal=150000.0, peer=116978.9, ratio=0.72,
            peer_name="picows send"),
        Row(metric="idle memory", unit="MiB", ours=110.1, goal="≤ 3000", runs=1),
    ]  # fmt: skip
    machine = {"cpu": "a", "cores": "2", "memory": "1 GiB", "system": "s"}
    result = Result(name="wheel", command="c", date="d", quick=False, machine=machine, versions={}, rows=rows)
    printed = io.StringIO()
    print_result(result, Path("kept.json"), Console(file=printed, width=width))
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    shown = {row.metric: next(line for line in lines if line.startswith(row.metric)) for row in rows}
    assert shown["single frames"].split() == [
        "single", "frames,", "deliveries/CPU-s", "84,120", "150,000", "116,979", "b", "0.72", "3",
    ]  # fmt: skip
    assert "≤ 3,000" in shown["idle memory"]
    assert "b picows send" in lines
