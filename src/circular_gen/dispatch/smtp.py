"""Mail by SMTP: one letter at a time over one connection, and after each a fate that is never guessed.

In: the office's server, letters. Out: `HandedOver` for a 2xx after the last dot; `Refused` for a 5xx about this letter;
`Later` for a 4xx about it; `Down` where the server refuses whatever the letter; `Unknown` where the connection broke
between the last dot and the answer.

Every wait has an end, whatever the server does: it must answer each command within a time (`Patience`), not merely send
a byte now and then.
"""

import base64
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from circular_gen.dispatch.identity import Identity, domain
from circular_gen.dispatch.letter import Bindery, Letter, needs_utf8, wire_address
from circular_gen.dispatch.outbox import Down, Fate, HandedOver, Later, Refused, Unknown
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent
from circular_gen.messages import _

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SLICE = 1 << 18
_ANSWER_MOST = 1 << 16
"""Bytes of an answer: more is no SMTP server."""
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Server:
    """`security`: smtp (none), smtp+starttls, smtps. `user`: empty where the server wants none."""

    security: str
    host: str
    port: int
    user: str = ""

    @classmethod
    def read(cls, address: str) -> "Server":
        """The server of `mail.smtp`; CircularGenError where its port is no number."""
        parts = urlsplit(address)
        try:
            port = parts.port or _PORTS[parts.scheme]
        except ValueError:
            raise CircularGenError(_("the port of {server} is no number").format(server=address)) from None
        return cls(parts.scheme, parts.hostname or "", port, unquote(parts.username or ""))

    @property
    def local(self) -> bool:
        """Whether it runs on this computer, so that nothing travels in the clear."""
        return self.host in ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a connection, for the answer to a command, for a letter to be taken in, and for the answer
    to it (RFC 5321, 4.5.3.2, wants ten minutes there: a server that is asked to hurry makes doubles)."""

    connect: float = 30.0
    command: float = 120.0
    data: float = 600.0
    final: float = 600.0


class _Replies:
    """A server's answers, line by line, each answer within its time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._until = 0.0
        self._bytes = 0

    def expect(self, seconds: float) -> None:
        self._until, self._bytes = time.monotonic() + seconds, 0

    def readline(self, limit: int = -1) -> bytes:
        while b"\n" not in self._buffer and (limit < 0 or len(self._buffer) < limit):
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("no answer in time")
            self._sock.settimeout(left)
            chunk = self._sock.recv(8192)
            if not chunk:
                break
            self._bytes += len(chunk)
            if self._bytes > _ANSWER_MOST:
                raise OSError("an answer without end")
            self._buffer += chunk
        end = self._buffer.find(b"\n") + 1 or len(self._buffer)
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def close(self) -> None:
        self._buffer = b""


class _Patient(smtplib.SMTP):
    """smtplib's client with an end to every wait."""

    seconds = 30.0

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.seconds)
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        replies: Any = self.file
        if not isinstance(replies, _Replies):
            replies = _Replies(self.sock)  # type: ignore[arg-type]
            self.file = replies
        replies.expect(self.seconds)
        return super().getreply()


class _PatientSecure(_Patient, smtplib.SMTP_SSL):
    pass


