"""The press: one circular, compiled once, stamped for every unit, as bytes.

In: a workspace, a circular and the office's receipt codes. Out: for each unit its circular, checklist, receipt and
package as PDF and DOCX, with the form maps of the pages that come back. Nothing is written here: `build` puts the bytes
into out/, `issue` into records/.

Compile: each distinct paper (a sheet with slots) gets one `Typesetter` and one `DocxMould`; one font subset a face
serves the whole run. Stamp: only what a unit alone has is made for it.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from circular_gen.annexes.reading import contents
from circular_gen.annexes.seals import office_seals, seal_files
from circular_gen.disk import sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.output.docx import DocxMould
from circular_gen.output.pdf import PdfBundle, PdfWriter
from circular_gen.output.word_papers import SIGNING_SHEET, WordPapers, joined, page_count
from circular_gen.resources import PACKAGE, TEMPLATES
from circular_gen.sheet.blocks import Face, Sheet
from circular_gen.sheet.completing import Completion
from circular_gen.sheet.rendering import Templates, unit_values
from circular_gen.typefaces import font_files, office_faces
from circular_gen.typeset.fonts import Faces
from circular_gen.typeset.page import Glyphs, Pages, PageShape, Part, Place, Shape
from circular_gen.typeset.pages import Typesetter, concatenate
from circular_gen.typeset.style import Style, load_style
from circular_gen.workspace import Circular, Copy, Office, Workspace, plan_copies
from circular_gen.workspace.circular import Task
from circular_gen.workspace.codes import Checkpoint, Code, Codes
from circular_gen.workspace.secret import office_codes

T = TypeVar("T")

FORMATS = ("pdf", "docx")
_COUNTED = "0123456789ABCDEFGHJKMNPQRSTVWXYZ- "
"""What page numbers and receipt codes are made of."""
_NUMBERED: tuple[Face, ...] = ("fangsong", "song")
"""Faces that they stand in."""
_COMPILED = 512
"""Compiled papers kept at a time."""
SIGNED = 1000
"""Units up to which there is a signing sheet: fifty pages that people sign one after the other."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file: `path` relative to out/NAME with forward slashes; `pages` and `form` only for PDFs; `form` is the key
    of its form map where the paper comes back. `parts`: its bytes, one part after the other; all but the last are one
    and the same object in many units' files."""

    path: str
    parts: tuple[bytes, ...]
    pages: int | None = None
    form: str | None = None

    @property
    def data(self) -> bytes:
        return b"".join(self.parts)


class Digests:
    """SHA-256 of files that share their beginnings: what is shared is hashed once."""

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[int, ...], tuple[tuple[bytes, ...], Any]] = OrderedDict()

    def of(self, parts: tuple[bytes, ...]) -> bytes:
        """The digest of all `parts`, of which all but the last are shared."""
        shared = parts[:-1]
        key = tuple(map(id, shared))
        begun = self._begun.get(key)
        if begun is None:
            state = hashlib.sha256()
            for part in shared:
                state.update(part)
            begun = self._begun[key] = (shared, state)  # `shared` is kept, so that the ids stay theirs
            if len(self._begun) > _COMPILED:
                self._begun.popitem(last=False)
        state = begun[1].copy()
        state.update(parts[-1])
        digest: bytes = state.digest()
        return digest


@dataclass(frozen=True, slots=True)
class Edition:
    """What issuing adds to a draft: its number, its revision and the ledger's head when it was issued."""

    number: str | None = None
    revision: int = 0
    checkpoint: Checkpoint = field(default_factory=Checkpoint)


class UnitValues(dict[str, str]):
    """A unit's slot values; the codes of a page (`code:KIND:PAGE`, `readable:KIND:PAGE`) are made when asked for."""

    def __init__(self, values: Mapping[str, str], codes: Codes, circular: str, edition: Edition) -> None:
        super().__init__(values)
        self._codes, self._circular, self._edition = codes, circular, edition

    def __missing__(self, name: str) -> str:
        what, separator, rest = name.partition(":")
        kind, _colon, page = rest.partition(":")
        if not separator or what not in ("code", "readable"):
            raise KeyError(name)
        if what == "readable":
            value = self._codes.readable(self[f"code:{rest}"])
        else:
            edition = self._edition
            code = Code(kind, self._circular, self["unit.id"], int(page), edition.revision, edition.checkpoint)
            value = self._codes.payload(code)
        self[name] = value
        return value


