"""The fence: of all copies of a workspace, one may send.

A workspace that was copied to another computer, or put back from a backup, holds an outbox that does not know what
the other copy has sent since. So where a workspace sends from is kept twice: in the ledger's database, which a copy
takes along, and in the state folder of the person's account on this computer, which it does not. Both also count what
was let out, so that an older ledger put back in its old place is told as well. Where the two do not agree, nothing is
sent until a person says that this copy is the one (`take_over`).

In: an open ledger and a workspace's root. Out: the installation, or ElsewhereError.
"""

import json
import os
import platform
import secrets
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from circular_gen.disk import disk_errors, write_whole
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Draft, Installation, Intents, Ledger, Reader, Writer
from circular_gen.ledger.events import timestamp
from circular_gen.messages import _

STATE = "CIRCULAR_GEN_STATE"
_ID_FILE = "workspace.id"


class ElsewhereError(CircularGenError):
    """This copy of the workspace may not send; says why, and what a person can do."""


@dataclass(frozen=True, slots=True)
class Fence:
    """The fence around a workspace. `workspace`: the name under which its copies are told apart from other workspaces:
    that of its ledger, or where several workspaces share a database, one kept in records/."""

    root: Path
    workspace: str

    @classmethod
    def of(cls, root: Path, ledger: Ledger, *, shared: bool) -> "Fence":
        """`shared`: the ledger is a database that several workspaces may use."""
        root = root.resolve()
        return cls(root, _own_id(root) if shared else ledger.head().origin)

    def check(self, reader: Reader) -> Installation | None:
        """The installation of this copy; None where the workspace has never sent. ElsewhereError."""
        row, kept = Intents(reader).installation(self.workspace), self._kept()
        if row is None and kept is None:
            return None
        if row is None or (kept and kept.installation == row.installation and kept.tick > row.tick):
            raise ElsewhereError(
                _(
                    "the ledger is older than what was sent from here: it was put back from a copy, and would send "
                    "again what has left already; put back the newest copy, or say --here to send from this one: what "
                    "had been begun then waits for your word"
                )
            )
        if kept is None or kept.installation != row.installation or kept.path != str(self.root):
            raise ElsewhereError(
                _(
                    "this workspace sends from {host}:{path} since {since}; nothing is sent from a copy of it. If this "
                    "is now the one to send from, say --here: what had been begun there then waits for your word"
                ).format(
                    host=row.host,
                    path=row.path,
                    since=f"{datetime.fromisoformat(row.since).astimezone():%Y-%m-%d %H:%M}",
                )
            )
        return row

    def enter(self, writer: Writer) -> Installation:
        """As `check`; a workspace that has never sent begins to. Call `keep` when the transaction has ended."""
        return self.check(writer) or self._install(writer, 1)

    def take_over(self, ledger: Ledger, actor: str) -> Installation:
        """A person's word that this copy is the one that sends from now on. It is recorded."""
        with ledger.writing() as writer:
            row = Intents(writer).installation(self.workspace)
            kept = self._kept()
            new = self._install(writer, max(row.epoch if row else 0, kept.epoch if kept else 0) + 1)
            text = f"sends from {new.host}:{new.path}"
            writer.append(Draft("noted", actor, payload={"text": text, "installation": new.installation}))
        self.keep(new)
        return new

    def advance(self, writer: Writer, row: Installation) -> Installation:
        """Counts that something is let out; call `keep` when the transaction has ended, before it leaves.
        ElsewhereError where another copy has taken over meanwhile."""
        now = Intents(writer).installation(self.workspace)
        if now is None or now.installation != row.installation:
            raise ElsewhereError(_("another copy of this workspace has begun to send; this one stops"))
        row = now._replace(tick=now.tick + 1)
        Intents(writer).install(row)
        return row

    def keep(self, row: Installation) -> None:
        """Writes the installation outside the workspace."""
        with disk_errors():
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._file, json.dumps(row._asdict(), ensure_ascii=False).encode())

    def _install(self, writer: Writer, epoch: int) -> Installation:
        host, path = platform.node(), str(self.root)
        row = Installation(self.workspace, secrets.token_hex(16), epoch, 0, host, path, timestamp(writer.now))
        Intents(writer).install(row)
        return row

    @property
    def _file(self) -> Path:
        name = "".join(letter if letter.isalnum() else "-" for letter in self.workspace)
        return state_folder() / f"{name}.json"

    def _kept(self) -> Installation | None:
        try:
            return Installation(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def state_folder() -> Path:
    """Where this account keeps what no copy of a workspace may take along; CIRCULAR_GEN_STATE names another place."""
    if given := os.environ.get(STATE):
        return Path(given)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "circular-gen"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "circular-gen"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "circular-gen"


def _own_id(root: Path) -> str:
    path = root / "records" / _ID_FILE
    with disk_errors():
        if not path.exists():
            write_whole(path, f"workspace/{secrets.token_hex(16)}\n".encode())
        return path.read_text(encoding="ascii", errors="replace").strip()
