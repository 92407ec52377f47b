"""A raw mail → what it is: a delivery report, a read receipt, an automatic answer, or a mail with attachments. Pure.

In: the bytes of a message of unknown origin. Out: a `Mail`, or RefusedError where it is beyond all bounds. What a mail
is, its structure says (RFC 3464, 8098, 3834), never the words in it; whether what it says is true, others decide
(`matching.py`). Runs in the worker process, which is watched and killed where a message takes too long or too much.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32
from email.utils import collapse_rfc2231_value, getaddresses
from typing import Literal

from circular_gen.returns.pictures import RefusedError

MAX_MAIL = 100_000_000
"""Bytes of a message that is looked at."""
MAX_HEADER = 256 << 10
"""Bytes of a message's own header."""
MAX_PARTS, MAX_DEPTH, MAX_ATTACHMENTS = 1000, 30, 200
_MAX_DIVIDERS = 20_000
"""Lines that may divide parts; counted before anything is taken apart."""
_MAX_CONTAINERS = 200
_CONTAINER = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
"""Parts that hold parts."""
_MAX_BLOCKS = 500
"""Recipients of one report."""
_MAX_LINE = 500


class _Raw(Compat32):
    """Fields as they came: the library's own policy puts question marks where a field holds bytes beyond ASCII."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        return value


_RAW = _Raw()

What = Literal["delivery-report", "read-receipt", "other-report", "automatic", "mail"]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
ACTIONS: tuple[Action, ...] = ("failed", "delayed", "delivered", "relayed", "expanded")
_ADDRESS_TYPES = ("rfc822", "utf-8")
_CLASSES = {"failed": "45", "delayed": "4", "delivered": "2", "relayed": "2", "expanded": "2"}
"""With which classes of status an action goes; a 4 under `failed` is a server that has given up."""
_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to")
"""Where the address may stand that a mail was sent to."""
_NO_ATTACHMENTS = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_MAGIC = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a delivery report says of one recipient. `status`: three numbers (RFC 3463); `final`, `original`: addresses
    as the reporting server and as we named them, empty where it does not say; `detail`: its explanation, for people."""

    action: Action
    status: str
    final: str
    original: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """`how`: displayed, deleted, dispatched … (RFC 8098, 3.2.6); `failed`: the receipt tells of an error."""

    how: str
    message: str
    final: str
    original: str
    failed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Attachment:
    """A file in a mail. `inline`: a picture within the text, not a file beside it."""

    name: str
    data: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mail:
    """A mail. `to`: all addresses that it says it was sent to; `refers`: the Message-IDs that it answers; `envelope`:
    the ENVID in a report; `returned`: the Message-ID of the mail that a report is about; `problem`: why a report cannot
    be relied on, in a word; `answering`: an automatic answer, not merely sent by a machine."""

    what: What
    message: str = ""
    sender: str = ""
    subject: str = ""
    to: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    envelope: str = ""
    returned: str = ""
    recipients: tuple[Recipient, ...] = ()
    receipt: ReadReceipt | None = None
    problem: str = ""
    answering: bool = False
    attachments: tuple[Attachment, ...] = ()


class _Mangled(Exception):  # noqa: N818
    """A report that is not as its standard says; the argument is a word for programs."""


def understand(raw: bytes) -> Mail:
    """What the message `raw` is. RefusedError: too-large, too-many-parts, damaged."""
    _guard(raw)
    try:
        message = BytesParser(policy=_RAW).parsebytes(raw)
    except RecursionError:
        raise RefusedError("too-many-parts", "nested") from None
    kind = message.get_content_type()
    what, problem = _what(message, kind)
    mail = Mail(
        what,
        message=_id(message.get("message-id", "")),
        sender="".join(_addresses(message, ("from",))[:1]),
        subject=_text(message.get("subject", "")),
        to=_addresses(message, _TO),
        refers=_ids(message, ("in-reply-to", "references")),
        problem=problem,
    )
    if what == "delivery-report":
        try:
            envelope, returned, recipients = _delivery_report(message)
        except _Mangled as mangled:
            return replace(mail, problem=str(mangled))
        return replace(mail, envelope=envelope, returned=returned, recipients=recipients)
    if what == "read-receipt":
        try:
            return replace(mail, receipt=_read_receipt(message))
        except _Mangled as mangled:
            return replace(mail, problem=str(mangled))
    if what == "other-report":
        return mail
    return replace(mail, answering=_answers_itself(message), attachments=tuple(_attachments(message)))


