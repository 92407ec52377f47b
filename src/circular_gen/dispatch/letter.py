"""A letter: what a unit gets by mail, and its bytes.

In: texts and files. Out: a `Letter`, whose `digest` says what it says, and `mail_bytes`, the message as SMTP takes it:
plain text and simple HTML side by side, then the files. Same letter, same bytes: the boundary and the Message-ID come
from the delivery's key, the date from the day it was planned.

Names of files are written three times, as clients differ: by RFC 2231 (`filename*`), and as an encoded word in the
content type's `name`, which old ones look at. No value can begin a header of its own: controls and line ends in it
become spaces, and what is not plain ASCII then stands in encoded words.
"""

import base64
import hashlib
import json
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError, InvalidHeaderDefect, NonASCIILocalPartDefect
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property, lru_cache
from pathlib import Path

from circular_gen.dispatch.identity import domain
from circular_gen.errors import CircularGenError
from circular_gen.messages import _

_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LINE = 76
_FOLD = "\r\n"
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""Controls, signs of direction, half characters, separators. Not what Unicode has no name for yet: rare Hanzi."""
_NAME_MOST = 80
_LINK = re.compile(r"https?://[^\s<>\"'，。；：、（）《》【】]+")
_KEPT = 16
"""Encoded files kept at a time: those that many units get."""


class AttachmentError(CircularGenError):
    """A file to be attached is not as it was when the circular was issued."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be handed over. `name`: as the unit sees it; `path`: where it lies; `sha256`: as it was issued."""

    name: str
    path: Path
    sha256: str
    size: int

    def data(self) -> bytes:
        """The bytes; AttachmentError where they are not those that were issued."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise AttachmentError(
                _("{path} cannot be read: {reason}").format(path=self.path, reason=error.strerror or error)
            ) from None
        if hashlib.sha256(data).hexdigest() != self.sha256:
            message = _("{path} is not as it was when it was issued; it is not sent")
            raise AttachmentError(message.format(path=self.path))
        return data


@dataclass(frozen=True)
class Letter:
    """`sender`, `to`: addresses; `sender_name`, `to_name`: who that is. `shared`: how many of `files`, from the end on,
    other units get too (they are encoded once). `read_receipt`: ask for one (RFC 8098)."""

    sender: str
    sender_name: str
    to: str
    to_name: str
    subject: str
    text: str
    files: tuple[File, ...] = ()
    read_receipt: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that the letter says."""
        said = [
            self.sender,
            self.sender_name,
            self.to,
            self.to_name,
            self.subject,
            self.text,
            [[file.name, file.sha256] for file in self.files],
            self.read_receipt,
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


# -- addresses and texts -----------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """`text` as a header may hold it: no controls, no line ends, single spaces."""
    clean = "".join(" " if unicodedata.category(letter) in _NO_TEXT else letter for letter in text)
    return " ".join(clean.split())


def address_problem(address: str) -> str | None:
    """What is wrong with a mail address, None where it can be written to."""
    message = _("“{address}” is no mail address").format(address=one_line(address))
    if one_line(address) != address or " " in address or not 3 <= len(address.encode()) <= 254:
        return message
    try:
        ascii_form = f"{address.rpartition('@')[0]}@{domain(address)}"
        read = Address(addr_spec=ascii_form)
    except NonASCIILocalPartDefect:
        return None
    except (ValueError, HeaderParseError, InvalidHeaderDefect, IndexError):
        return message
    fits = read.username and re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Za-z.:]+\]", read.domain)
    return None if fits and read.addr_spec == ascii_form else message


def needs_utf8(address: str) -> bool:
    """Whether a server must know SMTPUTF8 (RFC 6531) to take mail for the address."""
    return not address.rpartition("@")[0].isascii()


def wire_address(address: str) -> str:
    """The address as it stands in the envelope: its domain in letters."""
    local = address.rpartition("@")[0]
    return address if needs_utf8(address) else f"{local}@{domain(address)}"


_FORBIDDEN = str.maketrans('\\/:*?"<>|', "＼／：＊？＂＜＞｜")


def file_name(*parts: str, suffix: str) -> str:
    """A file's name of some words, as every system takes it: `清安办发〔2026〕12号 关于….pdf`."""
    words = one_line(" ".join(filter(None, parts))).translate(_FORBIDDEN).strip(". ")
    return (words[: _NAME_MOST - len(suffix)].rstrip(". ") or "file") + suffix


