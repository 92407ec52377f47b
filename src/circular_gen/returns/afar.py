"""Reading on other computers: files go to an executor's workers as bytes; each worker has a bounded process of its own.

    parent ── a file ─►  worker: its pages' symbols
    parent: whose code is it? (the office's key stays here)
    parent ── the file, its forms, the originals ─►  worker: the pages with their ink

In and out as `Workers.read`; pieces share nothing and may be done twice. ZIPs are unpacked at home.
"""

import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from circular_gen.disk import sha256_of, write_whole
from circular_gen.executors import Hands, in_order
from circular_gen.returns.signed import Trust
from circular_gen.returns.workers import Answer, Page, Told, Whose, Workers

_NOBODY = Trust()
_here = threading.local()
"""What a thread of a worker keeps from piece to piece: its bounded process, and a folder with originals."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file. `suffix`: of its kind. `wanted`: by a page's symbols, what is to be read on it, its `original` a name in
    `originals`; None where only the symbols are asked for, empty where nothing is to be read."""

    place: int
    suffix: str
    data: bytes
    trust: Trust
    wanted: Mapping[tuple[str, ...], Mapping[str, Any]] | None = None
    originals: Mapping[str, bytes] | None = None
    known: tuple[Told, ...] = ()


class AfarWorkers:
    """`Workers` whose work is done by `hands`."""

    def __init__(self, hands: Hands, home: Workers) -> None:
        self._hands = hands
        self.unpack = home.unpack

    def read(self, paths: Iterable[Path], whose: Whose, trust: Trust = _NOBODY) -> Iterator[tuple[int, list[Told]]]:
        """As `Workers.read`, in order."""
        pieces = (_Piece(place, path.suffix, path.read_bytes(), trust) for place, path in enumerate(paths))
        seen = in_order(self._hands, _read, pieces)
        forms: dict[tuple[str, ...], Any] = {}
        again = (self._asked(piece, told, whose, forms) for piece, told in seen)
        for piece, told in in_order(self._hands, _read, again):
            whole = [replace(one, form=forms[one.symbols]) if isinstance(one, Page) else one for one in told]
            yield piece.place, whole

    def _asked(self, piece: _Piece, told: list[Told], whose: Whose, forms: dict[tuple[str, ...], Any]) -> _Piece:
        """The second question about a file: what its forms are, and how they were printed."""
        wanted: dict[tuple[str, ...], Mapping[str, Any]] = {}
        originals: dict[str, bytes] = {}
        for page in told:
            if not isinstance(page, Page):
                continue
            answer = whose(page.symbols)
            forms[page.symbols] = answer.form
            if answer.wanted is not None:
                original = Path(answer.wanted["original"])
                name = f"{sha256_of(original)}.pdf"
                originals[name] = original.read_bytes()
                wanted[page.symbols] = {**answer.wanted, "original": name}
        if not wanted:  # nothing more to be read: the piece goes on for the order's sake
            return replace(piece, data=b"", wanted={}, known=tuple(told))
        return replace(piece, wanted=wanted, originals=originals)


def _read(piece: _Piece) -> list[Told]:
    """A file's pages, by the bounded process that this worker keeps."""
    if piece.wanted == {}:
        return list(piece.known)
    if not hasattr(_here, "workers"):
        _here.workers, _here.folder = Workers(), tempfile.TemporaryDirectory(prefix="circular-gen.")
    workers: Workers = _here.workers
    folder = Path(_here.folder.name)
    for name, data in (piece.originals or {}).items():
        if not (folder / name).is_file():
            write_whole(folder / name, data)

    def whose(symbols: tuple[str, ...]) -> Answer:
        wanted = (piece.wanted or {}).get(symbols)
        return Answer(None, {**wanted, "original": str(folder / wanted["original"])} if wanted else None)

    path = folder / f"came-back{piece.suffix}"
    path.write_bytes(piece.data)
    try:
        return next(told for _place, told in workers.read([path], whose, piece.trust))
    finally:
        path.unlink()
