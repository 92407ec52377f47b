"""What only the office knows: its secret key and the passwords of its mail servers.

The key: 32 random bytes in records/secret.key, made once, readable by its owner only. The passwords: from the
environment or records/mail.yaml, which its owner alone may read. Neither is ever printed, not even in an error.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Literal

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.codes import Codes

KEY_FILE = "secret.key"
MAIL_FILE = "mail.yaml"
MailServer = Literal["smtp", "imap"]


def records_folder(root: Path) -> Path:
    """The workspace's records/, made with access for its owner only where it is not there yet."""
    records = root / "records"
    records.mkdir(mode=0o700, exist_ok=True)
    return records


def office_codes(root: Path) -> Codes:
    """The receipt codes of the office at `root`, under its key. CircularGenError for a damaged key."""
    return Codes(office_key(root))


def office_key(root: Path) -> bytes:
    """The key of the office at `root`, 32 bytes, made at the first call. CircularGenError for a damaged key: it is
    never replaced, since all papers that are out were made with it."""
    path = records_folder(root) / KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        message = _("{path} is damaged: put back a copy of it; papers sent out can only be recognised with it")
        raise CircularGenError(message.format(path=path))
    return key


def mail_password(root: Path, server: MailServer) -> str | None:
    """The password for the office's server: CIRCULAR_GEN_SMTP_PASSWORD or CIRCULAR_GEN_IMAP_PASSWORD, else `smtp:` or
    `imap:` in records/mail.yaml; None where neither gives one. CircularGenError for a file that others may read, or
    that is damaged."""
    if given := os.environ.get(f"CIRCULAR_GEN_{server.upper()}_PASSWORD"):
        return given
    path = root / "records" / MAIL_FILE
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise CircularGenError(_("{path} cannot be read; it must be UTF-8 text").format(path=path)) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CircularGenError(_("others may read {path}, which holds passwords: chmod 600 {path}").format(path=path))
    import yaml  # few commands need it here

    message = _('{path} is damaged; it has the lines smtp: "…" and imap: "…" with the passwords in quotes')
    try:
        given = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (texts only: 012345 stays as it was written)
    except yaml.YAMLError:
        raise CircularGenError(message.format(path=path)) from None
    passwords = {} if given in (None, "") else given
    if not isinstance(passwords, dict) or not all(isinstance(value, str) for value in passwords.values()):
        raise CircularGenError(message.format(path=path))
    return passwords.get(server) or None
