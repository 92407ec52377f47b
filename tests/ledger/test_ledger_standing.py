"""The fold: facts never fall back, order where it is promised not to matter, corrections, machine beside person."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.ledger import FLAGS, STATES, Event, Paper, Standing, status
from circular_gen.ledger.events import canonical, happened, read_payload
from circular_gen.ledger.standing import advanced, advanced_paper, fold, fold_paper

DUE = "2026-12-25T09:00:00.000000Z"
PAPER = Paper("c", issued_at="2026-12-20T00:00:00.000000Z", ask="acknowledge", original_due=DUE, due=DUE)


def event(sequence: int, kind: str, payload: dict[str, Any], unit: str | None = "u", time: str | None = None) -> Event:
    text = canonical(read_payload(kind, payload))
    time = time or f"2026-12-21T00:{sequence // 60 % 60:02}:{sequence % 60:02}.000000Z"
    return Event(sequence, time, kind, "x", "c", unit, text, None, b"", b"")


def told(*happenings: tuple[str, dict[str, Any]]) -> Standing:
    """The standing after these, in order."""
    return fold("c", "u", [event(n, kind, payload) for n, (kind, payload) in enumerate(happenings, 1)])


def flags(standing: Standing) -> set[str]:
    return {name for bit, name in enumerate(FLAGS) if standing.flags >> bit & 1}


def test_the_way_of_a_copy() -> None:
    way = [
        ("addressed", {"role": "addressee"}, "not-sent"),
        ("intent", {"channel": "email", "message": "m"}, "not-sent"),
        ("handed-over", {"channel": "email", "message": "m"}, "sent"),
        ("delivered", {"message": "m"}, "delivered"),
        ("opened", {}, "opened"),
        ("received", {"by": "张某", "how": "phone"}, "received"),
        ("reported", {"by": "李某"}, "reported"),
        ("rechecked", {"outcome": "accepted"}, "reported"),
        ("closed", {}, "closed"),
    ]
    for length, (_kind, _payload, state) in enumerate(way, 1):
        standing = told(*[(kind, payload) for kind, payload, _state in way[:length]])
        assert STATES[standing.state] == state
        assert standing.since == (None if state == "not-sent" else standing.since)
    assert standing.received_by == "张某"
    assert standing.reported_by == "李某"
    assert standing.last == len(way)


def test_earlier_facts_never_fall_back() -> None:
    standing = told(("received", {"by": "张某"}), ("bounced", {"message": "m"}), ("opened", {}), ("sent", {}))
    assert STATES[standing.state] == "received"
    assert flags(standing) == set()  # it has the paper: a bounce on some way is no concern


def test_a_person_stands_beside_the_machine() -> None:
    read = ("received", {"by": "机读", "how": "scan", "machine": True, "at": "2026-12-20T08:00:00Z"})
    said = ("received", {"by": "张某", "how": "phone", "at": "2026-12-20T09:00:00Z"})
    for order in ((read, said), (said, read)):
        standing = told(*order)
        assert (standing.received_by, standing.received_how) == ("张某", "phone")
        assert standing.received_at == "2026-12-20T09:00:00.000000Z"
        assert standing.machine_by == "机读"


def test_reading_again_clears_verified() -> None:
    review = ("reviewed", {"reason": "unsigned", "evidence": "ab" * 32})
    decided = ("review-decided", {"event": 1, "decision": "accepted"})
    again = ("scanned", {"evidence": "ab" * 32, "machine": True})
    assert "review" in flags(told(review))
    verified = told(review, decided)
    assert verified.verified
    assert flags(verified) == set()
    assert not told(review, decided, again).verified
    assert not told(review, ("review-decided", {"event": 1, "decision": "rejected"})).verified


def test_a_bounce_and_what_clears_it() -> None:
    sent = ("handed-over", {"message": "m1"})
    bounced = ("bounced", {"message": "m1", "permanent": True})
    assert "bounced" in flags(told(sent, bounced))
    assert "bounced" in flags(told(bounced, sent)), "the report may come before our own note of the hand-over"
    assert flags(told(sent, bounced, ("handed-over", {"message": "m2"}))) == set()
    assert flags(told(sent, bounced, ("delivered", {}))) == set()


def test_a_fate_that_nobody_knows() -> None:
    unknown = told(("intent", {"channel": "email", "message": "m"}), ("unknown", {"message": "m"}))
    assert "unknown" in flags(unknown)
    assert STATES[unknown.state] == "not-sent"
    assert status(PAPER, unknown, DUE).next == "find-out"
    assert flags(told(("unknown", {"message": "m"}), ("handed-over", {"message": "m"}))) == set()


def test_returned_sent_back_and_reservation() -> None:
    returned = told(("received", {"by": "x"}), ("returned", {"reason": "错投"}))
    assert flags(returned) == {"returned"}
    assert flags(told(("returned", {"reason": "错投"}), ("reissued", {"cause": "错投"}))) == set()
    back = told(("reported", {}), ("rechecked", {"outcome": "sent-back", "reason": "缺佐证"}))
    assert (STATES[back.state], back.returned) == ("reported", "缺佐证")
    assert flags(told(("reported", {}), ("rechecked", {"outcome": "sent-back"}), ("reported", {}))) == set()
    missing = ("received-with-reservation", {"reservation": ["missing-pages"], "copies": 1, "unit-number": "收12"})
    assert flags(told(missing)) == {"reservation"}
    assert (told(missing).copies_received, told(missing).unit_number) == (1, "收12")
    assert flags(told(missing, ("reissued", {"cause": "缺页"}), ("received", {"by": "x"}))) == set()


def test_an_extension_keeps_the_first_deadline() -> None:
    standing = told(
        ("addressed", {"role": "addressee"}),
        ("extended", {"due": "2026-12-28T17:00:00+08:00", "previous": DUE, "reason": "大雪"}),
        ("extended", {"due": "2026-12-30T17:00:00+08:00", "reason": "大雪"}),
    )
    assert standing.due == "2026-12-30T09:00:00.000000Z"
    assert standing.original_due == DUE
    shown = status(PAPER, standing, "2026-12-29T00:00:00.000000Z")
    assert shown.flags == ("extended",)
    assert (shown.due, shown.original_due) == (standing.due, DUE)


def test_overdue_is_at_a_moment_and_only_for_who_owes_something() -> None:
    before, after = "2026-12-25T08:59:59.000000Z", "2026-12-25T09:00:01.000000Z"
    waiting = told(("addressed", {"role": "addressee"}), ("sent", {}))
    assert status(PAPER, waiting, before).flags == ()
    assert status(PAPER, waiting, before).next == "wait"
    overdue = status(PAPER, waiting, after)
    assert overdue.flags == ("overdue",)
    assert overdue.late
    assert overdue.next == "remind"
    for excused in (
        told(("addressed", {"role": "addressee"}), ("received", {"by": "x"})),
        told(("addressed", {"role": "addressee"}), ("exempted", {"reason": "r"})),
        told(("addressed", {"role": "addressee"}), ("withdrawn", {"reason": "r"})),
        told(("addressed", {"role": "cc"})),
        told(("addressed", {"role": "addressee", "receipt": False})),
    ):
        assert "overdue" not in status(PAPER, excused, after).flags
    assert "overdue" not in status(PAPER._replace(ask="none"), waiting, after).flags
    assert "overdue" not in status(PAPER._replace(abolished="r"), waiting, after).flags
    gone = status(PAPER._replace(withdrawn="r"), waiting, after)
    assert gone.flags == ("withdrawn",)
    received = told(("addressed", {"role": "addressee"}), ("received", {"by": "x", "at": "2026-12-25T18:00:00+08:00"}))
    assert status(PAPER, received, after).late
    assert status(PAPER._replace(ask="report"), received, after).flags == ("overdue",)


@pytest.mark.parametrize(
    ("happenings", "step"),
    [
        ([], "send"),
        ([("bounced", {})], "send-again"),
        ([("received-with-reservation", {"reservation": ["missing-pages"]})], "reissue"),
        ([("returned", {"reason": "r"})], "answer"),
        ([("reviewed", {"reason": "blurred", "evidence": "ab" * 32})], "review"),
        ([("exempted", {"reason": "r"})], ""),
        ([("received", {"by": "x"})], ""),
        ([("reported", {})], "recheck"),
        ([("reported", {}), ("rechecked", {"outcome": "accepted"})], "close"),
    ],
)
def test_the_next_step(happenings: list[tuple[str, dict[str, Any]]], step: str) -> None:
    assert status(PAPER, told(("addressed", {"role": "addressee"}), *happenings), DUE).next == step


def test_reminders_are_counted() -> None:
    standing = told(("reminded", {"at": "2026-12-23T09:00:00Z"}), ("reminded", {"at": "2026-12-22T09:00:00Z"}))
    assert (standing.reminders, standing.reminded_at) == (2, "2026-12-23T09:00:00.000000Z")


def test_a_correction_takes_an_event_out_as_if_it_had_never_been() -> None:
    events = [event(1, "addressed", {"role": "addressee"}), event(2, "sent", {}), event(3, "received", {"by": "谁"})]
    annulled = [*events, event(4, "corrected", {"event": 3, "reason": "错行"})]
    assert fold("c", "u", annulled) == fold("c", "u", events[:2])._replace(last=4)
    review = [event(1, "reviewed", {"reason": "blurred", "evidence": "ab" * 32}),
              event(2, "review-decided", {"event": 1, "decision": "accepted"})]  # fmt: skip
    gone = [*review, event(3, "corrected", {"event": 1, "reason": "重复"})]
    assert (fold("c", "u", gone).reviews, fold("c", "u", gone).decisions) == (0, 0)


def test_a_circular_folds_too() -> None:
    paper = {"number": "清安办发〔2026〕1号", "code": "清安办发", "year": 2026, "ordinal": 1, "title": "t", "due": DUE}
    events = [
        event(1, "issued", paper, None),
        event(2, "extended", {"due": "2026-12-30T09:00:00Z", "reason": "r"}, None),
        event(3, "revised", {"revision": 1, "reason": "r", "title": "t2", "due": "2026-12-31T09:00:00Z"}, None),
        event(4, "abolished", {"reason": "新规"}, None),
        event(5, "closed", {"at": "2026-12-31T00:00:00Z"}, None),
        event(6, "noted", {"text": "n"}, None),
    ]
    folded = fold_paper("c", events)
    assert (folded.number, folded.title, folded.revision) == ("清安办发〔2026〕1号", "t2", 1)
    assert (folded.original_due, folded.due) == (DUE, "2026-12-31T09:00:00.000000Z")
    assert (folded.abolished, folded.closed_at, folded.last) == ("新规", "2026-12-31T00:00:00.000000Z", 6)
    assert status(folded, Standing("c", "u", state=1, sent_at=DUE), DUE).flags == ("extended", "old-revision")
    corrected = fold_paper("c", [*events, event(7, "corrected", {"event": 4, "reason": "误"}, None)])
    assert (corrected.abolished, corrected.last) == ("", 7)
    step = Paper("c")
    for one in events:
        step = advanced_paper(step, one.kind, one.payload, one.time, one.sequence)
    assert step == folded


MOMENTS = st.integers(0, 500).map(lambda n: f"2026-12-2{n // 100}T{n % 24:02}:{n % 60:02}:00Z")
FACTS = st.one_of(
    st.tuples(st.sampled_from(["sent", "handed-over", "delivered", "opened"]), st.fixed_dictionaries({"at": MOMENTS})),
    st.tuples(
        st.just("received"),
        st.fixed_dictionaries({"at": MOMENTS, "by": st.sampled_from("甲乙丙"), "machine": st.booleans()}),
    ),
    st.tuples(st.just("reported"), st.fixed_dictionaries({"at": MOMENTS, "by": st.sampled_from("甲乙丙")})),
    st.tuples(st.sampled_from(["closed", "reminded"]), st.fixed_dictionaries({"at": MOMENTS})),
)
OTHERS = st.sampled_from(
    [
        ("bounced", {"message": "m"}),
        ("bounced", {}),
        ("unknown", {"message": "m"}),
        ("returned", {"reason": "r"}),
        ("rechecked", {"outcome": "sent-back"}),
        ("rechecked", {"outcome": "accepted"}),
        ("exempted", {"reason": "r"}),
        ("extended", {"due": DUE, "reason": "r"}),
        ("reissued", {"cause": "c", "revision": 2}),
        ("received-with-reservation", {"reservation": ["damaged"]}),
        ("reviewed", {"reason": "blurred", "evidence": "ab" * 32}),
        ("answered", {"answers": {"t1.yes": True}, "machine": True}),
        ("noted", {"text": "n"}),
        ("withdrawn", {"reason": "r"}),
    ]
)


@settings(max_examples=200)
@given(st.lists(st.one_of(FACTS, OTHERS), max_size=12), st.data())
def test_step_by_step_is_the_same_as_from_scratch(happenings: list[tuple[str, dict[str, Any]]], data: Any) -> None:
    events = [event(n, kind, payload) for n, (kind, payload) in enumerate(happenings, 1)]
    standing = Standing("c", "u")
    for one in events:
        before = standing
        standing = advanced(standing, one.kind, one.payload, one.time, one.sequence)
        assert standing.state >= before.state
    assert standing == fold("c", "u", events)
    if events:
        gone = data.draw(st.sampled_from(events))
        corrected = [*events, event(len(events) + 1, "corrected", {"event": gone.sequence, "reason": "r"})]
        without = [one for one in events if one is not gone]
        assert fold("c", "u", corrected) == fold("c", "u", without)._replace(last=len(events) + 1)


@settings(max_examples=200)
@given(st.lists(FACTS, max_size=8), st.randoms(use_true_random=False))
def test_facts_may_arrive_in_any_order(facts: list[tuple[str, dict[str, Any]]], random: Any) -> None:
    straight = [event(n, kind, payload) for n, (kind, payload) in enumerate(facts, 1)]
    shuffled = straight[:]
    random.shuffle(shuffled)
    apart = {"last", "channel"}
    one, other = fold("c", "u", straight)._asdict(), fold("c", "u", shuffled)._asdict()
    assert {k: v for k, v in one.items() if k not in apart} == {k: v for k, v in other.items() if k not in apart}


def test_every_kind_about_units_can_be_folded_in_any_state() -> None:
    samples = {
        "addressed": {"role": "addressee"},
        "review-decided": {"event": 1, "decision": "accepted"},
        "corrected": {"event": 1, "reason": "r"},
    }
    for first, second in itertools.product(samples, repeat=2):
        assert told((first, samples[first]), (second, samples[second])).circular == "c"
    assert happened({}, "t") == "t"