class Press:
    """Makes every file of one circular. Keep it for the whole run: all that is constant is made on first use."""

    def __init__(
        self,
        workspace: Workspace,
        circular: Circular,
        codes: Codes,
        edition: Edition | None = None,
        *,
        copies: tuple[Copy, ...] | None = None,
        characters: Mapping[Face, str] | None = None,
    ) -> None:
        """`copies`: of the circular, those that are to be made now (default: all). `characters`: of all units' papers
        (see the property), needed where `copies` are only some."""
        edition = edition or Edition()
        copies = copies if copies is not None else plan_copies(circular, workspace.registry)
        root, office = workspace.root, workspace.office
        self.office: Office = office
        self.circular = circular.model_copy(update={"number": edition.number}) if edition.number else circular
        self.copies: tuple[Copy, ...] = copies
        self._codes, self._edition = codes, edition
        self._given_characters = characters
        self._style = office_style(root, self.office)
        completion = Completion(contents(circular), _table_cells(self._style), office_seals(root, office))
        self._templates = Templates(template_texts(root), completion)
        self._word_templates = _word_templates(root)
        self._word = WordPapers(self._word_templates, self.office, self.circular, self.copies)
        self._tasks: dict[tuple[str, ...], tuple[Task, ...]] = {copy_key(copy): copy.tasks for copy in copies}
        self._faces = office_faces(root, self.office)
        self._typesetters: dict[int, tuple[Sheet, Typesetter]] = {}
        self._moulds: dict[int, tuple[Sheet, DocxMould]] = {}
        self._forms: dict[Shape, str | None] = {}
        self.forms: dict[str, object] = {}
        """Form key → form map, of all forms made so far."""

    def take(self, copies: tuple[Copy, ...]) -> None:
        """Go on with these copies of the same circular. Those with the same tasks share them, as `plan_copies` gives
        them: other processes send them apart."""
        shared = [self._tasks.setdefault(copy_key(copy), copy.tasks) for copy in copies]
        self.copies = tuple(
            [
                copy if copy.tasks is tasks else replace(copy, tasks=tasks)
                for copy, tasks in zip(copies, shared, strict=True)
            ]
        )
        self._word = WordPapers(self._word_templates, self.office, self.circular, self.copies)

    def common_files(self, formats: tuple[str, ...] = FORMATS) -> Iterator[Made]:
        """What is not a single unit's: the circular itself, where one serves all, and the signing sheet of as many
        units as one sheet can hold."""
        if self.circular.address != "each":
            yield from self._word_files("circular", None, formats, "")
            if "circular" not in self._word:
                sheet = self._sheet("circular", None)
                if "pdf" in formats:
                    yield self._pdf("circular.pdf", self._typesetter(sheet).pages({}))
                if "docx" in formats:
                    yield Made("circular.docx", self._mould(sheet).parts({}))
        if 0 < len(self.copies) <= SIGNED:
            yield from self._word_files(SIGNING_SHEET, None, formats, "")

    def unit_files(self, copy: Copy, formats: tuple[str, ...] = FORMATS) -> Iterator[Made]:
        """A unit's own files, each path beginning with the unit's id."""
        values = self.values(copy)
        folder = f"{copy.unit.id}/"
        papers: list[Pages | bytes | None] = []
        for kind in self._kinds(copy):
            own = kind != "circular" or self.circular.address == "each"
            if kind in self._word:
                if own:
                    yield from self._word_files(kind, copy, formats, folder)
                papers.append(self._word.pdf(kind, copy if own else None) if "pdf" in formats else None)
                continue
            sheet = self._sheet(kind, copy)
            if "pdf" in formats:
                papers.append(pages := self._typesetter(sheet).pages(values))
                if own:
                    yield self._pdf(f"{folder}{kind}.pdf", pages)
            if own and "docx" in formats:
                yield Made(f"{folder}{kind}.docx", self._mould(sheet).parts(values))
        if "pdf" in formats and (package := self._package(papers)) is not None:
            if isinstance(package, Pages):
                yield self._pdf(f"{folder}package.pdf", package)
            else:
                yield Made(f"{folder}package.pdf", (package,), page_count(package))

    def _word_files(self, kind: str, copy: Copy | None, formats: tuple[str, ...], folder: str) -> Iterator[Made]:
        """The files of a paper that comes from a Word template; none of any other."""
        if kind not in self._word:
            return
        if "pdf" in formats and (pdf := self._word.pdf(kind, copy)) is not None:
            yield Made(f"{folder}{kind}.pdf", (pdf,), page_count(pdf))
        if "docx" in formats:
            yield Made(f"{folder}{kind}.docx", (self._word.docx(kind, copy),))

    def _package(self, papers: Sequence[Pages | bytes | None]) -> Pages | bytes | None:
        """Papers in one, each beginning on a front; None where one has no PDF."""
        pages = [paper for paper in papers if isinstance(paper, Pages)]
        if len(pages) == len(papers):
            return concatenate(tuple(pages))
        files = [self.writer.write(paper) if isinstance(paper, Pages) else paper for paper in papers]
        if any(file is None for file in files):
            return None
        return joined([file for file in files if file is not None], self.circular.title.replace("\n", ""))

    def package(self, copy: Copy) -> Pages:
        """The unit's circular, checklist and receipt as pages, each beginning on a front. Only for circulars none of
        whose papers is a Word template."""
        values = self.values(copy)
        return concatenate(tuple(self._typesetter(sheet).pages(values) for _kind, sheet in self.sheets(copy)))

    def paper_pdf(self, kind: str, copy: Copy) -> bytes:
        """One of the unit's papers as PDF."""
        return self.writer.write(self._typesetter(self._sheet(kind, copy)).pages(self.values(copy)))

    def paper_docx(self, kind: str, copy: Copy) -> bytes:
        """One of the unit's papers as DOCX."""
        return self._mould(self._sheet(kind, copy)).copy(self.values(copy))

    def sheets(self, copy: Copy) -> tuple[tuple[str, Sheet], ...]:
        """The papers that the unit gets and that are typeset here: (kind, sheet)."""
        return tuple([(kind, self._sheet(kind, copy)) for kind in self._kinds(copy) if kind not in self._word])

    @staticmethod
    def _kinds(copy: Copy) -> list[str]:
        return ["circular"] + ["checklist"] * bool(copy.tasks) + ["receipt"] * copy.receipt

    @property
    def notices(self) -> tuple[str, ...]:
        """What a clerk should know: papers that stay DOCX."""
        kinds = [kind for kind in ("circular", "checklist", "receipt", SIGNING_SHEET) if kind in self._word]
        if not kinds or self._word.soffice is not None:
            return ()
        message = _("{files} is a Word file only: without LibreOffice on this computer there is no PDF of it")
        return (message.format(files=", ".join(f"{kind}.docx" for kind in kinds)),)

    def values(self, copy: Copy) -> UnitValues:
        return UnitValues(unit_values(copy.unit), self._codes, self.circular.name, self._edition)

    def print_into(self, file: BinaryIO) -> int:
        """Write every unit's package, in list order, as one PDF into `file`; the number of its pages. 0, and nothing
        written, where papers are Word templates and LibreOffice is not here."""
        kinds = {kind for copy in self.copies for kind in self._kinds(copy)}
        if any(kind in self._word for kind in kinds):
            packages = [made for copy in self.copies for made in self.unit_files(copy, ("pdf",)) if _is_package(made)]
            if len(packages) < len(self.copies):
                return 0
            whole = joined([package.data for package in packages])
            file.write(whole)
            return page_count(whole)
        bundle = PdfBundle(self.writer, file)
        for copy in self.copies:
            bundle.add(self.package(copy))
        bundle.close()
        return bundle.pages

    @cached_property
    def writer(self) -> PdfWriter:
        """The PDF writer of the whole run. Its font subsets hold the characters of every unit's papers, so that a file
        is the same whichever units are made."""
        return PdfWriter(self._faces.sources, self.characters, red=self._style.red)

    @cached_property
    def characters(self) -> Mapping[Face, str]:
        """Every character that any unit's papers can show, by the face that has it: those of each paper as it is set
        for one unit, and the characters of all units' values in each face that values stand in."""
        if self._given_characters is not None:
            return self._given_characters
        values = set(_COUNTED)
        papers: dict[int, tuple[Sheet, Copy]] = {}
        for copy in self.copies:
            values.update(*unit_values(copy.unit).values())
            for _kind, sheet in self.sheets(copy):
                papers.setdefault(id(sheet), (sheet, copy))
        found: dict[Face, set[str]] = {}
        own: set[Face] = set(_NUMBERED)
        for sheet, copy in papers.values():
            pages = self._typesetter(sheet).pages(self.values(copy))
            constant = (part for page in pages.shape.pages for part in page.parts if isinstance(part, Part))
            for run in _glyphs(constant):
                found.setdefault(run.face, set()).update(run.text)
            for run in _glyphs(pages.own):
                found.setdefault(run.face, set()).update(run.text)
                own.add(run.face)
        for face in own:
            for character in values:
                found.setdefault(self._faces.glyph(character, face)[0], set()).add(character)
        return {face: "".join(sorted(characters)) for face, characters in sorted(found.items())}

    def _sheet(self, kind: str, copy: Copy | None) -> Sheet:
        return self._templates.paper(kind, self.office, self.circular, copy)

    def _typesetter(self, sheet: Sheet) -> Typesetter:
        return _kept(self._typesetters, sheet, lambda: Typesetter(sheet, self._style, self._faces))

    def _mould(self, sheet: Sheet) -> DocxMould:
        return _kept(self._moulds, sheet, lambda: DocxMould(sheet, self._style, self.office.word_fonts.given))

    def _pdf(self, path: str, pages: Pages) -> Made:
        return Made(path, self.writer.parts(pages), len(pages.shape.pages), self._form(pages.shape))

    def _form(self, shape: Shape) -> str | None:
        if shape not in self._forms:
            form = form_map(shape)
            key = None
            if form is not None:
                canonical = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                key = hashlib.sha256(canonical.encode()).hexdigest()[:12]
                self.forms[key] = form
            if len(self._forms) >= _COMPILED:
                del self._forms[next(iter(self._forms))]
            self._forms[shape] = key
        return self._forms[shape]