def _guard(raw: bytes) -> None:
    """Bounds that are checked before the message is taken apart."""
    if len(raw) > MAX_MAIL:
        raise RefusedError("too-large", f"{len(raw) >> 20} MB")
    if not raw.strip():
        raise RefusedError("empty")
    end = min((at for at in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if at >= 0), default=len(raw))
    if end > MAX_HEADER:
        raise RefusedError("too-large", "header")
    dividers = raw.count(b"\n--")
    if dividers > _MAX_DIVIDERS:
        raise RefusedError("too-many-parts", str(dividers))
    containers = sum(1 for _found in _CONTAINER.finditer(raw))
    if containers > _MAX_CONTAINERS:  # the library's time grows with the square of how deep they stand in each other
        raise RefusedError("too-many-parts", f"nested {containers}")


def _what(message: Message, kind: str) -> tuple[What, str]:
    if kind == "multipart/report":
        told = _parameter(message, "report-type").lower()
        if told == "delivery-status":
            return "delivery-report", ""
        if told == "disposition-notification":
            return "read-receipt", ""
        return "other-report", told[:40]
    if _is_automatic(message):
        return "automatic", ""
    return "mail", ""


# -- automatic answers -------------------------------------------------------------------------------------------------


def _auto_submitted(message: Message) -> str:
    """The keyword of RFC 3834, 5; empty where there is none."""
    return re.sub(r"\([^)]*\)", "", _line(message.get("auto-submitted", ""))).partition(";")[0].strip().lower()


def _is_automatic(message: Message) -> bool:
    """Whether a machine sent it by itself: RFC 3834, and what mail systems had before it."""
    word = _auto_submitted(message)
    if word:
        return word != "no"
    if _line(message.get("precedence", "")).strip().lower() == "auto_reply":
        return True
    marks = ("x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-autoreply-from", "x-auto-reply-from")
    return any(message.get(mark) is not None for mark in marks)


def _answers_itself(message: Message) -> bool:
    """Of automatic mail, what answers another mail; a copier that sends its scans does not."""
    return _is_automatic(message) and _auto_submitted(message) != "auto-generated"


# -- delivery reports (RFC 3464, RFC 6533) -----------------------------------------------------------------------------


def _delivery_report(message: Message) -> tuple[str, str, tuple[Recipient, ...]]:
    parts = _children(message)
    status = [part for part in parts if part.get_content_type() in _types("delivery-status")]
    if len(status) != 1:
        raise _Mangled("no-status")
    blocks = [block for block in re.split(rb"\n[ \t]*\n+", _body(status[0]).replace(b"\r\n", b"\n")) if block.strip()]
    if not 2 <= len(blocks) <= _MAX_BLOCKS + 1:
        raise _Mangled("no-recipients")
    whole = _fields(blocks[0])
    recipients = tuple(_recipient(_fields(block)) for block in blocks[1:])
    said: dict[str, tuple[str, str]] = {}
    for recipient in recipients:
        for address in {recipient.final.casefold(), recipient.original.casefold()} - {""}:
            if said.setdefault(address, (recipient.action, recipient.status)) != (recipient.action, recipient.status):
                raise _Mangled("contradicts-itself")
    return whole.get("original-envelope-id", "")[:200], _returned(parts), recipients


