"""The office's mailbox over IMAP: which messages are new, their bytes, and the folder for those that are done.

In: the address in office.yaml and the password. Out: numbers (UIDs), raw messages, one at a time. Nothing is ever
deleted or marked as read; a message that is done is moved by the server itself, or stays where it is.

The library opens the connection and knows the names of folders; messages are fetched as bytes and not looked at here.
"""

import imaplib
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.returns.reports import MAX_MAIL

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox

PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
TIMEOUT = 60.0
"""Seconds without a byte."""
ANSWER = 1800.0
"""Seconds for a whole answer: the largest mail over a slow line. A server that says a byte now and then ends here."""
_MOST = MAX_MAIL + (1 << 20)
"""Bytes that a server may announce: whatever it says of a message's size, memory is not at its disposal."""
_LINE = 1 << 20
"""Bytes of a line; UIDs of many messages stand on one."""
_CHUNK = 200
"""Messages that are asked about at once."""
_SENT = ("sent", "sent messages", "sent items", "sent mail", "已发送", "已发送邮件", "已发邮件", "已发送消息")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxError(CircularGenError):
    """The server cannot be reached, refuses, or breaks off; says why. What is recorded before stays."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the mailbox is. `scheme`: imap, imap+starttls or imaps."""

    scheme: str
    host: str
    port: int
    user: str
    folder: str

    @property
    def name(self) -> str:
        """The mailbox in a line, without a password: what the ledger calls it."""
        return f"{self.user}@{self.host}/{self.folder}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message that lies in the mailbox. `size` in bytes; `at`: when it came, ISO with zone, None where the server
    does not say."""

    uid: int
    size: int
    at: str | None


def read_account(address: str, default_user: str = "") -> Account:
    """`imaps://user@host:port/FOLDER` taken apart; a user or folder with special characters has them as %40 and the
    like. CircularGenError where it names no user or no right port."""
    parts = urlsplit(address)
    user = unquote(parts.username or "") or default_user
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        port = 0
    if not (user and port and parts.hostname):
        message = _("mail.imap {address} is not complete: imaps://user@host/FOLDER")
        raise CircularGenError(message.format(address=address))
    return Account(parts.scheme, parts.hostname, port, user, unquote(parts.path.strip("/")) or "INBOX")


class Mailbox:
    """An open mailbox (see `open_mailbox`). `validity`: UIDVALIDITY; UIDs mean nothing under another one."""

    def __init__(self, box: "BaseMailBox", account: Account) -> None:
        self._box = box
        self._client: Any = box.client
        self.account = account
        self.validity = int(box.folder.status(account.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        self._capabilities = _capabilities(self._client)

    @property
    def can_move(self) -> bool:
        """Whether the server moves a message without any other being touched."""
        return "MOVE" in self._capabilities or "UIDPLUS" in self._capabilities

    def uids(self, since: date) -> tuple[int, ...]:
        """The messages that came since a day, in order."""
        day = f"{since.day:02}-{_MONTHS[since.month - 1]}-{since.year:04}"
        return tuple(sorted(int(uid) for uid in self._box.uids(f"SINCE {day}", charset=None)))

    def listed(self, uids: Sequence[int]) -> Iterator[Listed]:
        """Size and day of messages; those that are gone are left out."""
        for start in range(0, len(uids), _CHUNK):
            wanted = set(uids[start : start + _CHUNK])
            answer = self._ask("FETCH", _set(wanted), "(UID RFC822.SIZE INTERNALDATE)")
            for item in answer:
                text = (b" ".join(item) if isinstance(item, tuple) else item or b"").decode("ascii", "replace")
                uid, size = re.search(r"\bUID (\d+)", text), re.search(r"\bRFC822\.SIZE (\d+)", text)
                if uid and size and int(uid[1]) in wanted:
                    wanted.discard(int(uid[1]))
                    yield Listed(int(uid[1]), int(size[1]), _moment(text))

    def raw(self, uid: int, most: int | None = None) -> bytes | None:
        """The message's bytes, of a large one at most the first `most`; None where it is gone. Not marked as read."""
        part = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
        for item in self._ask("FETCH", str(uid), f"(UID {part})"):
            if isinstance(item, tuple) and b"BODY[]" in item[0].upper():
                return bytes(item[1])
            if isinstance(item, bytes) and re.search(rb'BODY\[\](?:<0>)? (?:""|NIL)', item.upper()):
                return b""
        return None

    def sent_folder(self) -> str | None:
        """The folder of sent mail: the one that the server marks so (RFC 6154), else one of the usual names."""
        folders = list(self._box.folder.list())
        marked = [one.name for one in folders if any(flag.lower() == "\\sent" for flag in one.flags)]
        usual = [one.name for one in folders if one.name.rpartition(one.delim)[2].lower() in _SENT]
        return next(iter(marked + usual), None)

    def holds(self, folder: str, message_ids: Iterable[str]) -> Iterator[str]:
        """Those of the messages (Message-IDs with <>) that lie in a folder. Nothing there is changed."""
        self._box.folder.set(folder, readonly=True)
        for message_id in message_ids:
            if self._box.uids(f'HEADER Message-ID "{message_id}"', charset=None):
                yield message_id

    def make_folder(self, folder: str) -> None:
        """A folder that is there afterwards."""
        if not self._box.folder.exists(folder):
            self._box.folder.create(folder)

    def move(self, uid: int, folder: str) -> bool:
        """Move a message; whether it is moved. Where the server cannot move, it copies and takes away this message
        alone; a server that can only take away everything that anybody marked is not asked to."""
        from imap_tools.utils import encode_folder

        if "MOVE" in self._capabilities:
            self._ask("MOVE", str(uid), encode_folder(folder))
        elif "UIDPLUS" in self._capabilities:
            self._ask("COPY", str(uid), encode_folder(folder))
            self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            self._ask("EXPUNGE", str(uid))
        else:
            return False
        return True

    def _ask(self, command: str, *arguments: Any) -> list[Any]:
        status, answer = self._client.uid(command, *arguments)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{command}: {_words(answer)}")
        return [item for item in answer if item is not None]


