"""`receipts archive-image`: what came back, straightened, as PDF/A-2b beside the original.

    records/evidence/3f/3f9a….jpg            the original, never changed
    records/evidence/3f/3f9a….archive.pdf    its pages upright, as large as their paper, at 200 dpi; may be made again

In: a circular, perhaps a unit. Out: a file for each scan or photo that the ledger names for them. Pages whose form
is known are fitted by their corner marks; others are as they came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from circular_gen.disk import write_whole
from circular_gen.evidence import find
from circular_gen.output.image_pdf import ImagePage, image_pdf
from circular_gen.records import Records, open_records
from circular_gen.returns.forms import Forms
from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.scanning import Progress, require_scanning
from circular_gen.returns.workers import Workers
from circular_gen.workspace.secret import office_codes

_PICTURES = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff")


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
    require_scanning()
    with open_records(root) as records:
        originals = list(_originals(records, name, unit))
        forms = Forms(records, office_codes(root))
        made = []
        with Workers() as workers:
            for done, original in enumerate(originals, 1):
                made.append(_straightened(original, forms, workers))
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
                if path is not None and sha256 not in told and path.suffix in _PICTURES:
                    told.add(sha256)
                    yield path


def _straightened(original: Path, forms: Forms, workers: Workers) -> Straightened:
    target = original.with_name(f"{original.name[:64]}.archive.pdf")
    if target.is_file():
        return Straightened(original, target)
    pages: list[ImagePage] = []

    def marks(symbols: tuple[str, ...]) -> object:
        found = forms.whose(symbols)
        return found.form.pages[found.code.page - 1]["marks"] if found.form and found.code else None

    try:
        pages = list(workers.straighten(original, marks))
    except RefusedError as refused:
        return Straightened(original, None, reason=refused.reason)
    write_whole(target, image_pdf(pages, original.name[:64]))
    return Straightened(original, target, new=True)
