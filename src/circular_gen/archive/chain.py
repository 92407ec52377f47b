"""The ledger inside a bag: events that lie in several files, proved to be one chain.

In: a bag's folder. Out: the events of a file in order; and over all files the chain, its head, and the first event that
does not fit. A few bytes are held for an event, not the event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circular_gen.archive.checks import Finding
from circular_gen.archive.making import HEAD, REST
from circular_gen.archive.reading import read_json
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Event, LedgerError, merkle
from circular_gen.ledger.events import genesis, is_whole
from circular_gen.ledger.exchange import read_exported
from circular_gen.messages import _

_NONE = bytes(32)


def event_files(bag: Path) -> list[Path]:
    """The files of events: what no item holds, and of each item."""
    return [bag / "data" / REST, *sorted((bag / "data" / "items").glob("*/events.jsonl"))]


def read_events(path: Path) -> Iterator[Event]:
    """The events of a file. LedgerError naming its line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                raise LedgerError(_("line {number}: the line is cut").format(number=number))
            yield read_exported(line, number)


def read_head(bag: Path) -> dict[str, Any]:
    """Where the ledger stood, as the bag says. CircularGenError."""
    try:
        head = read_json(bag / "data" / HEAD)
        if isinstance(head, dict) and isinstance(head["size"], int) and isinstance(head["origin"], str):
            return head
    except (OSError, ValueError, KeyError):
        pass
    raise CircularGenError(_("{file} is missing or damaged").format(file=f"data/{HEAD}"))


@dataclass(slots=True)
class Chain:
    """`size`: as the head says. Hashes stand by number."""

    origin: str
    size: int
    hashes: bytearray = field(init=False)
    before: bytearray = field(init=False)
    files: bytearray = field(init=False)
    named: list[str] = field(default_factory=list)
    latest: int = 0
    """The number of the event before, in the file at hand."""

    def __post_init__(self) -> None:
        self.hashes, self.before = bytearray(32 * self.size), bytearray(32 * self.size)
        self.files = bytearray(2 * self.size)

    def begin(self, path: str) -> None:
        """The events that are taken from here on lie in this file of the bag."""
        self.named.append(path)
        self.latest = 0

    def take(self, event: Event) -> Iterator[str]:
        """Take in an event; what is wrong with it."""
        number, before = event.sequence, self.latest
        if number <= before:
            message = _("event {sequence} stands behind event {last}: the order was changed")
            yield message.format(sequence=number, last=before)
        self.latest = number
        if not is_whole(event):
            yield _("event {sequence} was changed: its content and its hash do not fit").format(sequence=number)
            return
        if not 1 <= number <= self.size:
            yield _("event {sequence} lies beyond the ledger's stated head").format(sequence=number)
            return
        start = 32 * (number - 1)
        if self.hashes[start : start + 32] != _NONE:
            yield _("event {sequence} stands in the bag twice").format(sequence=number)
            return
        self.hashes[start : start + 32], self.before[start : start + 32] = event.hash, event.previous
        self.files[2 * (number - 1) : 2 * number] = min(len(self.named), 65535).to_bytes(2, "big")

    def faults(self) -> Iterator[Finding]:
        """The first place where the chain breaks."""
        expected = genesis(self.origin)
        for number in range(1, self.size + 1):
            start = 32 * (number - 1)
            here = bytes(self.hashes[start : start + 32])
            if here == _NONE:
                yield Finding("chain", f"data/{REST}", _("event {sequence} is missing").format(sequence=number))
                return
            if number == 1 and bytes(self.before[:32]) != expected:
                yield Finding("chain", f"data/{HEAD}", _("the first event is of another ledger than the head says"))
                return
            if bytes(self.before[start : start + 32]) != expected:
                message = _("event {sequence} does not follow the one before")
                yield Finding("chain", self._file(number), message.format(sequence=number))
                return
            expected = here

    def head(self, size: int | None = None) -> tuple[bytes, bytes]:
        """The last event's hash and the Merkle root over the first `size` events (None: all)."""
        size = self.size if size is None else size
        last = bytes(self.hashes[32 * (size - 1) : 32 * size]) if size else genesis(self.origin)
        return last, next(self.roots((size,)))

    def roots(self, sizes: Iterable[int]) -> Iterator[bytes]:
        """The Merkle roots over the first so many events; `sizes` ascend."""
        frontier, done = merkle.Frontier(), 0
        for size in sizes:
            for first in range(done, size, 10_000):
                part = [bytes(self.hashes[32 * n : 32 * n + 32]) for n in range(first, min(first + 10_000, size))]
                frontier, _nodes = frontier.extend(part)
            done = size
            yield frontier.root()

    def _file(self, number: int) -> str:
        place = int.from_bytes(self.files[2 * (number - 1) : 2 * number], "big")
        return self.named[place - 1] if 0 < place <= len(self.named) else ""