class SmtpCarrier:
    """Carries letters to one server. `password`: where the server wants one. `plus`: a bounce address of its own for
    every letter; where the server refuses such a sender, the office's plain address is used."""

    channel = "email"

    def __init__(
        self,
        server: Server,
        identity: Identity,
        sender: str,
        *,
        password: str | None = None,
        plus: bool = True,
        patience: Patience | None = None,
    ) -> None:
        self._server, self._identity, self._sender, self._password = server, identity, sender, password
        self._plus = plus
        self._patience = patience or Patience()
        self._client: _Patient | None = None
        self._used = False
        self._bindery = Bindery()
        self.doubtful = False
        if server.user and server.security == "smtp" and not server.local:
            message = _(
                "smtp:// sends the password in the clear; write smtp+starttls:// or smtps:// (office.yaml, mail: smtp)"
            )
            raise CircularGenError(message)

    # -- the carrier

    def carry(self, intent: Intent, letter: Letter) -> Fate:
        """Hand the letter over, once."""
        self.doubtful = False
        data = self._bindery.mail_bytes(
            letter, self._identity.message_id(intent.key, letter.sender), datetime.fromisoformat(intent.created)
        )
        for fresh in (False, True):  # a server may have hung up since the last letter: that is no failure
            if self._client is None:
                fresh = True
                if (failure := self._connect()) is not None:
                    return failure
            try:
                fate = self._transaction(intent, letter, data)
            except (smtplib.SMTPServerDisconnected, OSError, ssl.SSLError) as error:
                was_used, self._used = self._used, False
                self._drop()
                if self.doubtful:
                    return Unknown(_reason(error))
                if not fresh and was_used:
                    continue
                return Down(_reason(error))
            if isinstance(fate, Down) and not fate.final and not fresh and self._used:
                self._drop()
                continue
            self._used = True
            return fate
        return Down("421")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.seconds = 5.0
                client.quit()
            except (smtplib.SMTPException, OSError):
                client.close()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # -- a connection

    def _connect(self) -> Down | None:
        server, patience = self._server, self._patience
        self._used = False
        where = f"{server.host}:{server.port}"
        try:
            client = self._open()
            client.seconds = patience.command
            client.ehlo_or_helo_if_needed()
            if server.security == "smtp+starttls":
                if not client.has_extn("starttls"):
                    client.close()
                    message = _("the mail server {server} offers no STARTTLS; nothing is sent in the clear")
                    return Down(message.format(server=where), final=True)
                client.starttls(context=ssl.create_default_context())
                client.ehlo()
            if server.user:
                if self._password is None:
                    client.close()
                    message = _(
                        "the mail server {server} wants a password for {user}: set CIRCULAR_GEN_SMTP_PASSWORD, or "
                        "write it into records/mail.yaml (smtp: …)"
                    )
                    return Down(message.format(server=where, user=server.user), final=True)
                _log_in(client, server.user, self._password)
                client.ehlo()  # some tell only now what the server behind them can do
        except smtplib.SMTPAuthenticationError as error:
            message = _("the mail server {server} does not take the password of {user} ({code})")
            final = error.smtp_code >= 500
            return Down(message.format(server=where, user=server.user, code=error.smtp_code), final=final)
        except (smtplib.SMTPNotSupportedError, UnicodeEncodeError):
            message = _("the mail server {server} offers no way to log in; leave out the user, or use TLS")
            return Down(message.format(server=where), final=True)
        except smtplib.SMTPResponseException as error:
            return Down(_answer(error.smtp_code, error.smtp_error), final=error.smtp_code >= 500)
        except ssl.SSLCertVerificationError as error:
            message = _("the certificate of the mail server {server} is not to be trusted ({reason}); nothing was sent")
            return Down(message.format(server=where, reason=error.verify_message), final=True)
        except (smtplib.SMTPException, OSError) as error:
            message = _("the mail server {server} does not answer ({reason})")
            return Down(message.format(server=where, reason=_reason(error)))
        self._client = client
        return None

    def _open(self) -> _Patient:
        server = self._server
        hello = domain(self._sender)
        client: _Patient
        if server.security == "smtps":
            context = ssl.create_default_context()
            client = _PatientSecure(timeout=self._patience.connect, context=context, local_hostname=hello)
        else:
            client = _Patient(timeout=self._patience.connect, local_hostname=hello)
        client.seconds = self._patience.connect
        client._host = server.host  # type: ignore[attr-defined]  # smtplib sets it only where the constructor connects
        code, said = client.connect(server.host, server.port)
        if code != 220:
            client.close()
            raise smtplib.SMTPConnectError(code, said)
        assert client.sock is not None
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    # -- a letter

    def _transaction(self, intent: Intent, letter: Letter, data: bytes) -> Fate:
        client = self._client
        assert client is not None
        client.seconds = self._patience.command
        utf8 = needs_utf8(letter.to)
        if utf8 and not client.has_extn("smtputf8"):
            return Refused(_("the mail server takes no address like this one (SMTPUTF8)"), "5.6.7")
        limit = client.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(data):
            message = _("the mail server takes no more than {most} MB; this letter has {size} MB")
            size, most = len(data) / 1e6, int(limit) / 1e6
            return Refused(message.format(most=f"{most:.1f}", size=f"{size:.1f}"), "5.3.4")
        dsn = client.has_extn("dsn")
        options = [f"SIZE={len(data)}"] if "size" in client.esmtp_features else []
        options += ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        options += ["RET=HDRS", f"ENVID={self._identity.envid(intent.key)}"] if dsn else []
        code, said = client.mail(self._envelope_sender(intent, letter), options)
        if code >= 500 and self._plus and code != 530:
            self._plus = False  # some servers take nobody but the one who logged in
            client.rset()
            code, said = client.mail(self._envelope_sender(intent, letter), options)
        if code != 250:
            client.rset()
            answer = _answer(code, said)
            if code >= 500:
                message = _("the mail server does not take {sender} as sender ({answer})")
                return Down(message.format(sender=letter.sender, answer=answer), final=True)
            return Down(answer)
        to = wire_address(letter.to)
        asked = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else []
        asked += [f"ORCPT=rfc822;{_xtext(to)}"] if dsn and not utf8 else []
        code, said = client.rcpt(to, asked)
        if code not in (250, 251):
            client.rset()
            return _about_letter(code, said)
        code, said = client.docmd("DATA")
        if code != 354:
            client.rset()
            return _about_letter(code, said)
        self._write(client, data)
        self.doubtful = True
        assert client.sock is not None
        client.sock.settimeout(self._patience.final)
        client.sock.sendall(b".\r\n")
        client.seconds = self._patience.final
        code, said = client.getreply()
        self.doubtful = False
        if 200 <= code < 300:
            return HandedOver(_answer(code, said))
        return _about_letter(code, said) if 400 <= code < 600 else Unknown(_answer(code, said))

    def _write(self, client: smtplib.SMTP, data: bytes) -> None:
        """The letter without the last dot: as long as that is not sent, no server may take it."""
        until = time.monotonic() + self._patience.data
        whole = memoryview(data.replace(b"\r\n.", b"\r\n.."))
        assert client.sock is not None
        for start in range(0, len(whole), _SLICE):
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the letter was not taken in time")
            client.sock.settimeout(left)
            client.sock.sendall(whole[start : start + _SLICE])

    def _envelope_sender(self, intent: Intent, letter: Letter) -> str:
        if self._plus:
            return self._identity.bounce_address(intent.key, wire_address(letter.sender))
        return wire_address(letter.sender)


def _log_in(client: smtplib.SMTP, user: str, password: str) -> None:
    """As `client.login`, which knows ASCII only; PLAIN takes UTF-8 (RFC 4616)."""
    if f"{user}{password}".isascii() or "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        client.login(user, password)
        return
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, said = client.docmd("AUTH", f"PLAIN {secret}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _about_letter(code: int, said: bytes) -> Fate:
    """What an answer to RCPT or to the letter itself means."""
    answer = _answer(code, said)
    if code in (421, -1):
        return Down(answer)
    if code in (530, 535, 538):
        return Down(answer, final=True)
    if 500 <= code < 600:
        status = _STATUS.search(answer)
        return Refused(answer, status[1] if status else "")
    return Later(answer)


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:500]


def _reason(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error) or type(error).__name__


def _xtext(text: str) -> str:
    """RFC 3461, 4: what is not printable, and + and =, as +XX."""
    return "".join(letter if "!" <= letter <= "~" and letter not in "+=" else f"+{ord(letter):02X}" for letter in text)
