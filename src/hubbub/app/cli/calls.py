"""`hubbub calls`: which calls there were and how each went, for whoever runs the server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, cast

import typer

from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_json, print_rows
from hubbub.app.operations.requests import ListCalls, ShowCall

calls = typer.Typer(help="Calls: which there were, how each went, and why one was bad.", no_args_is_help=True)


class State(StrEnum):
    """Which calls by their life."""

    LIVE = "live"
    PAST = "past"


class Quality(StrEnum):
    """Which calls by the worst that anybody had."""

    BAD = "bad"
    FAIR = "fair"
    GOOD = "good"


@calls.command("list")
def list_calls(
    query: Annotated[str, typer.Argument(help="Part of a person's, a channel's or a guild's name.")] = "",
    *,
    state: Annotated[State | None, typer.Option(help="Only those that last, or only those that ended.")] = None,
    quality: Annotated[Quality | None, typer.Option(help="Only those whose worst ten seconds were so.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to print.", min=1, max=200)] = 20,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """List calls, the newest first."""
    request = ListCalls(query=query, state=state or "", quality=quality or "", limit=limit)
    facts = carry_out(settings_from(config, data=data), request)
    if as_json:
        print_json(facts)
        return
    found = cast("list[dict[str, Any]]", facts["calls"])
    rows = [
        {
            "id": call["id"],
            "where": _where(call),
            "began (UTC)": _time(call["began_at_ms"]),
            "lasted": _lasted(call),
            "people": call["people_peak"],
            "worst MOS": _mos(call["worst_mos"]),
            "likely cause": call["cause"].replace("_", " "),
        }
        for call in found
    ]
    columns = ["id", "where", "began (UTC)", "lasted", "people", "worst MOS", "likely cause"]
    print_rows(rows, columns, empty="There are no such calls.")


@calls.command()
def show(
    call_id: Annotated[int, typer.Argument(metavar="ID", help="The call's id, as the list shows it.")],
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say how a call went, for each person in it, and what the likely cause is."""
    facts = carry_out(settings_from(config, data=data), ShowCall(call_id=call_id))
    if as_json:
        print_json(facts)
        return
    call, verdict = cast("dict[str, Any]", facts["call"]), cast("dict[str, Any]", facts["verdict"])
    _say(f"{_where(call)}, {_time(call['began_at_ms'])} UTC, {_lasted(call)}, {call['people_peak']} at most")
    _say(f"\n{verdict['sentence']}")
    for cause in verdict["causes"][1:]:
        _say(f"  also: {cause['sentence']}")
    people = cast("list[dict[str, Any]]", facts["people"])
    for person in people:
        if person["refused"]:
            _say(f"  {_refused(person)}")
    _say("")
    rows = [
        {
            "name": person["name"],
            "came (UTC)": _time(person["began_at_ms"]),
            "by": person["protocol"] or "-",
            "RTT ms": "-" if person["rtt_ms"] is None else round(person["rtt_ms"]),
            "sends MOS": _mos(person["sends"]["mean"]),
            "lost": _share(person["sends"]["loss"]),
            "hears MOS": _mos(person["hears"]["mean"]),
            "lost ": _share(person["hears"]["loss"]),
            "missing": _share(person["hears"]["concealed"]),
            "frozen s": "-" if person["hears"]["frozen_s"] is None else round(person["hears"]["frozen_s"]),
            "likely cause": person["verdict"]["code"].replace("_", " "),
        }
        for person in people
    ]
    columns = list(rows[0]) if rows else []
    print_rows(rows, columns, empty="Nobody was there.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _refused(person: dict[str, Any]) -> str:
    counts = {reason: count for reason, count in person["refused"].items() if count}
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    return f"Packets from {person['name']} that were refused: {reasons}."


def _where(call: dict[str, Any]) -> str:
    return f"{call['guild_name']} / {call['title']}" if call["guild_name"] else str(call["title"])


def _time(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _lasted(call: dict[str, Any]) -> str:
    if call["ended_at_ms"] is None:
        return "goes on"
    seconds = (call["ended_at_ms"] - call["began_at_ms"]) // 1000
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}"


def _mos(mos: float | None) -> str:
    return "-" if mos is None else f"{mos:.1f}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"