class FormPress:
    """Presses papers that are no circular's: catalogues, reports, registers. `root`: the workspace, whose own templates
    and fonts win; None: the packaged ones."""

    def __init__(self, root: Path | None, office: Office) -> None:
        root = root or TEMPLATES.parent
        self._office = office
        self._templates = Templates(template_texts(root))
        self._style, self._faces = office_style(root, office), office_faces(root, office)

    @property
    def faces(self) -> Faces:
        return self._faces

    def sheet(self, kind: str, **values: object) -> Sheet:
        """The sheet of the template `kind`. TemplateError."""
        return self._templates.form(kind, {"office": self._office, **values})

    def pdf(self, *sheets: Sheet) -> bytes:
        """Sheets as one PDF/A, each beginning on a front. MissingGlyph."""
        papers = tuple(Typesetter(sheet, self._style, self._faces).pages() for sheet in sheets)
        # one paper is not put through `concatenate`, which keeps what it joined: a year has thousands of such papers
        return self.pages_pdf(papers[0] if len(papers) == 1 else concatenate(papers))

    def pages_pdf(self, pages: Pages) -> bytes:
        """Pages as a PDF/A."""
        parts = [part for number in range(len(pages.shape.pages)) for part in pages.parts(number)]
        characters: dict[Face, set[str]] = {}
        for run in _glyphs(parts):
            characters.setdefault(run.face, set()).update(run.text)
        ordered = {face: "".join(sorted(found)) for face, found in sorted(characters.items())}
        return PdfWriter(self._faces.sources, ordered, red=self._style.red).write(pages)

    def docx(self, sheet: Sheet) -> bytes:
        """A sheet as DOCX."""
        return DocxMould(sheet, self._style, self._office.word_fonts.given).copy({})


