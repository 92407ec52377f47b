"""The fold of hazards: what closes one, and that nothing else does; corrections; any order of events that can be."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from circular_gen.ledger import Event
from circular_gen.ledger.events import canonical, read_payload, timestamp
from circular_gen.ledger.hazards import Hazard, fold_hazards

START = datetime(2027, 1, 20, 1, tzinfo=UTC)


def event(sequence: int, kind: str, payload: dict[str, Any]) -> Event:
    text = canonical(read_payload(kind, payload))
    at = timestamp(START + timedelta(hours=sequence))
    return Event(sequence, at, kind, "x", "c", "u", text, None, b"", b"")


def told(*happened: tuple[str, dict[str, Any]]) -> Hazard:
    first = ("hazard-reported", {"hazard": "报警器失效", "due": "2027-02-03", "responsible": "李某"})
    events = []
    for place, (kind, payload) in enumerate((first, *happened), 1):
        own = payload if kind == "corrected" else {"hazard-id": "h1", **payload}
        events.append(event(place, kind, own))
    (hazard,) = fold_hazards(events)
    return hazard


def test_a_units_word_closes_nothing() -> None:
    rectified = ("hazard-rectified", {"progress": "已更换"})
    assert told(rectified).state == "rectified"
    seen = ("hazard-rechecked", {"outcome": "accepted", "by": "复某"})
    assert (told(rectified, seen).state, told(rectified, seen).rechecker) == ("rechecked", "复某")
    closed = told(rectified, seen, ("hazard-closed", {"by": "复某"}))
    assert (closed.state, closed.progress) == ("closed", "已更换")
    back = ("hazard-rechecked", {"outcome": "sent-back", "by": "复某", "reason": "型号不符"})
    assert (told(rectified, back).state, told(rectified, back).reason) == ("open", "型号不符")


def test_late_is_the_units_own_time_only() -> None:
    day = date(2027, 2, 5)
    assert told().late(date(2027, 2, 3)) == 0, "the last day in time"
    assert told().late(day) == 2
    assert told(("hazard-rectified", {})).late(day) == 0
    later = told(("hazard-changed", {"due": "2027-02-20", "reason": "配件缺货"}))
    assert (later.late(day), later.due, later.original_due) == (0, "2027-02-20", "2027-02-03")
    assert told(("hazard-closed", {}), ("hazard-reopened", {"reason": "又坏"})).late(day) == 2


def test_a_correction_takes_back_what_it_names() -> None:
    closed = ("hazard-closed", {"by": "复某"})
    assert told(closed, ("corrected", {"event": 2, "reason": "错"})).state == "open"
    reported = event(1, "hazard-reported", {"hazard-id": "h1", "hazard": "x"})
    assert fold_hazards([reported, event(2, "corrected", {"event": 1, "reason": "错"})]) == ()
    after = event(3, "hazard-closed", {"hazard-id": "h1"})
    assert fold_hazards([reported, event(2, "corrected", {"event": 1, "reason": "错"}), after]) == ()


STEPS = st.lists(
    st.sampled_from(
        [
            ("hazard-changed", {"measures": "更换"}),
            ("hazard-rectified", {"progress": "已更换"}),
            ("hazard-rechecked", {"outcome": "accepted", "by": "复某"}),
            ("hazard-rechecked", {"outcome": "sent-back", "by": "复某", "reason": "x"}),
            ("hazard-closed", {"by": "复某"}),
            ("hazard-reopened", {"reason": "又坏"}),
        ]
    ),
    max_size=8,
)


@given(STEPS)
def test_the_state_is_that_of_the_last_step(steps: list[tuple[str, dict[str, Any]]]) -> None:
    hazard = told(*steps)
    expected = "open"
    for kind, payload in steps:
        if kind == "hazard-rechecked":
            expected = "rechecked" if payload["outcome"] == "accepted" else "open"
        else:
            states = {"hazard-rectified": "rectified", "hazard-closed": "closed", "hazard-reopened": "open"}
            expected = states.get(kind, expected)
    assert hazard.state == expected
    assert hazard.reopened == sum(kind == "hazard-reopened" for kind, _payload in steps)
    assert hazard.original_due == "2027-02-03"
    assert (hazard.state == "closed") <= bool(hazard.closed_at)
