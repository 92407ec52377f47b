"""Receipt codes: what is printed can be read back by this office, and by it alone."""

import hmac
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.ledger import read_checkpoint
from circular_gen.workspace.codes import ALPHABET, LENGTH, BadCode, Checkpoint, Code, Codes, base32

CODES = Codes(b"k" * 32)
CODE = Code("receipt", "2026-winter", "chengxi", 2, 1, Checkpoint(1234, bytes.fromhex("0123456789a8")))
IDS = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)


@given(st.sampled_from(["checklist", "receipt"]), IDS, IDS, st.integers(0, 31), st.integers(0, 31))
def test_a_code_reads_back_as_written(kind: str, circular: str, unit: str, page: int, revision: int) -> None:
    code = Code(kind, circular, unit, page, revision)
    payload = CODES.payload(code)
    assert re.fullmatch(r"[0-9A-Z]{54}", payload)
    assert len(payload) == LENGTH
    assert CODES.read(payload, ["other", circular], {circular: ["x", unit], "other": []}) == code


def test_the_checkpoint_travels_in_the_code() -> None:
    read = CODES.read(CODES.payload(CODE), [CODE.circular], {CODE.circular: [CODE.unit]})
    assert read.checkpoint == CODE.checkpoint


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("HTTPS://EXAMPLE.ORG", "foreign"),
        ("X" * LENGTH, "foreign"),
        (Codes(b"other" * 8).payload(CODE), "other-office"),
        (CODES.payload(CODE)[:-1] + "é", "foreign"),
        (CODES.payload(CODE)[:-1] + "!", "bad-check"),
        (CODES.payload(CODE).replace(CODES.payload(CODE)[9:10], "U", 1), "bad-check"),
    ],
)
def test_foreign_and_forged_payloads_are_told_apart(payload: str, reason: str) -> None:
    with pytest.raises(BadCode) as caught:
        CODES.read(payload, [CODE.circular], {CODE.circular: [CODE.unit]})
    assert caught.value.reason == reason


def test_no_changed_or_random_payload_is_accepted() -> None:
    dice = random.Random(9704)
    payload = CODES.payload(CODE)
    for _ in range(20_000):
        forged = list(payload)
        for position in dice.sample(range(9, LENGTH), dice.randint(1, 4)):
            forged[position] = dice.choice([c for c in ALPHABET if c != forged[position]])
        with pytest.raises(BadCode):
            CODES.read("".join(forged), [CODE.circular], {CODE.circular: [CODE.unit]})


def test_every_part_of_a_code_is_under_its_check() -> None:
    checks = {
        CODES.payload(changed)[-10:]
        for changed in (
            CODE,
            CODE._replace(kind="checklist"),
            CODE._replace(circular="2026-summer"),
            CODE._replace(unit="chengdong"),
            CODE._replace(page=3),
            CODE._replace(revision=2),
            CODE._replace(checkpoint=Checkpoint()),
        )
    }
    assert len(checks) == 7


@given(st.binary(min_size=1, max_size=64), st.text("abc-09", min_size=1, max_size=40))
def test_the_check_is_the_hmac_of_the_library(key: bytes, unit: str) -> None:
    payload = Codes(key).payload(CODE._replace(unit=unit))
    digest = hmac.digest(key, f"{payload[:-10]}\0{CODE.circular}\0{unit}".encode(), "sha256")
    assert payload[-10:] == base32(int.from_bytes(digest[:8]) >> 14, 10)


def test_the_readable_code_names_kind_page_and_check() -> None:
    payload = CODES.payload(CODE)
    shown, _space, checkpoint = CODES.readable(payload).rpartition(" ")
    assert shown == f"R2 {payload[-10:-5]}-{payload[-5:]}"
    assert read_checkpoint(checkpoint) == CODE.checkpoint  # as `ledger verify --against` takes it
    draft = CODES.payload(CODE._replace(checkpoint=Checkpoint()))
    assert CODES.readable(draft) == f"R2 {draft[-10:-5]}-{draft[-5:]}"


@given(st.integers(0, 2**50 - 1))
def test_base32_is_most_significant_first_and_of_fixed_length(number: int) -> None:
    text = base32(number, 10)
    assert len(text) == 10
    assert sum(ALPHABET.index(c) << 5 * (9 - i) for i, c in enumerate(text)) == number
