"""Identity: the names by which a message that went out is known again when something comes back. Pure.

In: the office's secret key, and what is sent to whom by which way. Out: a delivery key, and from it the Message-ID, the
envelope's address for bounces, and the envelope's id (ENVID, RFC 3461); and back from each of them to the key.

    key         26 characters of a–z, 2–7: an HMAC, so that nobody can tell another unit's key from its own
    Message-ID  <KEY@DOMAIN>            DOMAIN: that of the sender's address
    bounces     LOCAL+KEY.MAC@DOMAIN    a report to an address whose MAC is wrong is forged
    ENVID       KEY.MAC                 with another MAC than the address for bounces

The same circular, edition, unit, channel and purpose give the same key on every machine that has the office's secret
key, today and after a restart; so a message that is tried again is the same message.
"""

import base64
import hmac
import json
import re
from pathlib import Path

from circular_gen.workspace.secret import office_key

_KEY = re.compile(r"[a-z2-7]{26}")
_KEYED = re.compile(r"([a-z2-7]{26})\.([a-z2-7]{10})")
_LOCAL_MOST = 64
"""Octets that a local part may have (RFC 5321, 4.5.3.1.1)."""


def _base32(digest: bytes, length: int) -> str:
    return base64.b32encode(digest).decode("ascii").lower()[:length]


class Identity:
    """Writes and reads the names of deliveries under one office key (32 random bytes)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def delivery_key(
        self, circular: str, revision: int, unit: str, channel: str, purpose: str = "circular", nth: int = 1
    ) -> str:
        """The key of one delivery. `channel`: email, folder, print … `purpose`: what it is (circular, reissue,
        reminder, escalation …). `nth`: counts deliveries that are alike otherwise: the second reminder, or a circular
        sent again to another address after the first was refused."""
        parts: list[str | int] = ["delivery", circular, revision, unit, channel, purpose, nth]
        return _base32(self._digest(parts), 26)

    def message_id(self, key: str, from_address: str) -> str:
        """`<KEY@DOMAIN>`, the same over all tries."""
        return f"<{key}@{domain(from_address)}>"

    def bounce_address(self, key: str, from_address: str) -> str:
        """`LOCAL+KEY.MAC@DOMAIN`: the envelope's sender, to which reports return. Where that would be longer than a
        local part may be, the sender's address as it is: reports are then known by ENVID and Message-ID."""
        local = from_address.rpartition("@")[0]
        keyed = f"{local}+{key}.{self._mac('bounce', key)}"
        if len(keyed.encode()) > _LOCAL_MOST:
            return from_address
        return f"{keyed}@{domain(from_address)}"

    def read_bounce(self, address: str) -> str | None:
        """The key in an address for bounces, with or without <>; None where there is none, or its MAC is wrong."""
        local = address.strip().removeprefix("<").removesuffix(">").rpartition("@")[0]
        return self._read("bounce", local.rpartition("+")[2])

    def envid(self, key: str) -> str:
        """`KEY.MAC` for ENVID: letters, digits and a point, so that xtext need not escape anything."""
        return f"{key}.{self._mac('envid', key)}"

    def read_envid(self, text: str) -> str | None:
        """The key in an Original-Envelope-Id; None where it is not ours, or its MAC is wrong."""
        return self._read("envid", text.strip())

    def _read(self, label: str, text: str) -> str | None:
        match = _KEYED.fullmatch(text.lower())  # servers may change the case
        if match is None or not hmac.compare_digest(self._mac(label, match[1]), match[2]):
            return None
        return match[1]

    def _mac(self, label: str, key: str) -> str:
        return _base32(self._digest([label, key]), 10)

    def _digest(self, parts: list[str | int]) -> bytes:
        return hmac.digest(self._secret, b"circular-gen dispatch 1\0" + json.dumps(parts).encode(), "sha256")


def office_identity(root: Path) -> Identity:
    """The identity of the office at `root`, under its secret key (workspace/secret.py)."""
    return Identity(office_key(root))


def read_message_id(text: str) -> str | None:
    """The key in a Message-ID, with or without <>; None where it is not shaped like ours. It carries no MAC: look the
    key up in the outbox."""
    local = text.strip().removeprefix("<").removesuffix(">").rpartition("@")[0].lower()
    return local if _KEY.fullmatch(local) else None


def domain(address: str) -> str:
    """The domain of an address as SMTP without SMTPUTF8 takes it (RFC 5891)."""
    name = address.rpartition("@")[2]
    return name if name.isascii() else name.encode("idna").decode("ascii")
