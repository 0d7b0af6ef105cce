"""Finds a benchmark, runs it, prints its table and keeps its result beside it.

A benchmark is `benchmarks/<name>.py` in a checkout, with a docstring that states scenario and method, and
``async def run(*, quick: bool) -> list[dict]``: one dictionary per row with the keys of `Row`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import msgspec

from hubbub import __version__
from hubbub.app.bench.result import Result, Row
from hubbub.app.bench.table import print_result
from hubbub.app.cli.printing import print_json
from hubbub.app.errors import UnknownBenchmark

FOLDER = Path("benchmarks")
_VERSIONS = ("hubbub", "uvicorn", "litestar", "msgspec", "picows", "uvloop", "sqlalchemy")


def run_benchmarks(name: str, *, quick: bool, as_json: bool) -> None:
    """Run the benchmark `name`, or every one for ``all``, and print each result.

    Raises:
        UnknownBenchmark: There is none of this name.
    """
    there = sorted(path.stem for path in FOLDER.glob("*.py"))
    if name != "all" and name not in there:
        where = f"there are {', '.join(there)}" if there else "run it in a checkout, where benchmarks/ is"
        raise UnknownBenchmark(f"There is no benchmark called {name!r}: {where}.")
    results = [_measure(each, quick=quick, as_json=as_json) for each in (there if name == "all" else [name])]
    if as_json:
        print_json(results if name == "all" else results[0])


def _measure(name: str, *, quick: bool, as_json: bool) -> Result:
    if not as_json:
        sys.stderr.write(f"{name}: measuring{', quickly' if quick else ''} …\n")
    measure = _load(name)
    rows = msgspec.convert(asyncio.run(measure(quick=quick)), list[Row])
    result = Result(
        name=name,
        command=f"hubbub bench {name}{' --quick' if quick else ''}",
        date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        quick=quick,
        machine=_machine(),
        versions=_versions(),
        rows=rows,
    )
    kept = FOLDER / "results" / f"{name}{'-quick' if quick else ''}.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    if not as_json:
        print_result(result, kept)
    return result


def _load(name: str) -> Callable[..., Coroutine[object, object, list[dict[str, object]]]]:
    path = FOLDER / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hubbub_benchmark_{name}", path)
    if spec is None or spec.loader is None:
        raise UnknownBenchmark(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(FOLDER.absolute()))
    spec.loader.exec_module(module)
    return cast("Callable[..., Coroutine[object, object, list[dict[str, object]]]]", module.run)


def _machine() -> dict[str, str]:
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        names = (
            line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line
        )
        cpu = next(names, cpu)
    pages: Any = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "memory": f"{pages / (1 << 30):.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
    }


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _VERSIONS:
        versions[package] = __version__ if package == "hubbub" else metadata.version(package)
    return versions
