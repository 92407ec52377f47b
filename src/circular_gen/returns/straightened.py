"""`receipts archive-image`: what came back, straightened, as PDF/A-2b beside the original.

    records/evidence/3f/3f9a….jpg            the original, never changed
    records/evidence/3f/3f9a….archive.pdf    its pages upright, as large as their paper, at 200 dpi; may be made again

In: a circular, perhaps a unit. Out: a file for each scan or photo that the ledger names for them. Pages whose form
is known are fitted by their corner marks; others are as they came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from circular_gen.disk import write_whole
from circular_gen.evidence import SCANS, STRAIGHT, find
from circular_gen.output.image_pdf import ImagePage, image_pdf
from circular_gen.records import Records, open_records
from circular_gen.returns.forms import Forms
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.scanning import Progress, require_scanning
from circular_gen.returns.workers import Workers
from circular_gen.workspace.secret import office_codes


@dataclass(frozen=True, slots=True)
class Straightened:
    """`original`: the evidence; `file`: what was made of it, None where it cannot be read, for `reason`; `new`: whether
    it was made just now."""

    original: Path
    file: Path | None
    new: bool = False
    reason: str = ""


def archive_images(
    root: Path,
    name: str | None = None,
    unit: str | None = None,
    *,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Straightened, ...]:
    """Make the files for the circular `name`, or all; for its unit `unit`, or all. UsageError for unknown ones."""
    with open_records(root) as records, Straightening(records) as straightening:
        originals = list(_originals(records, name, unit))
        made = []
        for done, original in enumerate(originals, 1):
            made.append(straightening.of(original))
            progress(done, len(originals))
        return tuple(made)


def _originals(records: Records, name: str | None, unit: str | None) -> Iterator[Path]:
    """The evidence that can be a scan, in the ledger's order, each once."""
    circular = place = None
    if name is not None:
        paper = records.paper(name)
        circular = paper.circular
        place = records.unit(paper, unit).unit if unit is not None else None
    told: set[str] = set()
    with records.ledger.reading() as reader:
        for event in reader.stream(circular, place):
            for sha256 in event.payload.get("evidence", ()) if '"evidence":' in event.text else ():
                path = find(records.root, sha256)
                if path is not None and sha256 not in told and path.suffix in SCANS:
                    told.add(sha256)
                    yield path


class Straightening:
    """Makes the files, one after the other; use it in a `with`. `records`: where the forms of the pages are.
    CircularGenError where the packages that read scans are not installed."""

    def __init__(self, records: Records) -> None:
        require_scanning()
        self._forms = Forms(records, office_codes(records.root))
        self._workers = Workers()

    def __enter__(self) -> Self:
        self._workers.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    def of(self, original: Path) -> Straightened:
        """What is made of a file of the evidence; nothing is made where it is there already."""
        target = original.with_name(original.name[:64] + STRAIGHT)
        if target.is_file():
            return Straightened(original, target)
        pages: list[ImagePage] = []
        try:
            pages = list(self._workers.straighten(original, self._marks))
        except RefusedError as refused:
            return Straightened(original, None, reason=refused.reason)
        write_whole(target, image_pdf(pages, original.name[:64]))
        return Straightened(original, target, new=True)

    def _marks(self, symbols: tuple[str, ...]) -> object:
        found = self._forms.whose(symbols)
        return found.form.pages[found.code.page - 1]["marks"] if found.form and found.code else None