class _Bounded(imaplib.IMAP4):
    """imaplib's client with an end to every answer, by time and by what memory holds."""

    def open(self, host: str = "", port: Any = 0, timeout: float | None = None) -> None:
        self._heard = bytearray()
        self._speaker: object = None
        self._until = time.monotonic() + ANSWER
        super().open(host, port, timeout)

    def send(self, data: Any) -> None:
        self._until = time.monotonic() + ANSWER
        super().send(data)

    def read(self, size: int) -> bytes:
        if size > _MOST:
            raise self.abort(_("the server announces {size} MB").format(size=size >> 20))
        self._listen()
        while len(self._heard) < size and self._hear():
            pass
        return self._taken(size)

    def readline(self) -> bytes:
        self._listen()
        while (end := self._heard.find(b"\n") + 1) == 0:
            if len(self._heard) > _LINE:
                raise self.abort(_("the server says a line without end"))
            if not self._hear():
                end = len(self._heard)
                break
        return self._taken(end)

    def _listen(self) -> None:
        """What was said before TLS counts no more after it."""
        if self._speaker is not self.sock:
            self._heard, self._speaker = bytearray(), self.sock

    def _hear(self) -> bool:
        """Take in what comes; False at the end."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError(_("no whole answer in time"))
        self.sock.settimeout(min(TIMEOUT, left))
        chunk = self.sock.recv(1 << 18)
        self._heard += chunk
        return bool(chunk)

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._heard[:size])
        del self._heard[:size]
        return taken


class _BoundedSecure(_Bounded, imaplib.IMAP4_SSL):
    pass


def _connected(account: Account) -> imaplib.IMAP4:
    host, port = account.host, account.port
    if account.scheme == "imaps":
        return _BoundedSecure(host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    client = _Bounded(host, port, timeout=TIMEOUT)
    if account.scheme == "imap+starttls":
        client.starttls(ssl.create_default_context())
    return client


@contextmanager
def open_mailbox(account: Account, password: str) -> Iterator[Mailbox]:
    """The mailbox, logged in; certificates are verified, with the system's authorities. MailboxError."""
    from imap_tools.errors import ImapToolsError
    from imap_tools.mailbox import BaseMailBox

    class Box(BaseMailBox):
        def _get_mailbox_client(self) -> imaplib.IMAP4:
            return _connected(account)

    with _failures(account, (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError, EOFError)):
        box = Box()
    client: Any = box.client
    try:
        with _failures(account, (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError, EOFError)):
            _log_in(box, account, password)
            mailbox = Mailbox(box, account)
        with _failures(account, (imaplib.IMAP4.error, ImapToolsError, TimeoutError, ConnectionError, ssl.SSLError)):
            yield mailbox
    finally:
        try:
            client.logout()
        except (imaplib.IMAP4.error, OSError):
            client.shutdown()


def _log_in(box: "BaseMailBox", account: Account, password: str) -> None:
    plain = account.user.isascii() and password.isascii()
    try:
        (box.login if plain else box.login_utf8)(account.user, password, None)
    except _refused():
        message = _("{host} refuses user {user} or the password (CIRCULAR_GEN_IMAP_PASSWORD, or imap: in {file})")
        raise MailboxError(message.format(host=account.host, user=account.user, file="records/mail.yaml")) from None
    client: Any = box.client
    if "ID" in _capabilities(client):  # some large providers refuse programs that do not say what they are
        from circular_gen import __version__

        client.xatom("ID", f'("name" "circular-gen" "version" "{__version__}")')
    box.folder.set(account.folder)


def _refused() -> tuple[type[Exception], ...]:
    from imap_tools.errors import MailboxLoginError

    return (imaplib.IMAP4.error, MailboxLoginError)


@contextmanager
def _failures(account: Account, kinds: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except CircularGenError:
        raise
    except kinds as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = _("its certificate is not to be trusted: {reason}").format(reason=error.verify_message)
        message = _("the mailbox {name}: {reason}")
        raise MailboxError(message.format(name=account.name, reason=_words([reason]))) from None


def _capabilities(client: Any) -> frozenset[str]:
    """What the server can do now: many say it only after the login."""
    status, answer = client.capability()
    words = b" ".join(item for item in answer if isinstance(item, bytes)) if status == "OK" else b""
    return frozenset(words.decode("ascii", "replace").upper().split())


def _moment(text: str) -> str | None:
    match = re.search(r'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)"', text)
    if match is None or match[2].title() not in _MONTHS:
        return None
    month = _MONTHS.index(match[2].title()) + 1
    written = f"{match[3]}-{month:02}-{int(match[1]):02}T{match[4]}{match[5]}:{match[6]}"
    try:
        return datetime.fromisoformat(written).isoformat()
    except ValueError:
        return None


def _set(uids: Iterable[int]) -> str:
    return ",".join(str(uid) for uid in sorted(uids))


def _words(answer: Iterable[object]) -> str:
    """What a server said, in one short line."""
    text = " ".join(item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in answer)
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())[:300]