def html_of(text: str) -> str:
    """Plain text as simple HTML: paragraphs at empty lines, line ends kept, addresses of pages as links."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    body = "\n".join(f"<p>{'<br>'.join(map(_marked, part.splitlines()))}</p>" for part in paragraphs)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"></head>'
        f'<body style="font-size:16px;line-height:1.8">\n{body}\n</body></html>\n'
    )


def _marked(line: str) -> str:
    def escaped(text: str) -> str:
        return re.sub('[&<>"]', lambda sign: {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}[sign[0]], text)

    parts, done = [], 0
    for link in _LINK.finditer(line):
        parts += [escaped(line[done : link.start()]), f'<a href="{escaped(link[0])}">{escaped(link[0])}</a>']
        done = link.end()
    return "".join((*parts, escaped(line[done:])))


# -- bytes -------------------------------------------------------------------------------------------------------------


class Bindery:
    """Puts letters together. Files that many units get are encoded once."""

    def __init__(self) -> None:
        self._encoded: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._seen: set[tuple[str, str]] = set()

    def mail_bytes(self, letter: Letter, message_id: str, date: datetime) -> bytes:
        """The message, lines ending with CRLF. `message_id`: with <>; `date`: aware."""
        boundary = hashlib.sha256(f"{message_id}{letter.digest}".encode()).hexdigest()[:24]
        inner = f"{boundary[:20]}.text"
        parts = [
            _headers(letter, message_id, date),
            f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode(),
            f'--{boundary}\r\nContent-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'.encode(),
            f"--{inner}\r\n".encode(),
            _text_part("plain", letter.text),
            f"--{inner}\r\n".encode(),
            _text_part("html", html_of(letter.text)),
            f"--{inner}--\r\n".encode(),
        ]
        for file in letter.files:
            parts += [f"--{boundary}\r\n".encode(), self._file_part(file)]
        return b"".join((*parts, f"--{boundary}--\r\n".encode()))

    def _file_part(self, file: File) -> bytes:
        key = (file.sha256, file.name)
        if (known := self._encoded.get(key)) is not None:
            return known
        part = _file_headers(file.name, file.path.suffix) + _encoded(file.data())
        if key in self._seen:  # the second unit already that gets it
            self._encoded[key] = part
            if len(self._encoded) > _KEPT:
                self._encoded.popitem(last=False)
        elif len(self._seen) < 100_000:
            self._seen.add(key)
        return part


def _headers(letter: Letter, message_id: str, date: datetime) -> bytes:
    lines = [
        _address_header("From", letter.sender_name, letter.sender),
        _address_header("To", letter.to_name, letter.to),
        f"Subject: {_words('Subject', one_line(letter.subject))}\r\n",
        f"Date: {format_datetime(date)}\r\n",
        "MIME-Version: 1.0\r\n",
        f"Message-ID: {one_line(message_id)}\r\n",
    ]
    if letter.read_receipt:
        lines.append(_address_header("Disposition-Notification-To", "", letter.sender))
    return "".join(lines).encode()


@lru_cache(maxsize=256)
def _address_header(header: str, name: str, address: str) -> str:
    if (problem := address_problem(address)) is not None:
        raise CircularGenError(problem)
    clean = one_line(name)
    if clean.isascii() and "=?" not in clean and len(clean) < _LINE:
        written = '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"' if clean else ""
    else:
        written = _words(header, clean)
    return f"{header}:{f' {written}{_FOLD}' if written else ''} <{wire_address(address)}>\r\n"


@lru_cache(maxsize=256)
def _words(header: str, text: str) -> str:
    """A text as a header holds it: as it is where it is short ASCII, else as encoded words (RFC 2047). The older of the
    library's two writers: the newer loses spaces between encoded words."""
    if text.isascii() and "=?" not in text and len(text) < _LINE - len(header):
        return text
    return Header(text, "utf-8", maxlinelen=_LINE, header_name=header).encode(linesep="\r\n")


def _text_part(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    return head.encode() + _encoded(lines.encode("utf-8", errors="replace"))


@lru_cache(maxsize=256)
def _file_headers(name: str, suffix: str) -> bytes:
    kind = _TYPES.get(suffix.lower(), "application/octet-stream")
    name = file_name(name.removesuffix(suffix), suffix=suffix)
    old = Header(name, "utf-8", maxlinelen=70, header_name="Content-Type").encode(linesep="\r\n")
    head = EmailMessage(SMTP)  # the library knows RFC 2231
    head.add_header("Content-Disposition", "attachment", filename=name)
    return (
        f'Content-Type: {kind};\r\n name="{old}"\r\n'.encode("ascii")
        + head.as_bytes()[:-2]
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
    )


def _encoded(data: bytes) -> bytes:
    text = base64.b64encode(data)
    return b"\r\n".join(_lines(text)) + b"\r\n"


def _lines(text: bytes) -> Iterator[bytes]:
    return (text[at : at + _LINE] for at in range(0, len(text), _LINE))


def total_size(files: Iterable[File]) -> int:
    """Bytes that files take in a mail."""
    return sum(4 * file.size // 3 + 2 * file.size // 57 + 1000 for file in files)
