"""Who gets a circular by which way: nobody twice, nobody left out unsaid."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.dispatch.ways import Means, Route, routes
from circular_gen.ledger import Intent, Paper, Standing
from circular_gen.ledger.intents import INTENT_STATES
from circular_gen.ledger.standing import RECEIVED, SENT
from circular_gen.workspace import Unit
from circular_gen.workspace.recipients import Contact

ALL = Means(True, lambda unit: f"/shared/{unit.id}", None)
PAPER = Paper("winter", revision=1)
STANDING = Standing("winter", "chengxi", name="城西街道")
ROW = Intent("key-1", "winter", 1, "chengxi", "email", address="a@example.org", state="handed-over")


def unit(*deliver: str, email: str = "a@example.org") -> Unit:
    contacts = (Contact(name="张某"), Contact(name="李某", email=email)) if email else ()
    return Unit(id="chengxi", name="城西街道", contacts=contacts, deliver=deliver)  # type: ignore[arg-type]


def route(one: Unit | None, *rows: Intent, standing: Standing = STANDING, means: Means = ALL, **how: object) -> Route:
    units = {} if one is None else {"chengxi": one}
    return routes(PAPER, [standing], units, rows, means, **how)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("deliver", "email", "means", "way"),
    [
        (("email", "print"), "a@example.org", ALL, "email"),
        (("print", "email"), "a@example.org", ALL, "print"),
        (("email", "print"), "", ALL, "print"),
        (("email", "print"), "a..b@example.org", ALL, "print"),
        (("folder", "email"), "a@example.org", replace(ALL, folder=None), "email"),
        (("portal", "email"), "a@example.org", ALL, "email"),
        (("email", "folder"), "a@example.org", replace(ALL, mail=False), "folder"),
        (("email", "folder"), "a@example.org", replace(ALL, large=lambda _unit: True), "folder"),
        ((), "a@example.org", ALL, "email"),
    ],
)
def test_the_first_way_that_can_be_gone(deliver: tuple[str, ...], email: str, means: Means, way: str) -> None:
    found = route(unit(*deliver, email=email), means=means)
    assert (found.todo, found.way, found.nth) == ("send", way, 1)


@pytest.mark.parametrize(
    ("deliver", "email", "means", "why"),
    [
        (("email",), "", ALL, "no-address"),
        ((), "", ALL, "no-address"),
        (("portal",), "a@example.org", ALL, "portal"),
        (("folder",), "a@example.org", replace(ALL, folder=None), "no-folder"),
        (("email",), "a@example.org", replace(ALL, mail=False), "no-mail"),
        (("email",), "a@example.org", replace(ALL, large=lambda _unit: True), "too-large"),
    ],
)
def test_why_there_is_no_way(deliver: tuple[str, ...], email: str, means: Means, why: str) -> None:
    found = route(unit(*deliver, email=email), means=means)
    assert (found.todo, found.why) == ("no-way", why)


def test_a_unit_that_is_in_the_list_no_more() -> None:
    assert (route(None).todo, route(None).why) == ("no-way", "unknown-unit")


@pytest.mark.parametrize("state", ["unknown", "waiting", "leased"])
def test_whoever_may_have_it_gets_no_other(state: str) -> None:
    found = route(unit("email", "print"), ROW._replace(state=state))  # type: ignore[arg-type]
    assert (found.todo, found.way) == ("ask", "email")


def test_whoever_has_it_gets_no_other() -> None:
    assert route(unit("email", "print"), ROW).todo == "done"
    for standing in (
        STANDING._replace(state=SENT, revision=1, sent_at="2026"),
        STANDING._replace(state=RECEIVED, revision=1, manual_at="2026"),
    ):
        assert route(unit("email"), standing=standing).todo == "done"
    older = STANDING._replace(state=RECEIVED, revision=0, manual_at="2026")
    assert route(unit("email"), standing=older).todo == "send", "that was the edition before"
    assert route(unit("email"), ROW._replace(revision=0)).todo == "send"


def test_after_a_refusal_the_next_way_or_another_address() -> None:
    refused = ROW._replace(state="refused")
    assert route(unit("email", "print"), refused).way == "print"
    found = route(unit("email", email="b@example.org"), refused)
    assert (found.todo, found.address, found.nth) == ("send", "b@example.org", 2)
    assert (route(unit("email"), refused).todo, route(unit("email"), refused).why) == ("no-way", "refused")
    came_back = STANDING._replace(bounced="<key-1@example.org>", state=SENT, sent_at="2026", revision=1)
    assert route(unit("email", "print"), ROW, standing=came_back).way == "print"


def test_via() -> None:
    assert route(unit("email", "print"), via="print").todo == "other-way"
    found = route(unit("email"), via="print", only=["chengxi"])
    assert (found.todo, found.way) == ("send", "print")
    assert routes(PAPER, [STANDING], {}, [], ALL, only=["other"]) == ()


_rows = st.builds(
    lambda channel, state, nth, revision, address: Intent(
        f"key-{channel}-{nth}", "winter", revision, "chengxi", channel, nth=nth, address=address, state=state
    ),
    st.sampled_from(["email", "folder", "print"]),
    st.sampled_from(INTENT_STATES),
    st.integers(1, 3),
    st.integers(0, 1),
    st.sampled_from(["", "a@example.org", "/shared/chengxi"]),
)


@settings(deadline=None)
@given(
    st.lists(_rows, max_size=5, unique_by=lambda row: (row.key, row.revision)),
    st.lists(st.sampled_from(["email", "folder", "print", "portal"]), max_size=4, unique=True),
    st.sampled_from(["email", "folder", "print", None]),
    st.booleans(),
)
def test_nothing_is_sent_to_whom_it_has_left_for(
    rows: list[Intent], deliver: list[str], via: str | None, forced: bool
) -> None:
    found = route(unit(*deliver), *rows, via=via, only=["chengxi"] if forced else [])
    left = [row for row in rows if row.revision == 1 and row.state in ("handed-over", "unknown", "waiting", "leased")]
    if left:
        assert found.todo in ("done", "ask", "other-way")
    elif found.todo == "send" and found.row is None:
        tried = {(row.channel, row.address) for row in rows if row.revision == 1}
        assert (found.way, found.address) not in tried
        keys = {(row.channel, row.nth) for row in rows if row.revision == 1}
        assert (found.way, found.nth) not in keys
