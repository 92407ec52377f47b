"""Who is reminded when: by example over a Spring Festival, and by rule over random lives of a unit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.dispatch.reminders import (
    Claim,
    Held,
    Past,
    Setting,
    bulletin_due,
    bulletin_rows,
    decision,
    opens,
    pasts,
)
from circular_gen.ledger import Event, Paper
from circular_gen.ledger.deadlines import Calendar
from circular_gen.ledger.events import canonical, read_payload, timestamp
from circular_gen.ledger.standing import Standing, fold
from circular_gen.workspace.reminders import Policy

SHANGHAI = ZoneInfo("Asia/Shanghai")
# 2027: 春节 on 6 February. The arrangement is not published yet, so the office's own calendar says it
REST = frozenset(date(2027, 2, 5) + timedelta(days=n) for n in range(8))
WORK = frozenset({date(2027, 1, 31), date(2027, 2, 14)})
CALENDAR = Calendar(REST, WORK)
POLICY = Policy(notice=1, first=1, interval=2, most=3, cooldown=20, escalate=6, bulletin=4)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def stamp(text: str) -> str:
    return timestamp(at(text))


DUE = stamp("2027-02-03 17:00")  # a Wednesday, two days before the holiday
PAPER = Paper("c", number="清安办发〔2027〕3号", issued_at=stamp("2027-01-18 09:00"), ask="acknowledge",
              original_due=DUE, due=DUE)  # fmt: skip


def happening(sequence: int, kind: str, when: datetime, payload: dict[str, Any]) -> Event:
    text = canonical(read_payload(kind, payload))
    return Event(sequence, timestamp(when), kind, "x", "c", "u", text, None, b"", b"")


def life(*told: tuple[str, str, dict[str, Any]]) -> tuple[Standing, tuple[Past, ...]]:
    """A unit's standing and reminders after these: kind, time, fields."""
    first = ("addressed", "2027-01-18 09:00", {"role": "addressee", "name": "柳林镇人民政府"})
    events = [happening(n, kind, at(when), payload) for n, (kind, when, payload) in enumerate((first, *told), 1)]
    return fold("c", "u", events), pasts(events).get("u", ())


SENT = ("handed-over", "2027-01-18 10:00", {"channel": "email", "message": "m"})


def reminded(when: str, manner: str = "reminder", nth: int = 0, due: str = DUE) -> tuple[str, str, dict[str, Any]]:
    return "reminded", when, {"manner": manner, "nth": nth, "due": due}


def told(now: str, *happened: tuple[str, str, dict[str, Any]], paper: Paper = PAPER, policy: Policy = POLICY) -> Any:
    """manner and number, or why it is held, or None."""
    standing, past = life(SENT, *happened)
    one = decision(paper, standing, past, Setting(policy, CALENDAR, SHANGHAI, at(now)))
    return (one.manner, one.nth) if isinstance(one, Claim) else one.why if isinstance(one, Held) else None


def test_the_steps_over_a_spring_festival() -> None:
    assert told("2027-02-01 09:00") is None
    assert told("2027-02-02 09:00") == ("notice", 0), "a work day before the deadline"
    notice = reminded("2027-02-02 09:00", "notice")
    assert told("2027-02-03 16:59", notice) is None, "told once"
    assert told("2027-02-03 17:01", notice) is None, "the first reminder is due on the next work day"
    assert told("2027-02-04 09:00", notice) == ("reminder", 1)
    first = (notice, reminded("2027-02-04 09:00", nth=1))
    for day in range(5, 13):
        assert told(f"2027-02-{day:02} 10:00", *first) is None, "the holiday"
    assert told("2027-02-13 10:00", *first) is None, "a Saturday"
    assert told("2027-02-14 10:00", *first) is None, "a Sunday that is worked: the first work day since"
    assert told("2027-02-15 09:00", *first) == ("reminder", 2), "two work days since"
    second = (*first, reminded("2027-02-15 09:00", nth=2))
    assert told("2027-02-16 09:00", *second) is None
    assert told("2027-02-17 09:00", *second) == ("reminder", 3)
    third = (*second, reminded("2027-02-17 09:00", nth=3))
    assert told("2027-02-18 09:00", *third) is None
    assert told("2027-02-19 09:00", *third) == ("escalation", 0)
    assert told("2027-03-19 09:00", *third, reminded("2027-02-19 09:00", "escalation")) == "escalated"


def test_what_a_pause_has_piled_up_folds_into_one() -> None:
    assert told("2027-03-10 09:00") == ("reminder", 1), "nothing was ever sent: not three, and no escalation"
    assert told("2027-03-10 09:00", reminded("2027-02-04 09:00", nth=1)) == ("escalation", 0)


