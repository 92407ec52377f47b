"""`verify`: proves a ledger, or names the first event that was changed, removed, inserted or moved.

The events are read twice: by number, to recompute every hash, the chain and the Merkle tree; and circular by circular,
to fold them again and compare the projection. Beside that SQLite looks through its own file. These are pieces of work
that share nothing: a large ledger's go to several processes. `verify_against` holds the ledger against a checkpoint
that somebody kept.
"""

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from circular_gen.executors import here, in_order, processes
from circular_gen.ledger import merkle
from circular_gen.ledger.checkpoint import Checkpoint, agrees
from circular_gen.ledger.events import KINDS, NUMBERED, Event, event_hash, genesis, is_whole, line
from circular_gen.ledger.failures import LedgerDamagedError
from circular_gen.ledger.reading import Head, Number, Reader
from circular_gen.ledger.standing import Paper, Standing
from circular_gen.ledger.store import Ledger, open_ledger
from circular_gen.ledger.writing import given_number, projected, tallied
from circular_gen.messages import _
from circular_gen.workspace.codes import Checkpoint as Short

CODES: Mapping[str, str] = {
    "changed": "an event's content is not what its hash says",
    "removed": "an event is missing",
    "inserted": "an event stands where there was none",
    "reordered": "an event stands in another's place",
    "genesis": "the first event belongs to another ledger",
    "malformed": "an event that this program could not have written",
    "time": "an event's time lies before the last one's",
    "head": "the head is not that of the events",
    "tree": "a stored node of the Merkle tree is not that of the events",
    "number": "a document number was given twice, or the list of numbers is not that of the events",
    "paper": "a circular's row is not what its events give",
    "standing": "a unit's standing is not what its events give",
    "tally": "the counts of a circular are not those of its standings",
    "unguarded": "the triggers that refuse changes of events are missing",
    "unreadable": "the database cannot be read",
    "database": "the events are whole, but SQLite's own check finds its file damaged (an index, say)",
    "origin": "the checkpoint is another ledger's",
    "short": "the ledger is shorter than the checkpoint says",
    "forked": "the events up to the checkpoint are not those it was made over",
}
"""Every code of a finding."""
_WINDOW = 2000
"""How many rows after the first that does not fit are looked at to tell removed, inserted and reordered apart."""
_LARGE = 100_000
"""Events of a ledger for which starting other processes pays."""
_CHUNK = 10_000
_PIECES = 8
"""Pieces of the projection for each process: circulars differ in size."""
_MANY = 20
"""No more than so many findings of one code: the first ones tell."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong. `event`: the first event it concerns, where it does; `about`: circular, or circular and unit."""

    code: str
    message: str
    event: int | None = None
    about: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found. `size`, `root`: of the events as they are; `origin`: the ledger's name."""

    origin: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class _Part:
    """What a piece of the work found; the events by number with their name, number and root."""

    findings: tuple[Finding, ...]
    origin: str = ""
    size: int = 0
    root: bytes = merkle.EMPTY


_Look = Callable[[Reader], _Part]
"""A piece of the work."""


