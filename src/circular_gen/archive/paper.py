"""The archived copy of a circular: its final PDF as PDF/A-3, with the text it was made from inside.

In: an item and the originals. Out: bytes and page counts. The originals themselves stay as they are beside it.
"""

from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from circular_gen.archive.items import Item, ItemFile, Remark
from circular_gen.archive.stamp import free_spot, stamp_pdf
from circular_gen.ledger.deadlines import local
from circular_gen.ledger.hazards import HAZARD_KINDS, fold_hazards, hazard_register
from circular_gen.ledger.register import sheet_of, signing_register
from circular_gen.messages import _
from circular_gen.output.archival import Attachment, archival_copy, written_pages
from circular_gen.press import FormPress
from circular_gen.records import Records
from circular_gen.workspace.office import Archive

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"}


@dataclass(frozen=True, slots=True)
class ArchivedPaper:
    """`pages`: sides with text or picture."""

    data: bytes
    pages: int
    notes: tuple[Remark, ...] = ()


def final_original(item: Item) -> ItemFile | None:
    """The circular as its newest edition went out: the one for all, or where each unit has its own, the first's."""
    newest = f"/r{item.subject.paper.revision}/"
    found = [file for file in item.files if newest in f"/{file.name}" and file.name.endswith("/circular.pdf")]
    common = [file for file in found if file.role == "issued"]
    if common:
        return common[0]
    order = {unit["unit"]: place for place, unit in enumerate(item.units)}
    own = [file for file in found if file.unit in order]
    return min(own, key=lambda file: order[file.unit or ""], default=None)


def archived_paper(records: Records, archive: Archive, item: Item, press: FormPress) -> ArchivedPaper | None:
    """The copy, stamped; None where the circular has no PDF (a Word template, issued without LibreOffice)."""
    original = final_original(item)
    if original is None or original.source is None:
        return None
    newest = f"/r{item.subject.paper.revision}/_input/circulars/"
    attachments: list[Attachment] = []
    for file in item.files:
        if file.role == "source" and newest in f"/{file.name}" and file.name.endswith(".yaml") and file.source:
            attachments.append(
                Attachment(
                    f"source-{len(attachments) + 1}.yaml",
                    "application/yaml",
                    file.source.read_bytes(),
                    file.name.partition("/_input/")[2],
                )
            )
    data = original.source.read_bytes()
    moment = local(item.subject.paper.issued_at, records.office.zone).astimezone(UTC)
    pages = written_pages(data)
    spot = free_spot(data)
    if spot is None:
        shown = _("there is no room for the filing stamp on the first page: stamp the printed paper by hand")
        note = Remark(shown, "首页没有空白处盖归档章，请在纸质件上手工盖章")
        return ArchivedPaper(archival_copy(data, attachments, moment), pages, (note,))
    total = pages + sum(file.pages or 0 for file in item.files if file.role == "evidence")
    cells = (
        archive.fonds,
        str(item.subject.year),
        str(item.number),
        archive.department,
        item.subject.retention,
        str(total),
    )
    over = stamp_pdf(press, spot, cells)
    return ArchivedPaper(archival_copy(data, attachments, moment, over=over), pages)


def signing_sheet(records: Records, item: Item, press: FormPress) -> bytes:
    """签收登记表 of the item as PDF/A: who confirmed, when and how, as it stood at the item's last event."""
    standings = sorted(records.ledger.standings(item.subject.paper.circular), key=lambda one: (one.position, one.unit))
    register = signing_register(item.subject.fields, standings, records.office.zone)
    return press.pdf(sheet_of(register, records.office.name))


def findings_list(records: Records, item: Item, press: FormPress) -> bytes | None:
    """隐患整改台账 of the item as PDF/A, as it stood at the item's last event; None where no hazard was reported."""
    name = item.subject.paper.circular
    with records.ledger.reading() as reader:
        hazards = fold_hazards(reader.stream(name, until=item.last, kinds=(*HAZARD_KINDS, "corrected")))
    if not hazards:
        return None
    names = {(name, unit["unit"]): str(unit.get("name", unit["unit"])) for unit in item.units}
    paper = item.subject.paper
    subtitle = f"{paper.number}　{paper.title}"
    register = hazard_register(hazards, names, records.office.zone, subtitle)
    return press.pdf(sheet_of(register, records.office.name))


def counted_pages(path: Path) -> int:
    """Pages of what came back: of a PDF or TIFF its own, 1 of any other picture, 0 where nobody can say."""
    suffix = path.suffix.lower()
    if suffix in _PICTURES:
        return 1
    try:
        if suffix == ".pdf":
            import pikepdf

            with pikepdf.open(path) as document:
                return len(document.pages)
        if suffix in (".tif", ".tiff"):
            from PIL import Image

            with Image.open(path) as image:
                return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 (what came back may be anything; it is archived as it is)
        return 0
    return 0
