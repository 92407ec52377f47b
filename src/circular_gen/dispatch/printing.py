"""Printing: a circular's print job in distribution order, for units that get paper.

In: the originals, the units that are to be printed for. Out: in out/NAME/dispatch/ one PDF, for each unit an address
page for a window envelope (where the office uses them), a slip, and its package as many times as it gets copies; and a
signing sheet. Everything begins on a sheet's front, so that a duplex printer keeps units apart. The packages' pages are
those of the issued originals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import compress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml

from circular_gen.disk import write_whole
from circular_gen.dispatch.originals import Originals
from circular_gen.dispatch.outbox import Fate, HandedOver
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent
from circular_gen.ledger.register import sheet_of, signing_register
from circular_gen.messages import _
from circular_gen.output.pdf import PdfWriter
from circular_gen.output.print_jobs import PrintJob, Source
from circular_gen.press import characters_of, office_style, read_text, template_texts
from circular_gen.records import Records
from circular_gen.resources import TEMPLATES
from circular_gen.sheet.blocks import Sheet, Table
from circular_gen.sheet.rendering import Templates
from circular_gen.sheet.slots import slot
from circular_gen.typefaces import office_faces
from circular_gen.typeset.page import Glyphs, Hole, Pages, PageShape, Part, Shape
from circular_gen.typeset.pages import Typesetter
from circular_gen.typeset.style import Measure, Style
from circular_gen.typeset.style import Source as Origin
from circular_gen.workspace import Unit
from circular_gen.workspace.findings import nearest

if TYPE_CHECKING:
    from circular_gen.dispatch.dispatching import Parcel

ENVELOPES = "envelopes.yaml"
_PT = 25.4 / 72
_ROW = 10.0
"""Least height, in mm, of a row that people sign in."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where an envelope's window shows the address page, in mm from the sheet's upper left corner; `size` and `line` of
    the type in pt."""

    x: float
    y: float
    width: float
    height: float
    size: float
    line: float


@dataclass(frozen=True, slots=True)
class Job:
    """A print job that is made. `name`: what the ledger calls it."""

    name: str
    files: tuple[Path, ...]
    pages: int


class PrintCarrier:
    """Hands over to the printer's desk: the job is made, each unit's part of it is recorded."""

    channel = "print"
    doubtful = False

    def __init__(self, job: Job) -> None:
        self._job = job

    def carry(self, intent: Intent, message: "Parcel") -> Fate:  # noqa: ARG002
        """Nothing is left to do."""
        return HandedOver(self._job.name)

    def close(self) -> None:
        pass


def read_window(root: Path, name: str) -> Window:
    """The window of the envelope that office.yaml names; CircularGenError with the nearest names."""
    own = root / "templates" / ENVELOPES
    path = own if own.is_file() else TEMPLATES / ENVELOPES
    try:
        known = yaml.safe_load(read_text(path))
        found = {str(key): value for key, value in known.items()}
        if name in found:
            return Window(*(float(found[name][field.name]) for field in fields(Window)))
    except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError):
        message = _("{path}: an envelope has x, y, width and height in mm, size and line in pt")
        raise CircularGenError(message.format(path=path)) from None
    message = _("{path} has no envelope {name}; the nearest are {nearest}")
    raise CircularGenError(message.format(path=path, name=name, nearest="、".join(nearest(name, found))))


def print_job(
    records: Records,
    originals: Originals,
    units: Mapping[str, Unit],
    parcels: Sequence["Parcel"],
    number: int,
) -> Job:
    """Make the job of these units, in the list's order, as number `number` of the circular."""
    paper, office = originals.paper, records.office
    standings = {one.unit: one for one in records.ledger.standings(paper.circular)}
    ordered = sorted(parcels, key=lambda parcel: standings[parcel.unit].position)
    desk = _Desk(records, originals)
    slips = desk.slips(units, ordered)
    job = PrintJob(f"{paper.number} {paper.title}".strip())
    packages = _packages(originals, standings)
    for parcel, sheets in zip(ordered, slips, strict=True):
        for sheet in sheets:
            job.add(Source.of(sheet))
        package = packages.get(parcel.unit) or Source.of(parcel.files[0].data())
        for _copy in range(parcel.copies):
            job.add(package)
    folder = records.root / "out" / paper.circular / "dispatch"
    edition = f"r{paper.revision}-" if paper.revision else ""
    files = folder / f"print-{edition}{number}.pdf", folder / f"signing-{edition}{number}.pdf"
    data, pages = job.bytes()
    write_whole(files[0], data)
    chosen = [standings[parcel.unit]._replace(copies=parcel.copies) for parcel in ordered]
    register = signing_register({**originals.said, "number": paper.number}, chosen, office.zone)
    write_whole(files[1], desk.pdf([_roomy(sheet_of(register, office.name))], [{}])[0])
    return Job(files[0].name, files, pages)


def _packages(originals: Originals, standings: Mapping[str, Any]) -> dict[str, "Source"]:
    """Each unit's package as pages of the issued print.pdf, which holds what they share once; none where there is no
    print.pdf, or it is not in the list's order."""
    entry = originals.entries.get("print.pdf")
    if entry is None:
        return {}
    order = sorted((one for one in standings.values() if not one.withdrawn), key=lambda one: one.position)
    spans: dict[str, range] = {}
    page = 0
    for standing in order:
        package = originals.entries.get(f"{standing.unit}/package.pdf")
        if package is None:
            return {}
        page += page % 2
        spans[standing.unit] = range(page, page + package["pages"])
        page += package["pages"]
    if page != entry["pages"]:
        return {}
    whole = originals.file("print.pdf", "print").data()
    return {unit: Source(whole, span) for unit, span in spans.items()}


