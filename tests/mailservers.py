"""Real mail servers on free ports of this computer, with a certificate of their own: pymap and Dovecot for IMAP,
Dovecot for sending (submission)."""

import atexit
import contextlib
import imaplib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

USER, PASSWORD = "office@example.org", "geheim-口令"
ASCII_PASSWORD = "geheim"
PYMAP = (
    # half a million rounds of hashing at every login are most of a test's time
    "import pysasl.hashing; pysasl.hashing.BuiltinHash.__init__.__kwdefaults__['rounds'] = 1000; "
    "import sys; from pymap.main import main; sys.argv = ['pymap', '--no-service', 'admin', '--no-service', "
    "'swagger', '--no-service', 'managesieve', *sys.argv[1:]]; sys.exit(main())"
)


@dataclass(frozen=True)
class Server:
    """A running IMAP server with one user and an empty INBOX. `tls`: the port for TLS from the start, 0 where there is
    none; `process`: the one to end."""

    port: int
    tls: int
    user: str
    password: str
    process: int

    def url(self, scheme: str = "imap", folder: str = "INBOX", host: str = "127.0.0.1") -> str:
        port = self.tls if scheme == "imaps" else self.port
        return f"{scheme}://{quote(self.user, safe='')}@{host}:{port}/{quote(folder)}"

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """A client of another make than the program's."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(self.user, self.password)
        try:
            yield client
        finally:
            client.logout()

    def put(self, messages: Sequence[bytes], folder: str = "INBOX", at: datetime | None = None) -> None:
        """Lay messages into a folder, as if they had come `at`."""
        when = imaplib.Time2Internaldate(at or datetime.now(UTC))
        with self.client() as client:
            for message in messages:
                status, answer = client.append(mailbox_name(folder), "", when, message)
                assert status == "OK", answer

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        """The raw messages in a folder, in order; none where there is no such folder."""
        with self.client() as client:
            if client.select(mailbox_name(folder), readonly=True)[0] != "OK":
                return []
            _status, found = client.uid("SEARCH", "ALL")
            raw = []
            for uid in (found[0] or b"").split():
                _status, answer = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
                raw.append(answer[0][1])
            return raw

    def clear(self, *folders: str) -> None:
        """Empty folders: INBOX, and that for what is done."""
        with self.client() as client:
            for folder in folders or ("INBOX", "已处理"):
                if client.select(mailbox_name(folder))[0] != "OK":
                    continue
                _status, found = client.uid("SEARCH", "ALL")
                if found[0]:
                    client.uid("STORE", found[0].decode().replace(" ", ","), "+FLAGS", r"(\Deleted)")
                    client.expunge()


def mailbox_name(folder: str) -> str:
    """A folder's name as IMAP writes it (modified UTF-7)."""
    from imap_tools.imap_utf7 import utf7_encode

    return f'"{utf7_encode(folder).decode()}"'


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@cache
def certificate() -> tuple[Path, Path]:
    """A certificate for localhost and its key, made once."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = Path(tempfile.mkdtemp(prefix="mailservers-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def _until(ready: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers; fail where it has ended."""
    end = time.monotonic() + 120
    while True:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            ready()
            return
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the mail server does not answer (exit code {process.poll()})")
        time.sleep(0.05)


@contextlib.contextmanager
def pymap(tls: bool = True) -> Iterator[Server]:
    """pymap: one user, mails in memory."""
    (port,) = free_ports(1)
    cert, key = certificate()
    secure = ["--cert", str(cert), "--key", str(key)] if tls else ["--no-tls"]
    user = ["dict", "--demo-data", "--demo-user", USER, "--demo-password", ASCII_PASSWORD]
    command = [sys.executable, "-c", PYMAP, "--host", "127.0.0.1", "--port", str(port), *secure, *user]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Server(port, 0, USER, ASCII_PASSWORD, process.pid)
        _until(server.messages, process)
        server.clear()
        yield server
    finally:
        process.terminate()
        process.wait(30)


