"""Findings: what is wrong in a file a person wrote, where, and what would be right.

In: nothing. Out: `Finding` (one line for a clerk, one record for a program), `WorkspaceError`, and `nearest`, which
finds the right thing that somebody probably meant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest
from pathlib import Path
from typing import Literal

from circular_gen.errors import CircularGenError

Severity = Literal["error", "warning"]
_COMPARED = 100
"""Characters of a word that are compared: what is longer is no name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` and `column` count from 1. `code` is a stable word for programs."""

    path: Path
    line: int
    column: int
    severity: Severity
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class WorkspaceError(CircularGenError):
    """Files that cannot be used, with everything that is wrong in them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


def by_place(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In the order in which a person would go through the files; the same finding once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (str(f.path), f.line, f.column, f.code, f.message)))


def shown(text: str, most: int = 60) -> str:
    """`text` as a message quotes it: on one line, at most `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def nearest(word: str, known: Iterable[str], count: int = 3, cutoff: float = 0.0) -> tuple[str, ...]:
    """The `count` most similar of `known` with a likeness of at least `cutoff` (0–1), best first.

    Of 100,000 names only the ones that share most characters are compared closely: 0.1 s instead of 10 s."""
    word = word[:_COMPARED].lower()
    letters, length = frozenset(word), len(word)
    candidates = nlargest(
        50 + count,
        dict.fromkeys(known),
        key=lambda name: len(letters.intersection(name.lower())) / (length + len(name) + 1),
    )
    matcher = SequenceMatcher(None, "", word, autojunk=False)
    likeness: dict[str, float] = {}
    for name in candidates:
        matcher.set_seq1(name.lower())
        if matcher.quick_ratio() >= cutoff and (ratio := matcher.ratio()) >= cutoff:
            likeness[name] = ratio
    return tuple(nlargest(count, likeness, key=likeness.__getitem__))
