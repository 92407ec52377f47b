"""The store, on SQLite and PostgreSQL: appending, numbers, keys, times, corrections, the projection, reading."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.ledger.conftest import PAPER, START, UNITS, Clock, issue

from circular_gen.ledger import (
    Addressed,
    AlreadyIssuedError,
    Draft,
    DraftError,
    KeyConflictError,
    Ledger,
    LedgerError,
    NumberTakenError,
    draft,
    merkle,
    open_ledger,
)
from circular_gen.ledger.engine import writing
from circular_gen.ledger.failures import LedgerBusyError, LedgerUnreachableError
from circular_gen.ledger.verification import verify

HASH = "ab" * 32


def received(unit: str, key: str | None = None, **payload: object) -> Draft:
    return draft("received", "综合科", "winter", unit, key, **{"by": "张某", "how": "phone", **payload})


def test_issuing_gives_a_number_and_a_standing_to_every_unit(issued: Ledger) -> None:
    paper = issued.paper("winter")
    assert paper
    assert paper.number == "清安办发〔2026〕1号"
    assert paper.due == "2026-12-25T09:00:00.000000Z"
    assert [s.unit for s in issued.standings("winter")] == ["chengxi", "chengdong", "kaifaqu", "zhengfu"]
    assert [s.receipt for s in issued.standings("winter")] == [True, True, True, False]
    first = issued.standing("winter", "chengxi")
    assert first
    assert (first.name, first.grouped, first.copies) == ("城西街道办事处", "各镇（街道）", 2)
    assert issued.standing("winter", "nobody") is None
    assert issued.paper("summer") is None
    assert verify(issued).ok


def test_numbers_go_on_by_code_and_year(issued: Ledger) -> None:
    issue(issued, "b")
    issue(issued, "letter", code="清安办函")
    issue(issued, "last-year", year=2025)
    issue(issued, "by-hand", ordinal=9)
    issue(issued, "order", code="令", number=lambda code, year, ordinal: f"第{ordinal}号")
    issued.void_number("清安办发", 2026, 10, actor="综合科", reason="印错")
    issue(issued, "after")
    given = {
        p.circular: p.number for p in map(issued.paper, ("b", "letter", "last-year", "by-hand", "order", "after")) if p
    }
    assert given == {
        "b": "清安办发〔2026〕2号",
        "letter": "清安办函〔2026〕1号",
        "last-year": "清安办发〔2025〕1号",
        "by-hand": "清安办发〔2026〕9号",
        "order": "第1号",
        "after": "清安办发〔2026〕11号",
    }
    assert [(n.ordinal, n.void) for n in issued.numbers(2026, "清安办发")] == [
        (1, False), (2, False), (9, False), (10, True), (11, False)]  # fmt: skip
    for taken in (9, 10):
        with pytest.raises(NumberTakenError, match=f"{taken}"):
            issue(issued, "again", ordinal=taken)
    with pytest.raises(NumberTakenError):
        issued.void_number("清安办发", 2026, 9, actor="综合科", reason="已发")
    assert verify(issued).ok


def test_a_circular_is_issued_once(issued: Ledger) -> None:
    with pytest.raises(AlreadyIssuedError, match="1号") as raised:
        issue(issued, "winter")
    assert raised.value.sequence == 1
    with pytest.raises(DraftError):
        issued.append(
            Draft("issued", "x", "winter", None, {**PAPER, "number": "n", "code": "c", "year": 1, "ordinal": 1})
        )


def test_a_number_is_free_again_when_preparing_fails(ledger: Ledger) -> None:
    def burn(ordinal: int, number: str) -> dict[str, object]:
        raise OSError(number)

    with pytest.raises(OSError, match="1号"):
        issue(ledger, "winter", prepare=burn)
    assert ledger.head().size == 0
    issue(ledger, "winter", prepare=lambda ordinal, number: {"files": {"circular.pdf": HASH}, "note": number})
    event = ledger.event(1)
    assert event
    assert event.payload["files"] == {"circular.pdf": HASH}
    assert event.payload["note"] == event.payload["number"]


def test_all_or_nothing(issued: Ledger) -> None:
    size = issued.head().size
    with pytest.raises(DraftError, match="nobody"):
        issued.append(received("chengxi"), received("nobody"))
    assert issued.head().size == size

    def change_of_mind() -> None:
        with issued.writing() as writer:
            writer.append(received("chengxi"))
            assert writer.standing("winter", "chengxi").state == 4  # type: ignore[union-attr]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_of_mind()
    assert issued.head().size == size
    assert issued.append() == ()


def test_what_may_not_be_recorded(issued: Ledger) -> None:
    now = START + timedelta(hours=1)
    for wrong in (
        draft("received", "x", "summer", "chengxi", by="张某"),
        draft("extended", "x", "summer", due="2026-12-30T00:00:00Z", reason="r"),
        received("nobody"),
        received("chengxi", at=now.isoformat()),
        received("chengxi", at="2026-12-19T08:00:00+08:00"),
        draft("celebrated", "x", "winter"),
        draft("corrected", "x", event=99, reason="r"),
        draft("corrected", "x", event=1, reason="r"),
        draft("corrected", "x", event="1", reason="r"),
        draft("review-decided", "x", event=2, decision="accepted"),
        Draft("noted", "x", "winter", None, {"text": "half \ud800"}),
        Draft("noted", "x", "winter", None, {"text": "n", "clock": "2026-12-19T08:00:00Z"}),
    ):
        with pytest.raises(DraftError):
            issued.append(wrong)
    nested: list[object] = []
    nested.append(nested)
    with pytest.raises(DraftError):
        issued.append(Draft("scanned", "x", None, None, {"evidence": HASH, "read": nested}))
    assert issued.head().size == 5


def test_a_key_is_recorded_once(issued: Ledger) -> None:
    (first,) = issued.append(received("chengxi", key="k"))
    (again,) = issued.append(received("chengxi", key="k"))
    assert not first.repeated
    assert again == first._replace(repeated=True)
    both = issued.append(received("chengdong", key="j"), received("chengdong", key="j"), received("chengxi", key="k"))
    assert [event.repeated for event in both] == [False, True, True]
    for other in (received("chengxi", key="k", by="李某"), received("kaifaqu", key="k")):
        with pytest.raises(KeyConflictError) as raised:
            issued.append(other)
        assert raised.value.sequence == first.sequence
    assert issued.head().size == 7


def test_a_clock_that_stepped_back_is_recorded_and_never_shown_as_time(issued: Ledger, clock: Clock) -> None:
    last = issued.head().time
    clock.now -= timedelta(days=2)
    with pytest.raises(DraftError):
        issued.append(received("chengxi", at="2026-12-20T09:00:03+08:00"))
    (event,) = issued.append(draft("opened", "x", "winter", "chengxi", "k"))
    assert event.time == last
    assert event.payload["clock"].startswith("2026-12-18T01:00:0")
    assert issued.standing("winter", "chengxi").opened_at == event.payload["clock"]  # type: ignore[union-attr]
    (again,) = issued.append(draft("opened", "x", "winter", "chengxi", "k"))
    assert again.repeated
    clock.now += timedelta(days=3)
    (later,) = issued.append(draft("opened", "x", "winter", "chengdong"))
    assert later.payload == {}
    assert [e.time for e in issued.events()] == sorted(e.time for e in issued.events())
    assert verify(issued).ok


def test_a_correction_annuls_once_and_is_about_what_it_annuls(issued: Ledger) -> None:
    (wrong,) = issued.append(received("chengxi"))
    assert issued.circulars()[0].received == 1
    (corrected,) = issued.append(draft("corrected", "综合科", event=wrong.sequence, reason="错行"))
    assert (corrected.circular, corrected.unit) == ("winter", "chengxi")
    assert issued.circulars()[0].received == 0
    (again,) = issued.append(draft("corrected", "综合科", "winter", "chengxi", event=wrong.sequence, reason="错行"))
    assert again.repeated
    with pytest.raises(KeyConflictError):
        issued.append(draft("corrected", "综合科", event=wrong.sequence, reason="另一个理由"))
    with pytest.raises(DraftError):
        issued.append(draft("corrected", "综合科", "winter", "kaifaqu", event=wrong.sequence, reason="错行"))
    with pytest.raises(DraftError):
        issued.append(draft("corrected", "综合科", event=corrected.sequence, reason="r"))
    assert verify(issued).ok


def test_a_correction_sees_what_came_before_it_in_the_same_transaction(issued: Ledger) -> None:
    (wrong,) = issued.append(draft("abolished", "x", "winter", reason="误"))
    issued.append(
        draft("extended", "x", "winter", due="2026-12-30T17:00:00+08:00", reason="大雪"),
        draft("corrected", "x", event=wrong.sequence, reason="误"),
    )
    paper = issued.paper("winter")
    assert paper
    assert (paper.abolished, paper.due) == ("", "2026-12-30T09:00:00.000000Z")
    (opened,) = issued.append(draft("opened", "x", "winter", "chengxi"))
    issued.append(received("chengxi"), draft("corrected", "x", event=opened.sequence, reason="r"))
    standing = issued.standing("winter", "chengxi")
    assert standing
    assert (standing.opened_at, standing.received_by) == (None, "张某")
    assert verify(issued).ok


def test_pages_in_review_wait_until_they_are_decided(issued: Ledger) -> None:
    known, foreign, twice = issued.append(
        draft("reviewed", "scan", "winter", "chengxi", reason="unsigned", evidence=HASH),
        draft("reviewed", "scan", reason="no-code", evidence=HASH, page=3),
        draft("reviewed", "scan", reason="no-code", evidence=HASH),
    )
    assert [e.sequence for e in issued.open_reviews()] == [known.sequence, foreign.sequence, twice.sequence]
    assert [e.sequence for e in issued.open_reviews("winter")] == [known.sequence]
    assert issued.circulars()[0].review == 1
    issued.append(draft("review-decided", "综合科", event=known.sequence, decision="accepted"), received("chengxi"))
    issued.append(draft("review-decided", "综合科", event=foreign.sequence, decision="rejected", reason="废页"))
    issued.append(draft("corrected", "综合科", event=twice.sequence, reason="重复"))
    assert issued.open_reviews() == ()
    with pytest.raises(KeyConflictError):
        issued.append(draft("review-decided", "综合科", event=foreign.sequence, decision="accepted"))
    assert issued.circulars()[0].review == 0
    assert verify(issued).ok


def test_a_circular_in_a_line(issued: Ledger) -> None:
    issued.append(received("chengxi"), draft("bounced", "mail", "winter", "chengdong", message="m"))
    before, after = (datetime(2026, 12, 25, hour, 30, tzinfo=UTC) for hour in (8, 9))
    (line,) = issued.circulars(before)
    assert (line.addressees, line.cc, line.received, line.reported, line.overdue) == (3, 1, 1, 0, 0)
    (line,) = issued.circulars(after)
    assert line.overdue == 2
    assert (line.states["received"], line.states["not-sent"], line.flags["bounced"]) == (1, 2, 1)
    issued.append(
        draft("withdrawn", "x", "winter", "chengdong", reason="错发"),
        draft(
            "extended", "x", "winter", "kaifaqu", due="2026-12-30T17:00:00+08:00", previous=PAPER["due"], reason="雪"
        ),
    )
    (line,) = issued.circulars(after)
    assert (line.addressees, line.overdue, line.flags["withdrawn"], line.flags["extended"]) == (2, 0, 1, 1)
    rows = issued.statuses("winter", after)
    assert [(row.unit, row.state, row.flags) for row in rows] == [
        ("chengxi", "received", ()),
        ("chengdong", "not-sent", ("bounced", "withdrawn")),
        ("kaifaqu", "not-sent", ("extended",)),
        ("zhengfu", "not-sent", ()),
    ]
    issue(issued, "second")
    assert [line.paper.circular for line in issued.circulars()] == ["winter", "second"]


def test_reading_by_circular_unit_kind_and_place(issued: Ledger) -> None:
    issue(issued, "second")
    issued.append(received("chengxi"), draft("opened", "x", "winter", "chengxi"))
    kinds = [e.kind for e in issued.events("winter", "chengxi")]
    assert kinds == ["addressed", "received", "opened"]
    assert [e.circular for e in issued.events(kinds=("issued",))] == ["winter", "second"]
    assert [e.sequence for e in issued.events(after=10)] == [11, 12]
    assert issued.event(0) is None
    assert issued.event(99) is None


def test_look_decide_and_append_with_nothing_in_between(issued: Ledger) -> None:
    with issued.writing() as writer:
        if not writer.standing("winter", "chengxi").received_at:  # type: ignore[union-attr]
            writer.append(received("chengxi"))
        writer.append(draft("opened", "x", "winter", "chengxi"))
    assert verify(issued).ok


def test_events_are_never_changed_or_deleted(issued: Ledger) -> None:
    for statement in ("UPDATE events SET actor = 'x'", "DELETE FROM events", "DELETE FROM events WHERE sequence = 1"):
        with (
            pytest.raises(DBAPIError, match="never changed"),
            writing(issued._database.engine) as connection,
            connection.begin(),
        ):
            connection.execute(text(statement))
    if issued._database.engine.dialect.name == "postgresql":
        with (
            pytest.raises(DBAPIError, match="never changed"),
            writing(issued._database.engine) as connection,
            connection.begin(),
        ):
            connection.execute(text("TRUNCATE events"))
    assert verify(issued).ok


def test_proofs_from_the_stored_tree(issued: Ledger) -> None:
    old = issued.head()
    for start in range(0, 700, 350):
        issued.append(*[draft("noted", "x", "winter", text=f"{n}") for n in range(start, start + 350)])
    head = issued.head()
    with issued.reading() as reader:
        assert reader.root() == head.frontier.root()
        assert reader.root(old.size) == old.frontier.root()
    for sequence in (1, 255, 256, 257, 512, 600, head.size):
        event, proof = issued.event(sequence), issued.inclusion_proof(sequence)
        assert event
        assert merkle.includes(event.hash, sequence - 1, head.size, proof, head.frontier.root())
    proof = issued.consistency_proof(old.size)
    assert merkle.continues(old.size, old.frontier.root(), head.size, head.frontier.root(), proof)
    assert issued.inclusion_proof(1, 1) == ()
    assert issued.consistency_proof(3, 3) == ()


def test_the_projection_can_be_made_anew(issued: Ledger) -> None:
    issued.append(received("chengxi"), draft("opened", "x", "winter", "chengdong"))
    issued.void_number("清安办发", 2026, 2, actor="x", reason="r")
    before = (issued.standings("winter"), issued.circulars(START), issued.numbers(), issued.paper("winter"))
    issued.rebuild()
    assert (issued.standings("winter"), issued.circulars(START), issued.numbers(), issued.paper("winter")) == before


def test_a_ledger_is_found_again(place: str, clock: Clock) -> None:
    with open_ledger(place, clock=clock) as ledger:
        issue(ledger, "winter")
        checkpoint = ledger.checkpoint()
    with open_ledger(place) as ledger:
        assert ledger.checkpoint() == checkpoint
        assert (checkpoint.origin.startswith("circular-gen/"), checkpoint.size) == (True, 5)
        assert "winter" in str(ledger.events("winter"))
    with open_ledger(place, readonly=True) as ledger:
        assert ledger.checkpoint() == checkpoint
        with pytest.raises(LedgerError):
            ledger.append(draft("noted", "x", text="n"))


def test_another_writer_is_waited_for_and_named(place: str, clock: Clock) -> None:
    with open_ledger(place, clock=clock) as first, open_ledger(place, clock=clock, patience=0.2) as second:
        issue(first, "winter")
        with first.writing() as writer:
            writer.append(received("chengxi"))
            assert second.head().size == 5, "readers are not kept waiting"
            with pytest.raises(LedgerBusyError):
                second.append(received("kaifaqu"))
        second.append(received("kaifaqu"))
        assert verify(second).ok


def test_addresses_that_are_none(tmp_path: Path) -> None:
    for wrong in ("mysql://host/db", "sqlite://", "nonsense://x", "postgresql://a:b@:x/y"):
        with pytest.raises(LedgerError) as raised:
            open_ledger(wrong)
        assert ":b@" not in str(raised.value)
    with pytest.raises(LedgerError):
        open_ledger(tmp_path / "none.db", readonly=True)
    with pytest.raises(LedgerError):
        open_ledger(tmp_path / "no" / "folder.db")
    with open_ledger(f"sqlite:///{tmp_path / 'by-url.db'}") as ledger:
        assert ledger.name == str(tmp_path / "by-url.db")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerUnreachableError) as raised:
        open_ledger(f"postgresql://me:secret@/db?host={tmp_path}")
    assert "secret" not in str(raised.value)


def test_units_of_an_addressed_draft_are_written_whole() -> None:
    made = Addressed("u", due="2026-12-25T17:00:00+08:00", receipt=True).draft("c", "x", 4)
    assert {k: v for k, v in made.payload.items() if v is not None} == {
        "role": "addressee",
        "due": "2026-12-25T17:00:00+08:00",
        "receipt": True,
        "position": 4,
    }
    assert len(UNITS) == 4