def _roomy(sheet: Sheet) -> Sheet:
    """The signing sheet with rows to write in."""

    def roomy(table: Table) -> Table:
        return replace(table, rows=tuple(row if row.head else replace(row, height=_ROW) for row in table.rows))

    return replace(sheet, blocks=tuple(roomy(b) if isinstance(b, Table) else b for b in sheet.blocks))


class _Desk:
    """Makes the sheets that go with a job."""

    def __init__(self, records: Records, originals: Originals) -> None:
        self._office, self._root, self._originals = records.office, records.root, originals
        self._templates = Templates(template_texts(records.root))
        self._style = office_style(records.root, records.office)
        self._faces = office_faces(records.root, records.office)

    def slips(self, units: Mapping[str, Unit], parcels: Sequence["Parcel"]) -> list[tuple[bytes, ...]]:
        """Each unit's own sheets: the address page where there is an envelope and an address, then the slip."""
        paper = self._originals.paper
        circular = SimpleNamespace(
            title=paper.title, number=paper.number, urgency=self._originals.said.get("urgency", "")
        )
        contact = SimpleNamespace(name=slot("unit.contact.name"))
        unit = SimpleNamespace(name=slot("unit.name"), address=slot("unit.address"), contact=contact)
        own = {"copies": slot("slip.copies"), "pages": slot("slip.pages"), "position": slot("slip.position")}
        values: dict[str, object] = {
            "office": self._office,
            "circular": circular,
            "unit": unit,
            "slip": SimpleNamespace(**own, count=len(parcels)),
        }
        slip = self._templates.form("slip", values)
        texts = [self._texts(units.get(one.unit), one, place) for place, one in enumerate(parcels, 1)]
        made = [(data,) for data in self.pdf([slip], texts, numbered=False)]
        envelope = self._office.dispatch.envelope
        if not envelope:
            return list(made)
        window = read_window(self._root, envelope)
        cover = self._templates.form("cover", values)
        addressed = [place for place, one in enumerate(texts) if one["unit.address"]]
        style = _in_window(self._style, window)
        covers = self.pdf([cover], [texts[place] for place in addressed], numbered=False, style=style)
        for place, data in zip(addressed, covers, strict=True):
            if len(Source.of(data).span) > 1:
                message = _("the address of {unit} does not fit into the window of {envelope}; shorten it")
                raise CircularGenError(message.format(unit=parcels[place].name, envelope=envelope))
            made[place] = (data, *made[place])  # type: ignore[assignment]
        return list(made)

    def _texts(self, unit: Unit | None, parcel: "Parcel", place: int) -> dict[str, str]:
        entry = self._originals.entries.get(f"{parcel.unit}/package.pdf") or {}
        contact = unit.contact if unit else None
        return {
            "unit.name": parcel.name,
            "unit.address": unit.address if unit else "",
            "unit.contact.name": contact.name if contact else "",
            "slip.copies": str(parcel.copies),
            "slip.pages": str(entry.get("pages", "　")),
            "slip.position": str(place),
        }

    def pdf(
        self,
        sheets: Sequence[Sheet],
        values: Sequence[Mapping[str, str]],
        *,
        numbered: bool = True,
        style: Style | None = None,
    ) -> list[bytes]:
        """The one sheet of `sheets` for every unit's values, as PDF."""
        typesetter = Typesetter(sheets[0], style or self._style, self._faces)
        papers = [typesetter.pages(one) for one in values]
        shapes: dict[int, Shape] = {}
        if not numbered:
            papers = [_unnumbered(pages, shapes) for pages in papers]
        writer = PdfWriter(self._faces.sources, characters_of(papers), red=self._style.red)
        return [writer.write(pages) for pages in papers]


def _unnumbered(pages: Pages, known: dict[int, Shape]) -> Pages:
    """Pages without their numbers: what goes with papers is not part of them."""
    shape = known.get(id(pages.shape))
    if shape is None:
        kept = tuple(map(_without_number, pages.shape.pages))
        shape = known[id(pages.shape)] = Shape(kept, pages.shape.title, pages.shape.author)
    return Pages(shape, pages.own)


def _without_number(page: PageShape) -> PageShape:
    stay = [not _is_number(part) for part in page.parts]
    return replace(page, parts=tuple(compress(page.parts, stay)), elements=tuple(compress(page.elements, stay)))


def _is_number(part: Part | Hole) -> bool:
    """Whether it is a page's number: of what is no text of the paper, all else is rules."""
    return isinstance(part, Part) and part.role == "artefact" and any(isinstance(i, Glyphs) for i in part.items)


def _in_window(style: Style, window: Window) -> Style:
    """The office's style with the window as its type area."""
    origin = Origin("", "practice")
    cell, line = style.number("grid.cell") * _PT, style.number("grid.line") * _PT
    own = {
        "page.left": Measure(window.x, "mm", origin),
        "page.top": Measure(window.y, "mm", origin),
        "area.width": Measure(window.width, "mm", origin),
        "area.height": Measure(window.height, "mm", origin),
        "grid.cells": Measure(window.width // cell, "count", origin),
        "grid.lines": Measure(window.height // line, "count", origin),
        "form.line": Measure(window.line, "pt", origin),
    }
    form = replace(style.type("form"), size=window.size)
    return replace(style, measures={**style.measures, **own}, types={**style.types, "form": form})