def _recipient(fields: dict[str, str]) -> Recipient:
    action = fields.get("action", "").lower()
    known = next((one for one in ACTIONS if one == action), None)
    status = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])", fields.get("status", ""))
    final = _address(fields.get("final-recipient", ""))
    if known is None or status is None or not final:
        raise _Mangled("bad-recipient")
    if status[1][0] not in _CLASSES[known]:
        raise _Mangled("contradicts-itself")
    detail = fields.get("diagnostic-code", "")
    return Recipient(known, status[1], final, _address(fields.get("original-recipient", "")), detail[:_MAX_LINE])


def _returned(parts: Sequence[Message]) -> str:
    """The Message-ID of the mail that came back, whole or its header alone."""
    found = []
    for part in parts:
        if part.get_content_type() in _types("rfc822", "rfc822-headers", "headers", "global", "global-headers"):
            header = BytesHeaderParser(policy=_RAW).parsebytes(_body(part)[:MAX_HEADER].lstrip())
            found += [_id(value) for value in header.get_all("message-id", [])]
    if len(set(found)) > 1:
        raise _Mangled("contradicts-itself")
    return found[0] if found else ""


def _types(*names: str) -> tuple[str, ...]:
    return tuple(
        f"{kind}/{prefix}{name}" for name in names for kind in ("message", "text") for prefix in ("", "global-")
    )


# -- read receipts (RFC 8098) ------------------------------------------------------------------------------------------


def _read_receipt(message: Message) -> ReadReceipt:
    told = [part for part in _children(message) if part.get_content_type() in _types("disposition-notification")]
    if len(told) != 1:
        raise _Mangled("no-disposition")
    fields = _fields(_body(told[0]).replace(b"\r\n", b"\n").strip(b"\n"))
    modes, _semicolon, disposition = fields.get("disposition", "").lower().partition(";")
    how, _slash, more = disposition.strip().partition("/")
    final = _address(fields.get("final-recipient", ""))
    if "/" not in modes or not re.fullmatch(r"[a-z-]{1,40}", how.strip()) or not final:
        raise _Mangled("bad-disposition")
    original = _address(fields.get("original-recipient", ""))
    failed = bool(more.strip()) or any(name in fields for name in ("error", "failure"))
    return ReadReceipt(how.strip(), _id(fields.get("original-message-id", "")), final, original, failed)


# -- attachments -------------------------------------------------------------------------------------------------------


def _attachments(message: Message) -> Iterator[Attachment]:
    """The files in a mail, those of mails within it too, in order. RefusedError for too many parts."""
    found = 0
    for number, part in enumerate(_leaves(message, 0)):
        if number >= MAX_PARTS:
            raise RefusedError("too-many-parts")
        name = _file_name(part)
        kind = part.get_content_type()
        disposition = _line(part.get("content-disposition", "")).partition(";")[0].strip().lower()
        if kind in _NO_ATTACHMENTS or (part.get_content_maintype() == "text" and not name):
            continue
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or not data:
            continue
        if not (name or disposition == "attachment" or data.startswith(_MAGIC)):
            continue
        found += 1
        if found > MAX_ATTACHMENTS:
            raise RefusedError("too-many-parts", "attachments")
        inline = disposition != "attachment" and part.get_content_maintype() == "image"
        yield Attachment(name or f"{found}", data, inline)


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    if depth > MAX_DEPTH:
        raise RefusedError("too-many-parts", "nested")
    payload = message.get_payload()
    if isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _file_name(part: Message) -> str:
    """The name that the sender gave a file, without folders; empty where it gave none."""
    name = _parameter(part, "filename", "content-disposition") or _parameter(part, "name")
    return re.split(r"[/\\]", name)[-1].strip()[:200]


# -- the parts of a message --------------------------------------------------------------------------------------------


