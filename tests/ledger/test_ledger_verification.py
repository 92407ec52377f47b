"""`verify` names the first event that was tampered with; a fixture for every code, on both databases."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.ledger.conftest import issue

from circular_gen.ledger import Checkpoint, Ledger, LedgerError, agrees, draft, merkle, open_ledger, read_checkpoint
from circular_gen.ledger.engine import writing
from circular_gen.ledger.events import event_hash, genesis, line
from circular_gen.ledger.verification import CODES, Finding, verify, verify_against
from circular_gen.workspace.codes import Checkpoint as Short

Tamper = Callable[..., None]


@pytest.fixture
def twelve(issued: Ledger) -> Ledger:
    """Twelve events: five of the issue, seven notes."""
    for n in range(7):
        issued.append(draft("noted", "x", "winter", text=f"note {n}"))
    assert verify(issued).ok
    return issued


def first(ledger: Ledger) -> tuple[str, int | None]:
    report = verify(ledger)
    assert not report.ok
    assert str(report.findings[0]).startswith(report.findings[0].code)
    return report.findings[0].code, report.findings[0].event


def copy_of(sequence: int, at: int) -> str:
    """Inserts a copy of an event at another number."""
    return (
        "INSERT INTO events SELECT " + str(at) + ", time, kind, actor, circular, unit, payload, NULL, previous, hash "
        f"FROM events WHERE sequence = {sequence}"
    )


def shift(start: int, by: int) -> tuple[str, str]:
    """Renumbers all events from `start` on."""
    return (
        f"UPDATE events SET sequence = -(sequence + {by}) WHERE sequence >= {start}",
        "UPDATE events SET sequence = -sequence WHERE sequence < 0",
    )


def seal(ledger: Ledger, sequence: int) -> str:
    """Gives an event a hash that fits its content, as somebody who knows the rules would."""
    event = ledger.event(sequence)
    assert event
    return (
        f"UPDATE events SET hash = {blob(ledger, event_hash(event.previous, event.line()))} WHERE sequence = {sequence}"
    )


def blob(ledger: Ledger, content: bytes) -> str:
    return (
        f"x'{content.hex()}'"
        if ledger._database.engine.dialect.name == "sqlite"
        else f"decode('{content.hex()}', 'hex')"
    )


@pytest.mark.parametrize(
    "change",
    [
        'payload = \'{"text":"another"}\'',
        "actor = 'somebody'",
        "time = '2026-12-20T01:00:00.000000Z'",
        "kind = 'opened'",
        "circular = 'summer'",
        "unit = 'chengxi'",
        "key = 'k'",
        "payload = 'no json'",
    ],
)
def test_a_changed_event(twelve: Ledger, tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE events SET {change} WHERE sequence = 8")
    assert first(twelve) == ("changed", 8)


def test_a_changed_hash(twelve: Ledger, tamper: Tamper) -> None:
    tamper(f"UPDATE events SET hash = {blob(twelve, b'x' * 32)} WHERE sequence = 8")
    assert first(twelve) == ("changed", 8)


def test_a_changed_event_with_a_hash_made_anew(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE events SET actor = 'somebody' WHERE sequence = 8")
    meddle_again(twelve, seal(twelve, 8))
    assert first(twelve) == ("changed", 8)


def test_a_last_event_changed_with_a_hash_made_anew(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE events SET actor = 'somebody' WHERE sequence = 12")
    meddle_again(twelve, seal(twelve, 12))
    assert first(twelve)[0] == "head"


@pytest.mark.parametrize("sequence", [1, 2, 8, 12])
def test_a_removed_event(twelve: Ledger, tamper: Tamper, sequence: int) -> None:
    tamper(f"DELETE FROM events WHERE sequence = {sequence}")
    assert first(twelve) == ("removed", sequence)


def test_removed_events_with_the_rest_closed_up(twelve: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM events WHERE sequence IN (8, 9)", *shift(8, -2))
    assert first(twelve) == ("removed", 8)


def test_all_events_removed(twelve: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM events")
    assert first(twelve) == ("removed", 1)


@pytest.mark.parametrize("numbered", ["whole", "garbage"])
def test_an_inserted_event(twelve: Ledger, tamper: Tamper, numbered: str) -> None:
    old = twelve.event(8)
    assert old
    forged = event_hash(old.previous, line(8, old.time, old.kind, "forger", "winter", None, "{}", None))
    hashed = blob(twelve, forged if numbered == "whole" else b"y" * 32)
    tamper(
        *shift(8, 1),
        "INSERT INTO events SELECT 8, time, kind, 'forger', circular, unit, '{}', NULL, previous, "
        + f"{hashed} FROM events WHERE sequence = 9",
    )
    assert first(twelve) == ("inserted", 8)


def test_an_event_inserted_at_the_end_or_before_the_beginning(twelve: Ledger, tamper: Tamper) -> None:
    last = twelve.event(12)
    assert last
    payload = '{"text":"forged"}'
    forged = event_hash(last.hash, line(13, last.time, "noted", "x", "winter", None, payload, None))
    columns = "time, kind, actor, circular, unit"
    tamper(
        f"INSERT INTO events SELECT 13, {columns}, '{payload}', NULL, hash, {blob(twelve, forged)} "
        "FROM events WHERE sequence = 12"
    )
    assert first(twelve) == ("inserted", 13)
    meddle_again(twelve, copy_of(12, 0))
    assert first(twelve) == ("inserted", 0)


def test_events_that_changed_places(twelve: Ledger, tamper: Tamper) -> None:
    tamper(
        "UPDATE events SET sequence = 99 WHERE sequence = 7",
        "UPDATE events SET sequence = 7 WHERE sequence = 10",
        "UPDATE events SET sequence = 10 WHERE sequence = 99",
    )
    assert first(twelve) == ("reordered", 7)


def test_an_event_moved_behind(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE events SET sequence = 99 WHERE sequence = 7")
    assert first(twelve) == ("reordered", 7)


def test_another_ledgers_events(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE head SET origin = 'circular-gen/another'")
    assert first(twelve) == ("genesis", 1)


def test_a_head_that_is_wrong(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE head SET time = '2030-01-01T00:00:00.000000Z'")
    assert first(twelve) == ("head", None)


def test_a_tree_that_is_wrong(twelve: Ledger, tamper: Tamper) -> None:
    twelve.append(*[draft("noted", "x", text=str(n)) for n in range(300)])
    assert verify(twelve).ok
    tamper(f"UPDATE tree SET hash = {blob(twelve, b'x' * 32)}")
    assert first(twelve) == ("tree", 1)
    meddle_again(twelve, "DELETE FROM tree")
    assert first(twelve) == ("tree", 1)


def recorded_by_hand(ledger: Ledger, kind: str, time: str) -> None:
    """An event that fits the chain and the head, and that the program would never have written."""
    with ledger.writing() as writer:
        head = writer._now_head
        text = '{"text":"t"}'
        hashed = event_hash(head.chain, line(head.size + 1, time, kind, "x", None, None, text, None))
        event = next(writer.stream(kinds=("noted",)))._replace(
            sequence=head.size + 1, time=time, kind=kind, circular=None, text=text, previous=head.chain, hash=hashed
        )
        writer._write([event], None)


def test_an_event_of_an_unknown_kind(twelve: Ledger) -> None:
    recorded_by_hand(twelve, "celebrated", "2027-01-01T00:00:00.000000Z")
    assert first(twelve) == ("malformed", 13)


def test_a_time_that_runs_backwards(twelve: Ledger) -> None:
    recorded_by_hand(twelve, "noted", "2020-01-01T00:00:00.000000Z")
    assert first(twelve) == ("time", 13)


def test_a_projection_that_is_wrong(twelve: Ledger, tamper: Tamper) -> None:
    twelve.append(draft("received", "x", "winter", "chengxi", by="张某"))
    tamper("UPDATE standings SET state = 6 WHERE unit = 'chengxi'")
    assert first(twelve) == ("unguarded", None)
    findings = [finding for finding in verify(twelve).findings if finding.code != "unguarded"]
    assert [(f.code, f.about, f.event) for f in findings] == [("standing", "winter chengxi", 13)]
    for statement, codes in (
        ("UPDATE papers SET due = NULL", ["paper"]),
        ("DELETE FROM standings WHERE unit = 'kaifaqu'", ["standing"]),
        ("DELETE FROM standings", ["standing"] * 4),
        ("UPDATE standings SET unit = 'aaaa' WHERE unit = 'kaifaqu'", ["standing", "standing"]),
        ("UPDATE standings SET unit = 'zzzz' WHERE unit = 'kaifaqu'", ["standing", "standing"]),
        ("UPDATE tallies SET units = units + 1", ["tally"]),
        ("UPDATE papers SET circular = 'ghost'", ["paper", "paper"]),
        ("UPDATE numbers SET ordinal = 7", ["number"]),
        ("DELETE FROM numbers", ["number"]),
    ):
        twelve.rebuild()
        meddle_again(twelve, statement)
        assert [f.code for f in verify(twelve).findings if f.code != "unguarded"] == codes, statement
    twelve.rebuild()
    assert [f.code for f in verify(twelve).findings] == ["unguarded"]


def test_a_large_ledger_is_proved_by_several_processes(
    twelve: Ledger, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("circular_gen.ledger.verification._LARGE", 10)
    issue(twelve, "spring")
    found = verify(twelve, jobs=2)
    assert found.ok
    assert found == verify(twelve)
    tamper(
        "UPDATE standings SET state = 6 WHERE unit = 'chengxi'",
        "UPDATE events SET actor = 'other' WHERE sequence = 8",
    )
    found = verify(twelve, jobs=2)
    assert found == verify(twelve)
    assert [(f.code, f.event) for f in found.findings[:1]] == [("changed", 8)]
    assert [f.about for f in found.findings if f.code == "standing"] == ["spring chengxi", "winter chengxi"]


def test_a_number_given_twice(twelve: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM numbers")
    issue(twelve, "twin")
    found = [finding.event for finding in verify(twelve).findings if finding.code == "number"]
    assert found[0] == 13


def test_events_that_cannot_be_folded(twelve: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE events SET payload = '{}' WHERE kind = 'addressed'")
    assert {finding.code for finding in verify(twelve).findings} == {"changed", "malformed", "unguarded"}


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A SQLite ledger that nobody has open."""
    with open_ledger(tmp_path / "ledger.db") as ledger:
        issue(ledger, "winter")
        ledger.append(*[draft("noted", "x", text="x" * n, key=f"k{n}") for n in range(1, 200)])
    return tmp_path / "ledger.db"