def copy_key(copy: Copy) -> tuple[str, ...]:
    """Equal for copies of a circular with the same tasks."""
    return tuple([task.id for task in copy.tasks])


def _is_package(made: Made) -> bool:
    return made.path.endswith("/package.pdf")


def characters_of(papers: Iterable[Pages]) -> dict[Face, str]:
    """Every character that these papers show, by the face that has it."""
    found: dict[Face, set[str]] = {}
    for pages in papers:
        constant = (part for page in pages.shape.pages for part in page.parts if isinstance(part, Part))
        for run in (*_glyphs(constant), *_glyphs(pages.own)):
            found.setdefault(run.face, set()).update(run.text)
    return {face: "".join(sorted(characters)) for face, characters in sorted(found.items())}


def _glyphs(parts: Iterable[Part]) -> Iterator[Glyphs]:
    return (item for part in parts for item in part.items if isinstance(item, Glyphs))


def _kept(compiled: dict[int, tuple[Sheet, T]], sheet: Sheet, compile_: Callable[[], T]) -> T:
    """The compiled form of `sheet`, by the sheet's identity (hashing a whole paper would cost more than stamping it).
    Bounded: papers that a template makes anew for every unit must not pile up."""
    if id(sheet) not in compiled:
        if len(compiled) >= _COMPILED:
            del compiled[next(iter(compiled))]
        compiled[id(sheet)] = (sheet, compile_())
    return compiled[id(sheet)][1]


