"""Receipt codes: what the QR on every page of a checklist and receipt says, and how a forged one is told.

A payload is 54 characters of QR's alphanumeric set, each part of fixed length, numbers and hashes in Crockford's base
32:

    CG1 office 6 · kind 1 · circular 8 · unit 9 · revision 1 · page 1 · ledger size 6 · ledger root 9 · check 10

`office` tells whose code it is; `circular` and `unit` are hashes of the ids, looked up among the known ones; `ledger
size` and `root` are the ledger's checkpoint when the paper was issued (zeros on a draft); `check` is an HMAC-SHA256
(50 bits) over the whole ids and all parts before it, under the office's secret key.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "CG1"
LENGTH = 54
_BLOCK = 64
"""Bytes of SHA-256's block, which a key is padded to; the office's has 32."""
KINDS = {"checklist": "C", "receipt": "R", "escalation": "E"}
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_KIND_NAMES = {letter: name for name, letter in KINDS.items()}


class BadCode(ValueError):  # noqa: N818
    """A payload that this office did not print; the message is one clear line, `reason` a word for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Checkpoint(NamedTuple):
    """The ledger's size (events) and the start of its Merkle root when a paper was made."""

    size: int = 0
    root: bytes = bytes(6)


class Code(NamedTuple):
    """What a payload says once it is verified."""

    kind: str
    circular: str
    unit: str
    page: int
    revision: int = 0
    checkpoint: Checkpoint = Checkpoint()


class Printed(NamedTuple):
    """What a payload says to whoever has no key: tags instead of ids, and nothing is proved."""

    kind: str
    circular: str
    unit: str
    revision: int
    page: int
    checkpoint: Checkpoint


def printed(payload: str) -> Printed | None:
    """The parts of a payload; None for what has not its form."""
    if len(payload) != LENGTH or not payload.startswith(PREFIX) or not payload.isascii():
        return None
    try:
        checkpoint = Checkpoint(_number(payload[29:35]), (_number(payload[35:44]) << 3).to_bytes(6, "big"))
        kind, revision, page = _KIND_NAMES[payload[9]], _number(payload[27]), _number(payload[28])
    except (ValueError, KeyError):
        return None
    return Printed(kind, payload[10:18], payload[18:27], revision, page, checkpoint)


def base32(number: int, length: int) -> str:
    """The lower bits of `number` in `length` characters (at most 10) of Crockford's base 32, most significant first."""
    first, second = _PAIRS[number >> 40 & 1023], _PAIRS[number >> 30 & 1023]
    third, fourth, fifth = _PAIRS[number >> 20 & 1023], _PAIRS[number >> 10 & 1023], _PAIRS[number & 1023]
    return f"{first}{second}{third}{fourth}{fifth}"[-length:]


def _number(text: str) -> int:
    value = 0
    for character in text:
        value = value << 5 | ALPHABET.index(character)
    return value


def _hashed(prefix: str, text: str, length: int) -> str:
    digest = hashlib.sha256(f"{prefix}\0{text}".encode()).digest()
    return base32(int.from_bytes(digest[:8], "big") >> 64 - 5 * length, length)


@lru_cache(maxsize=64)
def circular_tag(circular: str) -> str:
    return _hashed("circular", circular, 8)


@lru_cache(maxsize=64)
def unit_tag(unit: str) -> str:
    return _hashed("unit", unit, 9)


@lru_cache(maxsize=64)
def _edition_text(revision: int, page: int, checkpoint: Checkpoint) -> str:
    """What all units' payloads of a page have in common behind the tags."""
    size, root = base32(checkpoint.size, 6), base32(int.from_bytes(checkpoint.root[:6], "big") >> 3, 9)
    return f"{ALPHABET[revision & 31]}{ALPHABET[min(page, 31)]}{size}{root}"


class Codes:
    """Writes and verifies payloads under one office key (32 random bytes)."""

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(_BLOCK, b"\0")
        self._inner, self._outer = (hashlib.sha256(bytes([byte ^ pad for byte in padded])) for pad in (0x36, 0x5C))
        self.office = _hashed("office", hashlib.sha256(b"circular-gen office" + key).hexdigest(), 6)

    def payload(self, code: Code) -> str:
        """The text of the QR on page `code.page` (1–31; 0 on a DOCX, which has no pages of its own)."""
        kind, circular, unit, page, revision, checkpoint = code
        head = (
            f"{PREFIX}{self.office}{KINDS[kind]}{circular_tag(circular)}{unit_tag(unit)}"
            f"{_edition_text(revision, page, checkpoint)}"
        )
        return head + self._check(head, circular, unit)

    def readable(self, payload: str) -> str:
        """What stands under the QR: kind and page, then the check code in two groups, and on what was issued the
        ledger's checkpoint as `ledger verify --against` takes it, e.g. `R1 7K3M9-Q2XV8 1234-7K3M9Q2XV`."""
        check, size = payload[-10:], _number(payload[29:35])
        checkpoint = f" {size}-{payload[35:44]}" if size else ""
        return f"{payload[9]}{ALPHABET.index(payload[28])} {check[:5]}-{check[5:]}{checkpoint}"

    def read(self, payload: str, circulars: Iterable[str], units: Mapping[str, Iterable[str]]) -> Code:
        """The code in `payload`. `circulars`: known ids; `units`: circular id → its units' ids. BadCode if it is no
        code (`foreign`), another office's (`other-office`), unknown or forged (`bad-check`)."""
        if len(payload) != LENGTH or not payload.startswith(PREFIX) or not payload.isascii():
            raise BadCode("foreign", "this is not a code of circular-gen")
        if payload[3:9] != self.office:
            raise BadCode("other-office", "the code belongs to another office")
        head, check = payload[:-10], payload[-10:]
        said = printed(payload)
        if said is None:
            raise BadCode("bad-check", "the code is damaged or forged")
        for circular in circulars:
            if circular_tag(circular) != said.circular:
                continue
            for unit in units.get(circular, ()):
                if unit_tag(unit) == said.unit and hmac.compare_digest(self._check(head, circular, unit), check):
                    return Code(said.kind, circular, unit, said.page, said.revision, said.checkpoint)
        raise BadCode("bad-check", "the code is damaged, forged, or of a circular that is not known here")

    def _check(self, head: str, circular: str, unit: str) -> str:
        # HMAC (RFC 2104) from the states after the key, which take a tenth of the time of the library's own
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{head}\0{circular}\0{unit}".encode())
        outer.update(inner.digest())
        digest = outer.digest()
        return base32(int.from_bytes(digest[:8], "big") >> 14, 10)
