"""Real SMTP servers for tests: aiosmtpd with what it got, and one that breaks off where it is told to."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Got:
    """A message as it arrived. `options`: those of MAIL and RCPT."""

    sender: str
    to: list[str]
    data: bytes
    mail_options: list[str]
    rcpt_options: list[str]

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)  # type: ignore[return-value]


@dataclass
class Inbox:
    """Takes everything; `answer(to)` may give another answer to RCPT, `verdict(to)` to the whole letter."""

    got: list[Got] = field(default_factory=list)
    answer: Callable[[str], str] = lambda _to: "250 OK"
    verdict: Callable[[str], str] = lambda _to: "250 Message accepted"
    dsn: bool = True

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-DSN"] if self.dsn else []), responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answer(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        verdict = self.verdict(envelope.rcpt_tos[0])
        if verdict.startswith("2"):
            content = envelope.original_content
            assert content is not None
            self.got.append(
                Got(
                    str(envelope.mail_from),
                    list(envelope.rcpt_tos),
                    content,
                    list(envelope.mail_options),
                    list(envelope.rcpt_options),
                )
            )
        return verdict


class _Lenient(SMTP):
    """aiosmtpd refuses the parameters of DSN, which it does not know; this one takes them."""

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        kept, plain = _without(arg, ("RET=", "ENVID="))
        self.session.kept_mail = kept  # type: ignore[attr-defined]
        await super().smtp_MAIL(plain)
        if self.envelope is not None:
            self.envelope.mail_options.extend(kept)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        kept, plain = _without(arg, ("NOTIFY=", "ORCPT="))
        await super().smtp_RCPT(plain)
        if self.envelope is not None:
            self.envelope.rcpt_options.extend(kept)


def _without(arg: str | None, words: tuple[str, ...]) -> tuple[list[str], str | None]:
    if arg is None:
        return [], None
    parts = arg.split(" ")
    kept = [part for part in parts if part.upper().startswith(words)]
    return kept, " ".join(part for part in parts if part not in kept)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Lenient(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        """With implicit TLS the client's own certificate settings would decide; the socket alone says that it is up."""
        with socket.create_connection((self.hostname, self.port), timeout=10):
            pass


@contextmanager
def smtp_server(inbox: Inbox, **options: Any) -> Iterator[int]:
    """A server on 127.0.0.1; its port. `options`: as aiosmtpd's Controller takes them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = _Controller(inbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def authenticator(user: str, password: str) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=False) if not good else AuthResult(success=True)

    return check


def certificate(folder: Path, *, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own, and the file that makes a client trust it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = datetime.datetime.now(datetime.UTC)
    host: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        host = x509.IPAddress(ipaddress.ip_address(name))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(day - datetime.timedelta(days=1))
        .not_valid_after(day + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    return context, cert


# -- one that breaks off -----------------------------------------------------------------------------------------------

STAGES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", "dot")
"""Where a server may break off: instead of the answer to it. body: while the letter comes in; dot: it has all of it."""


@dataclass
class Broken:
    """Speaks SMTP, one connection after the other, and breaks off at `stage` of the first `times` letters that come so
    far. `manner`: close (hang up), reset (with RST), silent (say nothing more), drip (a byte now and then, for ever).
    `took`: it keeps the letter though it breaks off after the dot. `greeting` to `body` break off per connection."""

    stage: str
    times: int = 1
    manner: str = "close"
    took: bool = True
    kept: list[str] = field(default_factory=list)
    broke: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator[int]:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.1)
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not self.over.is_set():
                try:
                    sock, _peer = listener.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                sock.settimeout(30)
                threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            self.over.set()
            accepting.join()
            listener.close()
            for thread in threads:
                thread.join(5)

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            self._talk(sock)

    def _breaks(self, sock: socket.socket, stage: str) -> bool:
        if stage != self.stage or self.broke >= self.times:
            return False
        self.broke += 1
        if self.manner == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif self.manner == "silent":
            self.over.wait(20)
        elif self.manner == "drip":
            for _n in range(200):
                sock.sendall(b"2")
                if self.over.wait(0.05):
                    break
        return True

    def _talk(self, sock: socket.socket) -> None:
        lines = sock.makefile("rb")
        if self._breaks(sock, "greeting"):
            return
        sock.sendall(b"220 broken ESMTP\r\n")
        to = ""
        while line := lines.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            if self._breaks(sock, word):
                return
            if word == "EHLO":
                sock.sendall(b"250-broken\r\n250-8BITMIME\r\n250 DSN\r\n")
            elif word == "RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
                sock.sendall(b"250 ok\r\n")
            elif word == "DATA":
                sock.sendall(b"354 go on\r\n")
                if self._breaks(sock, "body"):
                    return
                while (part := lines.readline()) not in (b".\r\n", b""):
                    pass
                if not part:
                    return
                if self.took or self.stage != "dot" or self.broke >= self.times:
                    self.kept.append(to)
                if self._breaks(sock, "dot"):
                    return
                sock.sendall(b"250 taken\r\n")
            elif word == "QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")
