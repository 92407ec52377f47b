"""Exchange: a ledger as JSON Lines, to keep, to check with other tools, or to move between databases.

    {"format":"circular-gen ledger","origin":…,"version":1}
    {"actor":…,"circular":…,"hash":…,"key":…,"kind":…,"payload":…,"previous":…,"sequence":1,"time":…,"unit":…}
    …
    {"root":…,"size":…}

Every line is canonical JSON. An event's hash is SHA-256 over `circular-gen event 1\\0`, the bytes of `previous` and the
line without `hash` and `previous`. The last line is the checkpoint, so that a file that was cut is told.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from circular_gen.ledger import merkle
from circular_gen.ledger.events import KINDS, Event, canonical
from circular_gen.ledger.failures import LedgerError
from circular_gen.ledger.store import Ledger
from circular_gen.messages import _

FORMAT, VERSION = "circular-gen ledger", 1
_FIELDS = {"actor", "circular", "hash", "key", "kind", "payload", "previous", "sequence", "time", "unit"}


def export_lines(ledger: Ledger) -> Iterator[str]:
    """The ledger's lines, each with its line end, of one moment."""
    with ledger.reading() as reader:
        head = reader.head()
        yield canonical({"format": FORMAT, "origin": head.origin, "version": VERSION}) + "\n"
        for event in reader.stream(until=head.size):
            yield exported(event) + "\n"
        yield canonical({"root": head.frontier.root().hex(), "size": head.size}) + "\n"


def exported(event: Event) -> str:
    """An event as a line of the export, without line end."""
    return canonical(
        {
            "actor": event.actor,
            "circular": event.circular,
            "hash": event.hash.hex(),
            "key": event.key,
            "kind": event.kind,
            "payload": event.payload,
            "previous": event.previous.hex(),
            "sequence": event.sequence,
            "time": event.time,
            "unit": event.unit,
        }
    )


def import_lines(ledger: Ledger, lines: Iterable[str | bytes]) -> int:
    """Fills an empty ledger from exported lines, checking every hash, the order and the closing checkpoint; returns how
    many events there were. LedgerError with the number of the first line that is wrong; then nothing is imported."""
    numbered = enumerate(lines, 1)
    header = _read(next(numbered, (1, "")))
    if header.get("format") != FORMAT or not isinstance(header.get("origin"), str):
        raise LedgerError(_("line 1: this is no export of a ledger"))
    if header.get("version") != VERSION:
        raise LedgerError(_("line 1: the export was written by a newer version of circular-gen; update the program"))
    closing: dict[str, Any] = {}

    def events() -> Iterator[Event]:
        for number, text in numbered:
            if closing:
                raise LedgerError(_("line {number}: nothing may follow the checkpoint").format(number=number))
            fields = _read((number, text))
            if fields.keys() == {"root", "size"}:
                closing.update(fields)
            else:
                yield _event(number, fields)

    with ledger.writing() as writer:
        size = writer.take_over(events(), header["origin"])
        if not closing:
            raise LedgerError(_("the export is cut: its last line, the checkpoint, is missing"))
        if (closing["size"], closing["root"]) != (size, writer.root(size).hex() if size else merkle.EMPTY.hex()):
            raise LedgerError(_("the export's checkpoint does not fit its events"))
    return size


def read_exported(text: str | bytes, number: int = 1) -> Event:
    """The event of an exported line; whether its hash fits is not looked at. `number`: the line's, for LedgerError."""
    return _event(number, _read((number, text)))


def _read(numbered: tuple[int, str | bytes]) -> dict[str, Any]:
    number, text = numbered
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise LedgerError(_("line {number}: this is no JSON object").format(number=number))
    return fields


def _event(number: int, fields: Mapping[str, Any]) -> Event:
    try:
        if fields.keys() != _FIELDS or fields["kind"] not in KINDS or not isinstance(fields["payload"], dict):
            raise ValueError(number)
        optional = (fields["circular"], fields["unit"], fields["key"])
        if not all(value is None or isinstance(value, str) for value in optional):
            raise ValueError(number)
        return Event(
            int(fields["sequence"]),
            str(fields["time"]),
            fields["kind"],
            str(fields["actor"]),
            *optional[:2],
            canonical(fields["payload"]),
            optional[2],
            bytes.fromhex(fields["previous"]),
            bytes.fromhex(fields["hash"]),
        )
    except (ValueError, TypeError):
        raise LedgerError(_("line {number}: this is no event that this program knows").format(number=number)) from None