def test_nobody_is_reminded_whose_next_step_is_ours() -> None:
    assert told("2027-02-04 09:00", ("bounced", "2027-01-18 11:00", {"message": "m"})) == "bounced"
    assert told("2027-02-04 09:00", ("unknown", "2027-01-18 11:00", {"message": "m"})) == "unknown"
    assert told("2027-02-04 09:00", ("returned", "2027-01-19 11:00", {"reason": "错投"})) == "returned"
    review = ("reviewed", "2027-02-03 11:00", {"reason": "unsigned", "evidence": "ab" * 32})
    assert told("2027-02-04 09:00", review) == "review"
    rejected = ("review-decided", "2027-02-04 08:00", {"event": 3, "decision": "rejected"})
    assert told("2027-02-04 09:00", review, rejected) == ("reminder", 1)
    standing, past = life()
    not_sent = Setting(POLICY, CALENDAR, SHANGHAI, at("2027-02-04 09:00"))
    assert decision(PAPER, standing, past, not_sent) == Held("u", "柳林镇人民政府", "not-sent", DUE, 1)
    outside = Setting(POLICY, CALENDAR, SHANGHAI, at("2027-02-04 09:00"), sent=False)
    assert isinstance(decision(PAPER, standing, past, outside), Claim), "handed over past this program"


def test_an_extension_counts_and_the_first_date_stays() -> None:
    later = stamp("2027-02-17 17:00")
    granted = ("extended", "2027-02-03 09:00", {"due": later, "previous": DUE, "reason": "大雪封路"})
    assert told("2027-02-04 09:00", granted) is None
    assert told("2027-02-16 09:00", reminded("2027-02-02 09:00", "notice"), granted) == ("notice", 0), "of the new date"
    assert told("2027-02-18 09:00", granted) == ("reminder", 1)
    before = (reminded("2027-02-04 09:00", nth=1), granted)
    assert told("2027-02-18 09:00", *before) == ("reminder", 2), "its numbers go on"
    standing, past = life(SENT, *before)
    claim = decision(PAPER, standing, past, Setting(POLICY, CALENDAR, SHANGHAI, at("2027-02-18 09:00")))
    assert isinstance(claim, Claim)
    assert (claim.due, claim.original_due, claim.late) == (later, DUE, 1)


def test_cool_down_and_calls() -> None:
    called = reminded("2027-02-04 15:00", "phone")
    quick = Policy(interval=1, cooldown=24)
    assert told("2027-02-14 09:00", called, policy=quick) == ("reminder", 1)
    notice = reminded("2027-02-03 16:00", "notice")
    assert told("2027-02-04 09:00", notice, policy=quick) == "cool-down"


def test_nothing_is_sent_in_quiet_hours_and_on_days_off() -> None:
    def when(now: str, policy: Policy = POLICY) -> str:
        opening = opens(policy, CALENDAR, SHANGHAI, at(now))
        return f"{opening:%m-%d %H:%M}" if opening else "now"

    assert when("2027-02-04 09:00") == "now"
    assert when("2027-02-04 08:00") == "02-04 08:30"
    assert when("2027-02-03 18:00") == "02-04 08:30"
    assert when("2027-02-04 18:00") == "02-14 08:30", "after the holiday"
    assert when("2027-02-08 12:00") == "02-14 08:30"
    noon = Policy(quiet="12:00-14:00")
    assert when("2027-02-04 12:30", noon) == "02-04 14:00"
    assert when("2027-02-04 18:00", noon) == "now"
    assert when("2027-02-08 09:00", noon) == "02-14 00:00"
    assert when("2027-02-04 03:00", Policy(quiet="00:00-00:00")) == "now"


def test_a_bulletin_states_facts_once() -> None:
    late, _past = life(SENT)
    done, _past = life(SENT, ("received", "2027-02-02 10:00", {"by": "张某"}))
    too_late, _past = life(SENT, ("received", "2027-02-05 10:00", {"by": "张某"}))
    waiting, _past = life(SENT, ("reviewed", "2027-02-03 11:00", {"reason": "unsigned", "evidence": "ab" * 32}))
    bounced, _past = life(SENT, ("bounced", "2027-01-18 11:00", {"message": "m"}))
    excused, _past = life(SENT, ("exempted", "2027-01-20 11:00", {"reason": "机构已撤并"}))
    units = (late, done, too_late, waiting, bounced, excused)
    setting = Setting(POLICY, CALENDAR, SHANGHAI, at("2027-02-16 09:00"))
    facts = [(row.fact, row.late) for row in bulletin_rows(PAPER, units, setting)]
    assert facts == [("late", 13), ("done", 0), ("done-late", 2), ("review", 0), ("ours", 0), ("exempt", 0)]
    assert not bulletin_due(PAPER, units, {}, Setting(POLICY, CALENDAR, SHANGHAI, at("2027-02-15 09:00")))
    assert bulletin_due(PAPER, units, {}, setting)
    assert not bulletin_due(PAPER, units[1:], {}, setting), "nobody is late"
    assert not bulletin_due(PAPER, units, {"u": (Past(stamp("2027-02-16 08:31"), "bulletin", DUE),)}, setting)


