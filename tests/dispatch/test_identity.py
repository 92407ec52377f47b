"""Names of deliveries: stable, different for different deliveries, and not to be forged."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from circular_gen.dispatch.identity import Identity, domain, office_identity, read_message_id

OFFICE = Identity(b"k" * 32)
KEY = OFFICE.delivery_key("2026-winter-safety", 0, "chengxi", "email")
words = st.text(max_size=12)


def test_a_delivery_has_the_same_key_for_ever() -> None:
    assert KEY == "pzyxdwn3t6pwlsgis6m3hglg7c"
    assert OFFICE.message_id(KEY, "office@example.org") == f"<{KEY}@example.org>"


@settings(deadline=None)
@given(st.tuples(words, st.integers(0, 31), words, words, words, st.integers(1, 9)), st.data())
def test_different_deliveries_have_different_keys(
    first: tuple[str, int, str, str, str, int], data: st.DataObject
) -> None:
    second = data.draw(
        st.tuples(*(st.one_of(st.just(part), st.integers(0, 31) if isinstance(part, int) else words) for part in first))
    )
    assume(first != second)
    assert OFFICE.delivery_key(*first) != OFFICE.delivery_key(*second)
    assert re.fullmatch("[a-z2-7]{26}", OFFICE.delivery_key(*first))


def test_joined_parts_do_not_run_into_each_other() -> None:
    assert OFFICE.delivery_key("a", 1, "b", "email") != OFFICE.delivery_key("a", 1, "be", "mail")
    assert OFFICE.delivery_key('a", 1, "b', 1, "c", "d") != OFFICE.delivery_key("a", 1, "b", "c")


def test_a_bounce_address_leads_back_to_its_key() -> None:
    address = OFFICE.bounce_address(KEY, "office@example.org")
    assert re.fullmatch(r"office\+[a-z2-7]{26}\.[a-z2-7]{10}@example\.org", address)
    assert OFFICE.read_bounce(address) == KEY
    assert OFFICE.read_bounce(f"<{address.upper()}>") == KEY  # some servers change the case
    assert OFFICE.read_bounce(OFFICE.bounce_address(KEY, "a+b@example.org")) == KEY


def test_an_envelope_id_leads_back_to_its_key() -> None:
    assert OFFICE.read_envid(OFFICE.envid(KEY)) == KEY
    assert len(OFFICE.envid(KEY)) <= 100  # RFC 3461, 4.4


@settings(deadline=None)
@given(st.integers(0, 36), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_other_character_and_it_is_forged(place: int, other: str) -> None:
    keyed = OFFICE.envid(KEY)
    assume(keyed[place] not in (other, "."))
    changed = keyed[:place] + other + keyed[place + 1 :]
    assert OFFICE.read_envid(changed) is None
    assert OFFICE.read_bounce(f"office+{changed}@example.org") is None


def test_the_two_macs_are_not_the_same() -> None:
    assert OFFICE.read_bounce(f"office+{OFFICE.envid(KEY)}@example.org") is None
    assert OFFICE.read_envid(OFFICE.bounce_address(KEY, "o@e.org").partition("+")[2].partition("@")[0]) is None


def test_another_office_reads_nothing() -> None:
    other = Identity(b"x" * 32)
    assert other.read_bounce(OFFICE.bounce_address(KEY, "office@example.org")) is None
    assert other.read_envid(OFFICE.envid(KEY)) is None


@settings(deadline=None)
@given(st.text())
def test_foreign_texts_are_no_keys(text: str) -> None:
    assert OFFICE.read_bounce(text) is None
    assert OFFICE.read_envid(text) is None
    assert read_message_id(text) is None


@pytest.mark.parametrize("written", ["<{}@example.org>", " {}@example.org ", "<{}@EXAMPLE.org>"])
def test_a_message_id_leads_back_to_its_key(written: str) -> None:
    assert read_message_id(written.format(KEY)) == KEY
    assert read_message_id(written.format(KEY.upper())) == KEY


def test_an_address_with_a_long_local_part_is_left_as_it_is() -> None:
    long = "office-of-the-committee-for-work-safety@example.org"
    assert OFFICE.bounce_address(KEY, long) == long
    assert len(OFFICE.bounce_address(KEY, "a" * 26 + "@example.org").partition("@")[0]) == 64


def test_a_chinese_domain_is_written_in_letters() -> None:
    assert domain("办公室@例子.公司") == "xn--fsqu00a.xn--55qx5d"


def test_the_key_is_that_of_the_office(tmp_path: Path) -> None:
    first = office_identity(tmp_path)
    assert office_identity(tmp_path).delivery_key("a", 0, "b", "email") == first.delivery_key("a", 0, "b", "email")
    assert first.delivery_key("a", 0, "b", "email") != OFFICE.delivery_key("a", 0, "b", "email")