def codes(path: Path) -> list[str]:
    """The codes of what is wrong with a file; some versions of SQLite refuse a damaged one at once, others later."""
    try:
        with open_ledger(path) as ledger:
            return [finding.code for finding in verify(ledger).findings]
    except LedgerError as error:
        told = str(error)
    assert "\n" not in told
    return ["unreadable"]


def test_a_database_that_cannot_be_read(closed: Path) -> None:
    content = bytearray(closed.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    closed.write_bytes(content)
    assert "unreadable" in codes(closed)


def test_a_damaged_index_is_found_while_the_events_are_whole(closed: Path) -> None:
    with closing(sqlite3.connect(closed)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events_key'").fetchone()
    content = bytearray(closed.read_bytes())
    content[root * 4096 - 3] ^= 1  # in a key: a draft with this key would be recorded twice
    closed.write_bytes(content)
    assert codes(closed) == ["database"]


def test_whatever_is_damaged_is_told_or_changes_nothing(closed: Path) -> None:
    """Bytes, stretches and pages of the file overwritten: never another error, never a ledger that reads otherwise."""
    whole, dice, told = closed.read_bytes(), random.Random(5), 0
    with open_ledger(closed, readonly=True) as ledger:
        events = ledger.events()
    for _n in range(80):
        content = bytearray(whole)
        for _m in range(dice.choice((1, 3, 12))):
            at, length = dice.randrange(len(content)), dice.choice((1, 1, 150))
            content[at : at + length] = dice.randbytes(len(content[at : at + length]))
        if dice.random() < 0.3:
            at = dice.randrange(len(content)) // 4096 * 4096
            content[at : at + 4096] = dice.choice((bytes(4096), dice.randbytes(4096), whole[4096:8192]))
        closed.with_name("ledger.db-wal").unlink(missing_ok=True)
        closed.write_bytes(content)
        found = codes(closed)
        told += bool(found)
        assert set(found) <= CODES.keys()
        if not found:
            with open_ledger(closed, readonly=True) as ledger:
                assert ledger.events() == events
    assert told > 40


def test_a_lost_head(twelve: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM head")
    assert first(twelve)[0] == "unreadable"


# -- checkpoints -------------------------------------------------------------------------------------------------------


def test_a_checkpoint_holds_for_what_came_before(twelve: Ledger) -> None:
    kept = twelve.checkpoint()
    twelve.append(draft("noted", "x", text="later"))
    for form in (kept, kept.short(), read_checkpoint(kept.text()), read_checkpoint(kept.brief())):
        assert verify_against(twelve, form) == ()
    assert verify_against(twelve, Short()) == ()
    assert verify_against(twelve, Checkpoint(kept.origin, 0, merkle.EMPTY)) == ()


def test_a_checkpoint_of_another_ledger_a_longer_one_and_another_past(twelve: Ledger) -> None:
    kept = twelve.checkpoint()

    def code(checkpoint: Checkpoint | Short) -> str:
        (finding,) = verify_against(twelve, checkpoint)
        return finding.code

    assert code(Checkpoint("circular-gen/other", kept.size, kept.root)) == "origin"
    assert code(Checkpoint(kept.origin, 13, kept.root)) == "short"
    assert code(Short(13, kept.root[:6])) == "short"
    assert code(Checkpoint(kept.origin, 11, kept.root)) == "forked"
    assert code(Short(11, kept.root[:6])) == "forked"
    assert code(Checkpoint(kept.origin, 12, bytes([kept.root[0] ^ 1]) + kept.root[1:])) == "forked"


def test_a_past_that_was_rewritten_whole_is_told_by_a_checkpoint_alone(twelve: Ledger, tmp_path: Path) -> None:
    """Somebody who owns the database makes every hash anew: only paper that went out tells."""
    kept = twelve.checkpoint()
    with open_ledger(tmp_path / "rewritten.db") as forged:
        head = forged.head()
        events, chain = [], None
        for event in twelve.events():
            chain = genesis(kept.origin) if chain is None else chain
            actor = "somebody" if event.sequence == 8 else event.actor
            changed = event._replace(actor=actor, previous=chain)
            chain = event_hash(chain, changed.line())
            events.append(changed._replace(hash=chain))
        with forged.writing() as writer:
            writer.take_over(events, kept.origin)
        assert head.origin != forged.head().origin == kept.origin
        assert verify(forged).ok
        assert [finding.code for finding in verify_against(forged, kept)] == ["forked"]
        assert not agrees(kept.short(), forged.checkpoint().root)


def test_every_code_is_described_and_has_its_fixture_above() -> None:
    shown = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in CODES if f'"{code}"' not in shown] == []
    assert str(Finding("head", "m")) == "head: m"


def meddle_again(ledger: Ledger, *statements: str) -> None:
    """More statements, where the triggers are gone already."""
    with writing(ledger._database.engine) as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))