_DOVECOT = """\
protocols = {protocols}
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/log
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner}
mail_gid = {group}
first_valid_uid = 1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {internal_group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""
_SUBMISSION = """\
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {smtps}
    ssl = yes
  }}
}}
"""


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    """Dovecot, a private instance: its own configuration, ports and folders."""
    port, tls = free_ports(2)
    with _dovecot(port, tls, "imap") as process:
        server = DovecotServer(port, tls, USER, PASSWORD, process.pid)
        _until(server.messages, process)
        yield server


@dataclass(frozen=True)
class Submission:
    """A server to send through: its ports for STARTTLS and for TLS from the start; it wants user and password."""

    starttls: int
    smtps: int
    user: str = USER
    password: str = PASSWORD


@contextlib.contextmanager
def submission(relay: int) -> Iterator[Submission]:
    """Dovecot for sending: wants TLS and a password, and hands on to the SMTP server at port `relay`."""
    port, tls, starttls, smtps = free_ports(4)
    more = _SUBMISSION.format(relay=relay, starttls=starttls, smtps=smtps)
    with _dovecot(port, tls, "imap submission", more) as process:
        for one in (starttls, smtps):
            _until(lambda one=one: socket.create_connection(("127.0.0.1", one), timeout=10).close(), process)  # type: ignore[misc]
        yield Submission(starttls, smtps)


@contextlib.contextmanager
def _dovecot(port: int, tls: int, protocols: str, more: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    import grp  # not on Windows, and Dovecot neither
    import pwd

    cert, key = certificate()
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    root = os.getuid() == 0
    me, mine = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    owner, group = ("nobody", "nogroup") if root else (me, mine)
    if root:
        shutil.chown(folder / "mail", owner, group)
    text = _DOVECOT.format(
        folder=folder,
        cert=cert,
        key=key,
        owner=owner,
        group=group,
        internal="dovecot" if root else me,
        internal_group="dovecot" if root else mine,
        login="dovenull" if root else me,
        password=PASSWORD,
        port=port,
        tls=tls,
        protocols=protocols,
    )
    (folder / "dovecot.conf").write_text(text + more, "utf-8")
    program = shutil.which("dovecot", path="/usr/sbin:" + os.environ.get("PATH", "")) or "dovecot"
    process = subprocess.Popen(
        [program, "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    except AssertionError:
        log = folder / "log"
        print(log.read_text("utf-8")[-2000:] if log.exists() else "no log")
        raise
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


class DovecotServer(Server):
    """Its password is not ASCII, which LOGIN does not take."""

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        context = ssl.create_default_context(cafile=str(certificate()[0]))
        client = imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=context)
        client.authenticate("PLAIN", lambda _: f"\0{self.user}\0{self.password}".encode())
        try:
            yield client
        finally:
            client.logout()


@contextlib.contextmanager
def breaking(port: int, command: int, how: str) -> Iterator[tuple[int, list[bytes]]]:
    """Stands before an IMAP server without TLS and breaks off at the client's `command` (from 1): before the server has
    it, or after it was carried out and before its answer is passed on. `how`: before, after, or drip (bytes without end
    instead of the answer). The port, and what the client said."""
    listener = socket.create_server(("127.0.0.1", 0))
    said: list[bytes] = []
    over = threading.Event()

    def talk() -> None:
        with (
            contextlib.suppress(OSError),
            listener.accept()[0] as client,
            socket.create_connection(("127.0.0.1", port), timeout=30) as server,
        ):
            lines, answers = client.makefile("rb"), server.makefile("rb")
            client.sendall(answers.readline())
            while line := lines.readline():
                said.append(line)
                if len(said) == command and how == "before":
                    return
                if len(said) == command and how == "drip":
                    while not over.wait(0.02):
                        client.sendall(b"* OK still here\r\n")
                    return
                server.sendall(line)
                tag, answer = line.split()[0], bytearray()
                while not answer.endswith(b"\n") or not (last := answer[:-1].rpartition(b"\n")[2]).startswith(tag):
                    answer += answers.readline()
                    if answer.rstrip().endswith(b"}"):
                        answer += answers.read(int(answer.rpartition(b"{")[2].rstrip(b"}\r\n")))
                if len(said) == command and how == "after":
                    assert last.split()[1] == b"OK", last
                    return
                client.sendall(answer)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], said
    finally:
        over.set()
        listener.close()
        thread.join(10)


def stop(process: int) -> None:
    """Kill a process as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