def verify(ledger: Ledger, *, jobs: int = 1) -> Report:
    """Reads the whole ledger and proves it, each piece of the work in one moment of the ledger. `jobs`: processes that
    may be started for a large one."""
    try:
        with ledger.reading() as reader:
            size, names = reader.head().size, reader.names()
    except _UNREADABLE as error:
        return Report("", 0, merkle.EMPTY, (_unreadable(ledger, error),))
    many = size > _LARGE and jobs > 1
    share = max(1, -(-len(names) // (jobs * _PIECES))) if many else 1
    shares = [names[start : start + share] for start in range(0, len(names), share)]
    pieces: list[_Look] = [_events, *(partial(_projection, names=some) for some in shares), _database]
    # processes with threads: SQLite's files may not be open across a fork
    hands = processes(jobs, threads=True) if many else here()
    work = partial(_elsewhere, ledger.place) if many else partial(_part, ledger)
    chain, *others = [part for _piece, part in in_order(hands, work, pieces)]
    findings: list[Finding] = list(chain.findings)
    shown: Counter[str] = Counter()
    for finding in dict.fromkeys(finding for part in others for finding in part.findings):
        shown[finding.code] += 1
        if shown[finding.code] <= _MANY:
            findings.append(finding)
    return Report(chain.origin, chain.size, chain.root, tuple(findings))


_UNREADABLE = (LedgerDamagedError, TypeError, ValueError, AttributeError, OverflowError)
"""A damaged SQLite file answers with an error, or with values of any type in any place."""


def _unreadable(ledger: Ledger, error: BaseException) -> Finding:
    if isinstance(error, LedgerDamagedError):
        return Finding("unreadable", str(error))
    message = _("the ledger {name} is damaged ({cause}); put back a copy, never delete it")
    return Finding("unreadable", message.format(name=ledger.name, cause=repr(error)))


def _elsewhere(place: str | Path, look: _Look) -> _Part:
    """`_part` in another process."""
    gc.disable()  # millions of rows and not a cycle among them
    with open_ledger(place, readonly=True) as ledger:
        return _part(ledger, look)


def _part(ledger: Ledger, look: _Look) -> _Part:
    """A piece of the work."""
    try:
        with ledger.reading() as reader:
            return look(reader)
    except _UNREADABLE as error:
        return _Part((_unreadable(ledger, error),))


def _events(reader: Reader) -> _Part:
    head = reader.head()
    chain = _Chain(head)
    findings = list(chain.walk(reader))
    if not findings:
        findings += _head_and_tree(reader, head, chain)
    if not reader.guarded():
        findings.append(Finding("unguarded", _("the triggers that refuse changes of events are missing")))
    return _Part(tuple(findings), head.origin, chain.size, chain.frontier.root())


def _database(reader: Reader) -> _Part:
    findings = list(_numbers(reader))
    if complaint := reader.complaint():
        message = _("the database's file is damaged ({cause}); put back a copy, or import an export into a new ledger")
        findings.append(Finding("database", message.format(cause=complaint)))
    return _Part(tuple(findings))


def verify_against(ledger: Ledger, checkpoint: Checkpoint | Short) -> tuple[Finding, ...]:
    """Whether the ledger is one that the checkpoint was made of: nothing found, or origin, short or forked. It proves
    the beginning only if `verify` is clean too, since the stored hashes are used."""
    with ledger.reading() as reader:
        head = reader.head()
        if isinstance(checkpoint, Checkpoint) and checkpoint.origin != head.origin:
            message = _("the checkpoint is of the ledger {other}, this one is {origin}")
            return (Finding("origin", message.format(other=checkpoint.origin, origin=head.origin)),)
        if checkpoint.size > head.size:
            message = _("the checkpoint counts {size} events, the ledger holds only {held}: later ones were removed")
            return (Finding("short", message.format(size=checkpoint.size, held=head.size), head.size + 1),)
        if checkpoint.size == 0 and isinstance(checkpoint, Short):
            return ()  # a draft's code: it says nothing
        root = reader.root(checkpoint.size)
    same = agrees(checkpoint, root) if isinstance(checkpoint, Short) else checkpoint.root == root
    if same:
        return ()
    message = _("the first {size} events are not those that the checkpoint was made over: the past was rewritten")
    return (Finding("forked", message.format(size=checkpoint.size)),)


# -- the chain ---------------------------------------------------------------------------------------------------------


class _Chain:
    """Walks the events by number, as far as they fit."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.size = 0
        self.chain = genesis(head.origin)
        self.time = ""
        self.frontier = merkle.Frontier()
        self.nodes: list[tuple[int, int, bytes]] = []

    def walk(self, reader: Reader) -> Iterator[Finding]:
        """The first thing that does not fit, and events with odd times or contents before it."""
        odd: Counter[str] = Counter()
        before: tuple[Any, ...] | None = None
        hashes: list[bytes] = []
        size, chain, last_time = 0, self.chain, ""
        for row in reader.every():
            sequence, time, kind, actor, circular, unit, text, key, previous, hashed = row
            try:
                said = line(sequence, time, kind, actor, circular, unit, text, key)
                fits = sequence == size + 1 and previous == chain and event_hash(chain, said) == hashed
            except (UnicodeEncodeError, TypeError):  # see `is_whole`
                fits = False
            if not fits:
                self._extend(hashes)
                yield _first_fault(reader, size + 1, Event(*before) if before else None, Event(*row))
                return
            if time < last_time or kind not in KINDS:
                for code, message in _oddities(Event(*row), last_time):
                    odd[code] += 1
                    if odd[code] <= _MANY:
                        yield Finding(code, message, sequence)
            size, chain, last_time, before = sequence, hashed, time, row
            hashes.append(hashed)
            if len(hashes) == _CHUNK:
                self._extend(hashes)
                hashes = []
        self.chain, self.time = chain, last_time
        self._extend(hashes)
        if size < self.head.size:
            yield _finding("removed", size + 1)
        elif size > self.head.size:
            yield _finding("inserted", self.head.size + 1)

    def _extend(self, hashes: Sequence[bytes]) -> None:
        self.frontier, nodes = self.frontier.extend(hashes)
        self.size = self.frontier.size
        self.nodes += nodes


def _finding(code: str, sequence: int) -> Finding:
    message = {
        "changed": _("event {sequence} was changed: its content and its hash do not fit"),
        "removed": _("event {sequence} was removed"),
        "inserted": _("event {sequence} was inserted: the ledger did not write it"),
        "reordered": _("event {sequence} was moved: another event stands in its place"),
        "genesis": _("event {sequence} belongs to another ledger"),
    }[code]
    return Finding(code, message.format(sequence=sequence), sequence)


def _first_fault(reader: Reader, place: int, before: Event | None, found: Event) -> Finding:
    """What happened at the first place whose event does not fit. An event's hash covers its number, so an event that
    was given another number still tells its own: the one with which its hash fits."""
    if found.sequence < place:
        return _finding("inserted", found.sequence)
    following = list(reader.stream(after=place - 1, until=place + _WINDOW))
    elsewhere = any(event.sequence != place and is_whole(event._replace(sequence=place)) for event in following)
    if found.sequence != place:  # a hole
        return _finding("reordered" if elsewhere else "removed", place)
    number = _own_number(found)
    if number == place:  # whole in itself, but it does not follow the one before
        if before is None:
            return _finding("genesis", place)
        return _finding("inserted" if found.previous == before.previous else "changed", place - 1)
    if number is None:
        pushed_back = following[1:] and is_whole(following[1]._replace(sequence=place))
        return _finding("inserted" if pushed_back else "changed", place)
    if number < place:  # pushed back: what stands before it came in between
        return _finding("inserted", place - 1)
    return _finding("reordered" if elsewhere else "removed", place)


def _own_number(event: Event) -> int | None:
    """The number with which the event's hash fits its content; its own is tried first, then those nearby."""
    if is_whole(event):
        return event.sequence
    for distance in range(1, 64):
        for number in (event.sequence - distance, event.sequence + distance):
            if number > 0 and is_whole(event._replace(sequence=number)):
                return number
    return None


def _oddities(event: Event, last_time: str) -> Iterable[tuple[str, str]]:
    """What is wrong with an event that fits the chain."""
    if event.time < last_time:
        yield "time", _("event {sequence} is earlier than the one before").format(sequence=event.sequence)
    if event.kind not in KINDS:
        message = _("event {sequence} is of the unknown kind {kind}")
        yield "malformed", message.format(sequence=event.sequence, kind=event.kind)


# -- what follows from the events --------------------------------------------------------------------------------------


def _head_and_tree(reader: Reader, head: Head, chain: _Chain) -> Iterator[Finding]:
    if (head.chain, head.time, head.frontier) != (chain.chain, chain.time, chain.frontier):
        yield Finding("head", _("the ledger's head does not say what its {size} events give").format(size=chain.size))
    for stored, made in zip_longest(reader.tree(), sorted(chain.nodes)):
        if stored != made:
            level, position, _hashed = min(node for node in (stored, made) if node)
            first = (position << level) + 1
            message = _("the stored tree over the events from {first} to {last} is not that of the events")
            yield Finding("tree", message.format(first=first, last=first - 1 + (1 << level)), first)
            return


def _projection(reader: Reader, names: Iterable[str]) -> _Part:
    """What differs between the projection of some circulars and the fold; at most `_MANY` of a code."""
    findings: list[Finding] = []
    shown: Counter[str] = Counter()
    for circular in names:
        for finding in _differences(reader, circular):
            shown[finding.code] += 1
            if shown[finding.code] <= _MANY:
                findings.append(finding)
    return _Part(tuple(findings))


def _differences(reader: Reader, circular: str) -> Iterator[Finding]:
    paper = reader.paper(circular)
    stored = reader.standing_rows(circular)
    standing = next(stored, None)
    alike: Counter[tuple[Any, ...]] = Counter()
    try:
        for row in projected(circular, reader.by_unit(circular)):
            if isinstance(row, Paper):
                if paper != row:
                    message = _("the row of {circular} is not what its events give")
                    yield Finding("paper", message.format(circular=circular), row.last, circular)
                paper = None
                continue
            alike[tallied(row)] += 1
            if standing == row:
                standing = next(stored, None)
                continue
            while standing and standing[1] < row[1]:
                yield _unfolded(standing)
                standing = next(stored, None)
            if standing == row:
                standing = next(stored, None)
                continue
            yield _differing(row)
            if standing and standing[1] == row[1]:
                standing = next(stored, None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # only where events were tampered with, and the chain has said which
        yield Finding("malformed", _("the events cannot be folded: {error}").format(error=repr(error)))
        return
    while standing:
        yield _unfolded(standing)
        standing = next(stored, None)
    if paper:
        message = _("no event says what the row of {circular} says")
        yield Finding("paper", message.format(circular=circular), paper.last, circular)
    if {tally[:6]: tally.units for tally in reader.tallies(circular)} != alike:
        message = _("the counts of {circular} are not those of its units")
        yield Finding("tally", message.format(circular=circular), None, circular)


def _differing(row: tuple[Any, ...]) -> Finding:
    return _wrong_standing(row, _("the standing of {unit} with {circular} is not what its events give"))


def _unfolded(row: tuple[Any, ...]) -> Finding:
    return _wrong_standing(row, _("no event says what the standing of {unit} with {circular} says"))


def _wrong_standing(row: tuple[Any, ...], message: str) -> Finding:
    standing = Standing._make(row)
    circular, unit = standing.circular, standing.unit
    return Finding("standing", message.format(unit=unit, circular=circular), standing.last, f"{circular} {unit}")


def _numbers(reader: Reader) -> Iterator[Finding]:
    given: dict[tuple[str, int, int], Number] = {}
    for event in reader.stream(kinds=NUMBERED):
        number = given_number(event, json.loads(event.text))
        if number[:3] in given:
            message = _("event {sequence} gives a number that event {first} gave before")
            first = given[number[:3]].event
            yield Finding("number", message.format(sequence=event.sequence, first=first), event.sequence)
        else:
            given[number[:3]] = number
    if differing := sorted(set(reader.numbers()) ^ set(given.values()), key=lambda number: number.event):
        message = _("the list of numbers is not what the events give, from event {sequence} on")
        yield Finding("number", message.format(sequence=differing[0].event), differing[0].event)