def form_map(shape: Shape) -> dict[str, object] | None:
    """Where everything to read stands on the pages of a form, in mm from each page's upper left corner (x, y, width,
    height); None for a paper that does not come back."""
    pages = [_page_map(page) for page in shape.pages]
    return {"pages": pages} if any(page.places for page in shape.pages) else None


def _page_map(page: PageShape) -> dict[str, object]:
    def named(kind: str) -> dict[str, list[float]]:
        return {place.name: _rectangle(place) for place in page.places if place.kind == kind}

    qr = list(named("qr").values())
    return {
        "marks": list(named("mark").values()),
        "qr": qr[0] if qr else None,
        "boxes": named("box"),
        "fields": named("field"),
        "signature": named("signature"),
        "seal": named("seal"),
    }


def _rectangle(place: Place) -> list[float]:
    return [round(value, 2) for value in (place.x, place.y, place.width, place.height)]


def template_files(root: Path) -> dict[str, Path]:
    """Every template and measure file that counts: name → file, sorted; the workspace's own wins."""
    folders = (TEMPLATES, root / "templates")
    found = {path.name: path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()}
    return {name: found[name] for name in sorted(found) if name.endswith((".xml.j2", ".docx", ".yaml"))}


def template_texts(root: Path) -> dict[str, str]:
    """The sheet templates that count: name → text."""
    return {name: read_text(path) for name, path in template_files(root).items() if name.endswith(".j2")}


def _word_templates(root: Path) -> dict[str, bytes]:
    """Kind of paper → its Word template, which goes before a sheet template of the same name."""
    return {
        name.removesuffix(".docx"): path.read_bytes()
        for name, path in template_files(root).items()
        if name.endswith(".docx")
    }


def office_style(root: Path, office: Office) -> Style:
    """The measures of gbt9704.yaml (the workspace's own, if any) in the variants that office.yaml asks for."""
    path = template_files(root)["gbt9704.yaml"]
    return load_style(read_text(path), cell=office.layout.cell, margins=office.layout.margins, path=str(path))


def _table_cells(style: Style) -> float:
    """Hanzi of a table's type that stand side by side on an upright page."""
    return style.number("area.width") / (style.type("table").size * 25.4 / 72)


def inputs(workspace: Workspace, circular: Circular) -> dict[str, str]:
    """What the circular is made from: path → SHA-256. Files of the workspace by their relative path, those that come
    with the program as `program:NAME`, and the office's key only by the tag that its codes show."""
    root = workspace.root
    files = [root / "office.yaml", root / "recipients.yaml", circular.path]
    if circular.path.name == "circular.yaml":
        files += sorted(path for path in circular.folder.rglob("*") if path.is_file() and path != circular.path)
    else:
        files += [circular.folder / annex.file.replace("\\", "/") for annex in circular.annexes if annex.file]
    files += template_files(root).values()
    files += [file.path for file in font_files(root, workspace.office).values()]
    files += [root / name for name in seal_files(workspace.office).values()]
    names = {
        path.relative_to(root).as_posix() if path.is_relative_to(root) else f"program:{path.name}": path
        for path in files
    }
    digests = {name: sha256_of(path) for name, path in names.items()}
    return digests | dict(workspace.listed) | {"program:code": code_digest(), "office key": office_codes(root).office}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """SHA-256 over the program's own modules: another program makes other papers, whatever its version says."""
    whole = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        whole.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


def read_text(path: Path) -> str:
    """A template's text; CircularGenError where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = _("{path}: the file is not UTF-8; save it as UTF-8")
        raise CircularGenError(message.format(path=path)) from error