def _children(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _body(part: Message) -> bytes:
    """A part's bytes as they were sent, decoded. The library takes reports and mails within a mail apart by itself and
    leaves a transfer encoding that they should not have."""
    whole = part.as_bytes().replace(b"\r\n", b"\n")
    _head, _empty, body = whole.partition(b"\n\n")
    if part.get("content-transfer-encoding", "").strip().lower() in ("base64", "quoted-printable"):
        bare = Message()
        bare["Content-Transfer-Encoding"] = str(part["content-transfer-encoding"])
        bare.set_payload(body.decode("ascii", "surrogateescape"))
        decoded = bare.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else b""
    return body


def _fields(block: bytes) -> dict[str, str]:
    """A block of a report as name → value. _Mangled where a field stands twice: which of them would be true?"""
    header = BytesHeaderParser(policy=_RAW).parsebytes(block.strip(b"\n") + b"\n\n")
    fields: dict[str, str] = {}
    for name, value in header.items():
        if name.lower() in fields and name.lower() in ("action", "status", "final-recipient", "original-envelope-id"):
            raise _Mangled("contradicts-itself")
        fields[name.lower()] = _line(value).strip()
    return fields


def _address(value: str) -> str:
    """The address in `rfc822; <a@example.org>`; empty where it is no address."""
    kind, semicolon, address = value.partition(";")
    address = re.sub(r"\s*\([^)]*\)\s*$", "", address.strip()).removeprefix("<").removesuffix(">")
    if not semicolon or kind.strip().lower() not in _ADDRESS_TYPES:
        return ""
    return address if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) and len(address) <= 320 else ""


def _addresses(message: Message, names: Sequence[str]) -> tuple[str, ...]:
    values = [_line(value) for name in names for value in message.get_all(name, [])]
    found = [address for _name, address in getaddresses([value[:20_000] for value in values]) if "@" in address]
    return tuple(dict.fromkeys(address[:320] for address in found))[:50]


def _id(value: str) -> str:
    """A Message-ID with its angle brackets; empty where it is none."""
    match = re.search(r"<[^<>\s]{1,400}>", _line(value))
    return match[0] if match else ""


def _ids(message: Message, names: Sequence[str]) -> tuple[str, ...]:
    found = [
        one
        for name in names
        for value in message.get_all(name, [])
        for one in re.findall(r"<[^<>\s]{1,400}>", _line(value))
    ]
    return tuple(dict.fromkeys(found))[:200]


# -- texts -------------------------------------------------------------------------------------------------------------


def _line(value: object) -> str:
    """A field's value as one line, whatever stands in it."""
    text = _plain(str(value))
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _plain(text: str) -> str:
    """Bytes that a field held unencoded, as UTF-8 or as GB 18030, which Chinese programs send."""
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "replace")


def _text(value: object) -> str:
    """A field's value for people: its encoded words decoded, one line of at most 500 characters."""
    try:
        pieces = [_decoded(piece, charset) for piece, charset in decode_header(str(value))]
    except (HeaderParseError, ValueError):
        pieces = [str(value)]
    return _line("".join(pieces)).strip()[:_MAX_LINE]


def _decoded(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    name = {"gb2312": "gb18030", "gbk": "gb18030"}.get((charset or "ascii").lower(), charset or "ascii")
    try:
        codecs.lookup(name)
        return piece.decode(name)
    except (LookupError, UnicodeDecodeError, ValueError):
        return _plain(piece.decode("ascii", "surrogateescape"))


def _parameter(part: Message, name: str, header: str = "content-type") -> str:
    """A parameter of a field, however it is encoded: RFC 2231, or encoded words where they should not be."""
    value = part.get_param(name, "", header)
    if isinstance(value, tuple):
        charset, language, encoded = value
        known = {"gb2312": "gb18030", "gbk": "gb18030"}.get((charset or "").lower(), charset)
        try:
            return _line(collapse_rfc2231_value((known, language, encoded)))
        except (LookupError, ValueError):
            return _line(encoded)
    return _text(value or "")
