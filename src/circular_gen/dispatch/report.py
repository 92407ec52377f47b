"""What dispatch says: tables and records for people and programs.

In: an `Outlook` or a `Report`. Out: a table for the terminal, a record for JSON.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from circular_gen.dispatch.dispatching import Outlook, Report
from circular_gen.dispatch.folders import absent_folders
from circular_gen.dispatch.ways import Route
from circular_gen.ledger import Intent
from circular_gen.ledger.register import Heading, Register
from circular_gen.ledger.report import channel_words
from circular_gen.messages import _


def way_words() -> Mapping[str, str]:
    """A way, for people."""
    return {**channel_words(), "": "——"}


def reason_words() -> Mapping[str, str]:
    """Why something is as it is, for people."""
    return {
        "by-hand": _("has it already"),
        "withdrawn": _("withdrawn from it"),
        "revised": _("there is a newer edition"),
        "received": _("has confirmed it already"),
        "unknown-unit": _("not in recipients.yaml any more"),
        "no-deliver": _("no way of delivery"),
        "no-address": _("no mail address"),
        "bad-address": _("its mail address is wrong"),
        "no-mail": _("office.yaml names no mail server"),
        "no-folder": _("office.yaml names no shared folder"),
        "portal": _("the portal does not deliver yet"),
        "too-large": _("too large for a mail"),
        "refused": _("refused; correct its address, or name another way"),
        "unknown": _("may have arrived, or not"),
        "interrupted": _("the program ended while it was being sent: may have arrived, or not"),
        "broken-off": _("the connection broke: may have arrived, or not"),
        "elsewhere": _("was begun from another copy of the workspace"),
        "old": _("was planned more than twelve hours ago"),
        "changed": _("what it says is not what was planned"),
        "put-off": _("the server put it off again and again"),
        "forgotten": _("the ledger knows of it, the outbox does not"),
        "leased": _("is being sent"),
        "waiting": _("waits for a decision"),
        "by a person's word": _("not to be sent"),
    }


def outlook_table(outlook: Outlook) -> Register:
    """Who would get what by which way."""
    rows = tuple(
        (
            route.unit,
            route.name,
            _role(route.role),
            way_words().get(route.way, route.way),
            route.address,
            _todo_text(route, outlook.files.get(route.unit, ())),
        )
        for route in outlook.routes
    )
    columns = (
        Heading(_("unit"), 0.1, "left"),
        Heading(_("name"), 0.2, "left"),
        Heading(_("role"), 0.1),
        Heading(_("way"), 0.1),
        Heading(_("to"), 0.2, "left"),
        Heading(_("what"), 0.3, "left"),
    )
    return Register(_("Dispatch"), f"{outlook.paper.number}　{outlook.paper.title}", columns, rows)


def _role(role: str) -> str:
    return _("cc") if role == "cc" else _("addressee")


def _todo_text(route: Route, files: tuple[str, ...]) -> str:
    reason = reason_words().get(route.why, route.why)
    if route.todo == "send":
        copies = _("{count} copies: ").format(count=route.copies) if route.way == "print" and route.copies > 1 else ""
        return copies + "；".join(files)
    words = {
        "done": _("has been sent"),
        "ask": _("waits for your word"),
        "no-way": _("cannot be sent"),
        "other-way": _("not by this way"),
        "left-out": _("left out"),
    }
    text = words[route.todo]
    return f"{text}（{reason}）" if reason else text


def no_way_lines(outlook: Outlook) -> list[str]:
    """A line for each unit that cannot be sent to, and for a place of shared folders that is not there."""
    message = _("{unit} ({id}) cannot be sent to: {reason}")
    words = reason_words()
    return [
        message.format(unit=route.name, id=route.unit, reason=words.get(route.why, route.why))
        for route in outlook.of("no-way")
    ] + absent_folders(route.address for route in outlook.of("send") if route.way == "folder")


def ask_lines(outlook: Outlook, report: Report | None = None) -> list[str]:
    """A line for each unit that waits for a person's word."""
    message = _("{unit} waits for your word: {reason}; dispatch {name} --resolve {id} sent | again | drop")
    words = reason_words()
    found = {
        route.unit: (route.name, route.why)
        for route in outlook.of("ask")
        if report is None or route.unit not in report.rows or report.rows[route.unit].state in ("unknown", "waiting")
    }
    if report is not None:
        names = {route.unit: route.name for route in outlook.routes}
        for unit, row in report.rows.items():
            if row.state in ("unknown", "waiting"):
                found[unit] = (names.get(unit, unit), row.reason or row.state)
    return [
        message.format(unit=name, reason=words.get(why, why), name=outlook.paper.circular, id=unit)
        for unit, (name, why) in found.items()
    ]


def refused_lines(report: Report) -> list[str]:
    """A line for each unit whose copy was refused in this run."""
    message = _("{unit} was refused at {address}: {answer}")
    names = {route.unit: route.name for route in report.outlook.routes}
    return [
        message.format(unit=names.get(unit, unit), address=row.address, answer=row.answer)
        for unit, row in report.rows.items()
        if row.state == "refused"
    ]


def summary(report: Report) -> str:
    """The run in a line."""
    name = report.outlook.paper.circular
    ways = Counter(row.channel for row in report.rows.values() if row.state == "handed-over")
    words = way_words()
    parts = [f"{words[way]} {count}" for way, count in ways.items()] or [_("no unit")]
    text = _("{name}: sent now: {parts}").format(name=name, parts="、".join(parts))
    others = {
        "refused": _("refused {count}"),
        "unknown": _("fate unknown {count}"),
        "waiting": _("waiting for your word {count}"),
        "planned": _("not sent yet {count}"),
        "dropped": _("needed no more {count}"),
    }
    untouched = sum(route.unit not in report.rows for route in report.outlook.of("send"))
    for state, word in others.items():
        if count := report.count(state) + (untouched if state == "planned" else 0):
            text += "；" + word.format(count=count)
    if done := len(report.outlook.of("done")):
        text += "；" + _("had it before {count}").format(count=done)
    return text


def record(outlook: Outlook, report: Report | None = None) -> dict[str, Any]:
    """The same for programs."""
    paper = outlook.paper
    rows = report.rows if report else {}
    units = [_unit_record(outlook, route, rows.get(route.unit)) for route in outlook.routes]
    found: dict[str, Any] = {
        "circular": paper.circular,
        "number": paper.number,
        "revision": paper.revision,
        "dry_run": report is None,
        "counts": dict(sorted(Counter(unit["state"] for unit in units).items())),
        "units": units,
    }
    if report is None:
        return {**found, "note": outlook.note}
    return {
        **found,
        "stopped": list(report.stopped),
        "interrupted": report.interrupted,
        "files": [str(path) for path in report.made],
        "notes": list(report.notes),
    }


def _unit_record(outlook: Outlook, route: Route, row: Intent | None) -> dict[str, Any]:
    state: str = route.todo
    if row is not None:
        state = row.state
    return {
        "unit": route.unit,
        "name": route.name,
        "role": route.role,
        "state": state,
        "way": row.channel if row else route.way,
        "to": row.address if row else route.address,
        "copies": route.copies,
        "reason": (row.reason if row else route.why) or "",
        "answer": row.answer if row else "",
        "attempts": row.attempts if row else 0,
        "files": list(outlook.files.get(route.unit, ())),
    }