# -- rules over random lives -------------------------------------------------------------------------------------------

MINUTES = st.integers(0, 90 * 24 * 60).map(lambda n: datetime(2027, 1, 18, 1, 0, tzinfo=UTC) + timedelta(minutes=n))
HASH = "ab" * 32
FACTS = st.one_of(
    st.just(("received", {"by": "张某"})),
    st.just(("exempted", {"reason": "机构已撤并"})),
    st.just(("withdrawn", {"reason": "重复"})),
    st.just(("reviewed", {"reason": "unsigned", "evidence": HASH})),
    st.just(("bounced", {"message": "m"})),
    st.just(("closed", {})),
    st.builds(lambda n: ("extended", {"due": timestamp(datetime(2027, 2, 3, 9, tzinfo=UTC) + timedelta(days=n)),
                                      "previous": DUE, "reason": "雪"}), st.integers(1, 40)),
)  # fmt: skip
LIVES = st.lists(st.tuples(MINUTES, FACTS), max_size=4)
POLICIES = st.builds(
    Policy,
    notice=st.integers(0, 3),
    first=st.integers(0, 3),
    interval=st.integers(1, 4),
    most=st.integers(0, 4),
    cooldown=st.sampled_from([0, 1, 20, 72]),
    quiet=st.sampled_from(["18:00-08:30", "12:00-14:00", "00:00-00:00"]),
    escalate=st.sampled_from([0, 3, 6]),
)


@settings(max_examples=120, deadline=None)
@given(LIVES, POLICIES, st.lists(MINUTES, min_size=1, max_size=40))
def test_a_life_under_any_policy(facts: list[Any], policy: Policy, looks: list[datetime]) -> None:
    """A clerk looks at random moments and sends whatever is due; facts come in between."""
    facts = sorted(facts, key=lambda one: one[0])
    base = [
        happening(1, "addressed", datetime(2027, 1, 18, 1, tzinfo=UTC), {"role": "addressee"}),
        happening(2, "handed-over", datetime(2027, 1, 18, 1, tzinfo=UTC), {"message": "m", "channel": "email"}),
    ]
    sent: list[tuple[datetime, Claim]] = []
    for now in sorted(looks):
        events = list(base)
        merged = [(when, kind, payload) for when, (kind, payload) in facts if when <= now]
        merged += [
            (when, "reminded", {"manner": claim.manner, "nth": claim.nth, "due": claim.due}) for when, claim in sent
        ]
        for when, kind, payload in sorted(merged, key=lambda one: one[0]):
            events.append(happening(len(events) + 1, kind, when, payload))
        standing, past = fold("c", "u", events), pasts(events).get("u", ())
        setting = Setting(policy, CALENDAR, SHANGHAI, now)
        claim = decision(PAPER, standing, past, setting)
        if not isinstance(claim, Claim) or opens(policy, CALENDAR, SHANGHAI, now):
            continue
        local = now.astimezone(SHANGHAI)
        due = standing.due or DUE
        assert standing.state < 4, "who has answered is left alone"
        assert not any((standing.exempt, standing.withdrawn, standing.bounced))
        assert standing.reviews == standing.decisions
        assert CALENDAR.is_workday(local.date())
        assert claim.due == due
        assert claim.original_due == DUE
        assert (claim.manner == "notice") == (timestamp(now) <= due)
        if sent:
            assert now - sent[-1][0] >= timedelta(hours=policy.cooldown)
        mine = [one for _when, one in sent if one.due == due]
        if claim.manner == "reminder":
            assert claim.nth == 1 + sum(one.manner == "reminder" for _when, one in sent), (
                "no number twice, none left out"
            )
            assert sum(one.manner == "reminder" for one in mine) < policy.most
        if claim.manner == "escalation":
            assert any(one.manner == "reminder" for one in mine)
            day = datetime.fromisoformat(due).astimezone(SHANGHAI).date()
            assert CALENDAR.between(day, local.date()) >= policy.escalate
        assert not any(one.manner == "escalation" for one in mine), "nothing follows an escalation"
        sent.append((now, claim))
        again = decision(PAPER, standing, (*past, Past(timestamp(now), claim.manner, claim.due, claim.nth)), setting)
        assert not isinstance(again, Claim) or policy.cooldown == 0, "one message at a time"


@pytest.mark.parametrize("paper", [
    PAPER._replace(withdrawn="错"), PAPER._replace(abolished="旧"), PAPER._replace(closed_at=DUE),
    PAPER._replace(ask="none"), PAPER._replace(due=None, original_due=None),
])  # fmt: skip
def test_a_circular_that_is_over_reminds_nobody(paper: Paper) -> None:
    assert told("2027-02-16 09:00", paper=paper) is None
