"""The report of media, as lines for people."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.app.cli.media_report import size_text, told

_WORK = {"processed_bytes": {"picture": 2048}, "cpu_s": {"render": 1.25}}


def month(**variants: int) -> dict[str, Any]:
    found = dict.fromkeys(("memory", "joined", "store", "rendered", "failed", "shed"), 0) | variants
    return {
        "variants": found,
        "deliveries": {},
        "delivered_bytes": {},
        "processed_bytes": {"picture": 2048},
        "cpu_s": {"render": 1.25},
    }


def report(**more: Any) -> dict[str, Any]:
    return {
        "counted_at_ms": 1,
        "kept": [{"name": "original", "objects": 1200, "size_bytes": 3_400_000_000}],
        "variants": [],
        "jobs": [],
        "count_max": 10_000,
        "uploads": {"number": 0, "arrived_bytes": 0, "announced_bytes": 0},
        "saved_bytes": 0,
        "month": month(),
        "currency": "",
        "costs": [{"name": "stored", "amount": 3.4, "unit": "GB", "price": 0.0, "cost": 0.0, "per_gb": 0.0}],
        **more,
    }


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (25e6, "25 MB"), (2e18, "2000 PB")]
)
def test_sizes_are_told_in_the_largest_unit(size_bytes, text):
    assert size_text(size_bytes) == text


def test_without_prices_there_are_units():
    lines = [line.split() for line in told(report())]
    assert ["original", "1,200", "objects", "3.4", "GB"] in lines
    assert ["stored", "a", "month", "3.400", "GB"] in lines
    assert not [line for line in lines if line[0] == "saved"]


def test_what_recompressing_saves_is_told():
    lines = [" ".join(line.split()) for line in told(report(saved_bytes=700_000_000))]
    assert "saved by recompressing 700 MB" in lines


def test_prices_become_costs():
    costs = [{"name": "delivered", "amount": 2.0, "unit": "GB", "price": 0.05, "cost": 0.1, "per_gb": 0.05}]
    assert list(told(report(costs=costs, currency="EUR")))[-1].split()[-7:] == [
        "0.10",
        "EUR",
        "0.050",
        "EUR",
        "by",
        "the",
        "GB",
    ]


def test_shares_are_of_what_was_delivered():
    done = month(memory=3, rendered=1, failed=2, shed=5)
    lines = [" ".join(line.split()) for line in told(report(month=done))]
    assert "variants, memory 3 75.0 %" in lines
    assert "variants, shed 5" in lines
    assert "CPU, render 1.2 s" in lines


def test_what_is_not_counted_to_its_end_says_so():
    jobs = [{"kind": "inspect", "state": "queued", "number": 10_000}]
    lines = [" ".join(line.split()) for line in told(report(jobs=jobs, counted_at_ms=None))]
    assert "inspect, queued 10,000+" in lines
    assert "still being counted; ask again in a while" in lines
