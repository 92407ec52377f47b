"""Checkpoints: the ledger's head on paper, in a text file or in a receipt's code.

A whole checkpoint is text of three lines, as in C2SP tlog-checkpoint: origin, size, base64 of the root; lines after a
blank one are signatures, which are kept out of it. The short form is what a receipt's QR has room for (see
workspace/codes.py): size and the first 45 bits of the root, written `SIZE-ROOT`, e.g. `1234-7K3M9Q2XV`.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.codes import ALPHABET, base32
from circular_gen.workspace.codes import Checkpoint as Short

_SHORT = re.compile(rf"([0-9]{{1,10}})-([{ALPHABET}]{{9}})")


class CheckpointError(CircularGenError):
    """A text that is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A ledger's head: `origin` names the ledger, `size` counts its events, `root` is the Merkle root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def short(self) -> Short:
        """What goes into receipt codes."""
        return Short(self.size, self.root[:6])

    def brief(self) -> str:
        """The short form to print in a line: `1234-7K3M9Q2XV`."""
        return brief(self.short())


def brief(short: Short) -> str:
    """A short checkpoint in a line: `1234-7K3M9Q2XV`."""
    return f"{short.size}-{base32(_bits(short.root), 9)}"


def agrees(short: Short, root: bytes) -> bool:
    """Whether a root is the one that a short checkpoint begins (45 bits: codes have no room for the last three)."""
    return _bits(short.root) == _bits(root)


def read_checkpoint(text: str) -> Checkpoint | Short:
    """A checkpoint from its three lines or its short form. CheckpointError for anything else."""
    stripped = text.strip()
    if match := _SHORT.fullmatch(stripped.upper()):
        bits = 0
        for character in match[2]:
            bits = bits << 5 | ALPHABET.index(character)
        return Short(int(match[1]), (bits << 3).to_bytes(6, "big"))
    lines = stripped.splitlines()
    try:
        origin, size, root = lines[0].strip(), int(lines[1]), base64.b64decode(lines[2].strip(), validate=True)
        if not origin or size < 0 or len(root) != 32 or (len(lines) > 3 and lines[3].strip()):
            raise ValueError(text)
    except (IndexError, ValueError, binascii.Error):
        raise CheckpointError(
            _("this is no checkpoint: expected three lines (origin, size, root) or the short form as 1234-7K3M9Q2XV")
        ) from None
    return Checkpoint(origin, size, root)


def _bits(root: bytes) -> int:
    return int.from_bytes(root[:6], "big") >> 3
