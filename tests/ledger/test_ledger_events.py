"""Events: what a draft may say, canonical form, hashes."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.ledger import KINDS, Draft, DraftError, Event, draft
from circular_gen.ledger.events import (
    canonical,
    check_draft,
    check_time,
    event_hash,
    genesis,
    happened,
    is_whole,
    line,
    read_payload,
    timestamp,
    utc,
)

CHINA = timezone(timedelta(hours=8))


def test_every_kind_of_the_contract_is_there() -> None:
    contract = """issued intent handed-over unknown sent delivered bounced opened received received-with-reservation
        reported rechecked returned closed reminded exempted withdrawn abolished extended reissued revised corrected
        witnessed voided-number reviewed review-decided scanned"""
    assert set(contract.split()) <= KINDS.keys()


def test_a_payload_is_written_in_one_form() -> None:
    read = read_payload(
        "received",
        {
            "by": "张某",
            "at": datetime(2026, 12, 21, 9, 30, tzinfo=CHINA),
            "evidence": "ab" * 32,
            "copies": 2,
            "machine": False,
            "note": None,
            "answers": {"t1.yes": True, "list": (1, "a", None)},
        },
    )
    assert read == {
        "by": "张某",
        "at": "2026-12-21T09:30:00+08:00",
        "evidence": ["ab" * 32],
        "copies": 2,
        "machine": False,
        "answers": {"t1.yes": True, "list": [1, "a", None]},
    }
    assert read_payload("frozen", {"date": date(2026, 12, 20)}) == {"date": "2026-12-20"}
    assert canonical({"b": 1, "a": "城"}) == '{"a":"城","b":1}'


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("received", {}, "by"),
        ("received", {"by": ""}, "by"),
        ("received", {"by": "x", "colour": "red"}, "colour"),
        ("received", {"by": "x", "at": "2026-12-21T09:30:00"}, "at"),
        ("received", {"by": "x", "at": "yesterday"}, "at"),
        ("received", {"by": "x", "at": 5}, "at"),
        ("received", {"by": "x", "how": "By Phone"}, "how"),
        ("received", {"by": "x", "copies": -1}, "copies"),
        ("received", {"by": "x", "copies": True}, "copies"),
        ("received", {"by": "x", "machine": 1}, "machine"),
        ("received", {"by": "x", "evidence": ["short"]}, "evidence"),
        ("received", {"by": "x", "evidence": 5}, "evidence"),
        ("received", {"by": "x", "answers": {"share": 0.5}}, "answers"),
        ("received", {"by": "x", "answers": {"share": 2**60}}, "answers"),
        ("received", {"by": "x", "answers": {5: "five"}}, "answers"),
        ("received-with-reservation", {"reservation": "缺份"}, "reservation"),
        ("rechecked", {"outcome": "maybe"}, "outcome"),
        ("issued", {"number": "1", "code": "c", "year": 2026, "ordinal": 1, "title": "t", "date": "2026-1-5"}, "date"),
        ("extended", {"due": "2026-12-25T17:00:00+08:00"}, "reason"),
    ],
)
def test_a_payload_that_is_wrong_is_refused_with_the_field(kind: str, payload: dict, said: str) -> None:
    with pytest.raises(DraftError, match=said):
        read_payload(kind, payload)


@pytest.mark.parametrize(
    "wrong",
    [
        Draft("celebrated", "x", "c", "u"),
        Draft("received", "x", "c"),
        Draft("received", "x"),
        Draft("issued", "x"),
        Draft("issued", "x", "c", "u"),
        Draft("noted", "x", None, "u"),
        Draft("noted", ""),
        Draft("noted", "x\ny"),
        Draft("noted", "x", "c\0"),
        Draft("noted", "x", key=""),
        Draft("noted", "x", key="k" * 501),
        Draft("noted", None),  # type: ignore[arg-type]
    ],
)
def test_a_draft_about_nothing_or_by_nobody_is_refused(wrong: Draft) -> None:
    with pytest.raises(DraftError):
        check_draft(wrong)


def test_names_may_have_any_spaces() -> None:
    assert check_draft(Draft("noted", "综合　科", "cirkulär 1", key="k\u00a0")).name == "noted"


def test_keywords_of_a_draft_stand_for_fields_with_hyphens() -> None:
    made = draft("received", "综合科", "c", "u", key="k", by="张某", proxy_for="李某")
    assert made == Draft("received", "综合科", "c", "u", {"by": "张某", "proxy-for": "李某"}, "k")


def test_an_events_line_is_canonical_json_and_its_hash_can_be_made_with_any_tool() -> None:
    text = canonical({"by": '张"某', "note": "\\ \n"})
    event_line = line(5, "2026-12-21T01:30:00.000000Z", "received", "综合\u2028科", "c", None, text, "k")
    assert event_line == canonical(json.loads(event_line))
    previous = genesis("somewhere")
    by_hand = hashlib.sha256(b"circular-gen event 1\0" + previous + event_line.encode()).digest()
    assert event_hash(previous, event_line) == by_hand
    event = Event(5, "2026-12-21T01:30:00.000000Z", "received", "综合\u2028科", "c", None, text, "k", previous, by_hand)
    assert is_whole(event)
    assert not is_whole(event._replace(kind='received","payload":{}'))
    assert not is_whole(event._replace(actor="\ud800"))


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-14, 14))  # noqa: DTZ001
def test_times_sort_as_texts(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    written = timestamp(aware)
    assert len(written) == 27
    assert datetime.fromisoformat(written) == aware
    assert utc(aware.isoformat()) == utc(written) == written
    later = aware + timedelta(microseconds=1)
    assert timestamp(later) > written


def test_when_it_happened() -> None:
    recorded = "2026-12-21T05:00:00.000000Z"
    assert happened({}, recorded) == recorded
    assert happened({"at": "2026-12-21T09:30:00+08:00"}, recorded) == "2026-12-21T01:30:00.000000Z"
    assert happened({"clock": "2026-12-21T04:00:00.000000Z"}, recorded) == "2026-12-21T04:00:00.000000Z"


def test_times_that_cannot_be() -> None:
    now = datetime(2026, 12, 21, 1, 0, tzinfo=UTC)
    issued = "2026-12-20T08:00:00.000000Z"
    check_time("2026-12-21T09:04:00+08:00", now, issued, None)
    check_time("2026-12-20T09:00:00+08:00", now, issued, "2026-12-20")  # on paper before it was recorded here
    with pytest.raises(DraftError):
        check_time("2026-12-21T09:06:00+08:00", now, issued, None)
    with pytest.raises(DraftError):
        check_time("2026-12-20T09:00:00+08:00", now, issued, None)
    with pytest.raises(DraftError):
        check_time("2026-12-19T23:59:00+08:00", now, issued, "2026-12-20")
