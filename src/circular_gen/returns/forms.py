"""What we printed: whose code a page carries, and where everything stands on it.

In: the records, the office's codes. Out: for a symbol's text its verified `Code`; for a code the form's pages as the
manifest of the frozen originals has them; for what a checklist answered, the rows that were printed. Originals count
only as the ledger knows them, hash by hash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from circular_gen.disk import sha256_of
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Event, agrees
from circular_gen.records import INPUT, MANIFEST, Records, read_manifest
from circular_gen.returns.words import Row, Rows
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.codes import LENGTH, PREFIX, BadCode, Checkpoint, Code, Codes, circular_tag, unit_tag


@dataclass(frozen=True, slots=True)
class Form:
    """A paper that went out. `pages`: its page maps in order; `original`: the PDF that was printed."""

    circular: str
    unit: str
    kind: str
    revision: int
    pages: tuple[Mapping[str, Any], ...]
    original: Path


@dataclass(frozen=True, slots=True)
class Found:
    """What a page's symbols are worth: a code and its form, or a word why there is none. `symbol`: which of them."""

    code: Code | None = None
    form: Form | None = None
    symbol: int = 0
    text: str = ""
    problem: str = ""


class _Edition:
    """A frozen edition of a circular."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.files: Mapping[str, Any] = manifest["files"]
        self.forms: Mapping[str, Any] = manifest["forms"]
        self.checkpoint = Checkpoint(manifest["checkpoint"]["size"], bytes.fromhex(manifest["checkpoint"]["root"]))


def _edition(records: Records, circular: str, revision: int) -> _Edition | None:
    """The originals; None where they are not here, or are not those of the ledger."""
    folder = records.folder(circular, revision)
    for event in records.ledger.events(circular, kinds=("issued", "revised")):
        payload = event.payload
        sha256 = payload.get("files", {}).get(MANIFEST)
        path = folder / MANIFEST
        if payload.get("revision", 0) == revision and path.is_file() and sha256_of(path) == sha256:
            return _Edition(folder, read_manifest(folder))
    return None


class Printed:
    """What a returned checklist had printed on it; keeps what it read."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._editions: dict[tuple[str, int], tuple[_Edition | None, Mapping[str, str]]] = {}

    def rows(self, event: Event) -> Rows:
        """The rows of the checklist that the event is about, from where their boxes stand and from the frozen draft;
        none where it is about another paper, or the originals are not here."""
        payload = event.payload
        if payload.get("form") != "checklist" or event.circular is None or event.unit is None:
            return {}
        place = (event.circular, payload.get("revision") or 0)
        if place not in self._editions:
            edition = _edition(self._records, *place)
            self._editions[place] = (edition, _texts(edition.folder / INPUT, event.circular) if edition else {})
        edition, texts = self._editions[place]
        key = edition.files.get(f"{event.unit}/checklist.pdf", {}).get("form") if edition else None
        if edition is None or key is None:
            return {}
        downwards = [
            name
            for page in edition.forms[key]["pages"]
            for name, _box in sorted(page["boxes"].items(), key=lambda entry: (entry[1][1], entry[1][0]))
        ]
        tasks = dict.fromkeys(name.rpartition(".")[0] for name in downwards)
        return {task: Row(number, texts.get(task, "")) for number, task in enumerate(tasks, 1)}


def _texts(frozen: Path, circular: str) -> Mapping[str, str]:
    """What each task asks, by its id."""
    try:
        tasks = open_workspace(frozen).circular(circular).tasks
    except (WorkspaceError, CircularGenError, OSError):
        return {}  # frozen files that are not all here
    return {task.id: " ".join(task.text.split()) for task in tasks}


class Forms:
    """Looks up codes and forms; keeps what it read."""

    def __init__(self, records: Records, codes: Codes) -> None:
        self._records = records
        self._codes = codes
        self._editions: dict[tuple[str, int], _Edition | None] = {}
        self._units: dict[str, dict[str, list[str]]] = {}
        self._originals: dict[tuple[str, int, str], Path | None] = {}

    def whose(self, texts: Iterable[str]) -> Found:
        """The one code among the texts of a page's symbols. Foreign symbols do not count; two codes are too many."""
        good: dict[Code, tuple[int, str]] = {}
        bad = ""
        for place, text in enumerate(texts):
            try:
                good.setdefault(self.read(text), (place, text))
            except BadCode as error:
                if error.reason != "foreign":
                    bad = bad or error.reason
        if len(good) > 1:
            return Found(problem="several-codes")
        if not good:
            return Found(problem={"other-office": "other-office", "bad-check": "bad-code"}.get(bad, "no-code"))
        code, (place, text) = next(iter(good.items()))
        problem, form = self._form(code)
        return Found(code, form, place, text, problem)

    def read(self, text: str) -> Code:
        """The code in a text. BadCode."""
        tag, unit = text[10:18], text[18:27]
        if len(text) != LENGTH or not text.startswith(PREFIX):
            return self._codes.read(text, (), {})
        for known in (self._issued, self._drafts):
            near = known.get(tag, ())
            units = {circular: self._known_units(circular).get(unit, ()) for circular in near}
            try:
                return self._codes.read(text, near, units)
            except BadCode as error:
                if error.reason != "bad-check":
                    raise
                last = error
        raise last

    @cached_property
    def _issued(self) -> dict[str, list[str]]:
        with self._records.ledger.reading() as reader:
            return _by_tag(paper.circular for paper in reader.papers() if paper.issued_at)

    @cached_property
    def _drafts(self) -> dict[str, list[str]]:
        """Circulars that are no more than drafts: `build` prints codes for them too."""
        folder = self._records.root / "circulars"
        names = [path.name.removesuffix(".yaml") for path in folder.iterdir()] if folder.is_dir() else []
        issued = {name for near in self._issued.values() for name in near}
        return _by_tag(name for name in sorted(names) if name not in issued)

    @cached_property
    def _registered(self) -> dict[str, list[str]]:
        try:
            registry = open_workspace(self._records.root).registry
        except WorkspaceError:
            return {}
        return _by_tag(registry.by_id, unit_tag)

    def _known_units(self, circular: str) -> dict[str, list[str]]:
        if circular not in self._units:
            standings = self._records.ledger.standings(circular)
            found = _by_tag((standing.unit for standing in standings), unit_tag)
            self._units[circular] = found or self._registered
        return self._units[circular]

    def _form(self, code: Code) -> tuple[str, Form | None]:
        if self._records.ledger.paper(code.circular) is None:
            return "not-issued", None
        edition = self._edition(code.circular, code.revision)
        if edition is None:
            return "no-original", None
        if not agrees(code.checkpoint, edition.checkpoint.root) or code.checkpoint.size != edition.checkpoint.size:
            return "draft", None
        entry = edition.files.get(f"{code.unit}/{code.kind}.pdf")
        key = entry.get("form") if entry else None
        if key is None or not 1 <= code.page <= len(edition.forms[key]["pages"]):
            return "no-form", None
        original = self._original(edition, code, key)
        if original is None:
            return "no-original", None
        pages = tuple(edition.forms[key]["pages"])
        return "", Form(code.circular, code.unit, code.kind, code.revision, pages, original)

    def _edition(self, circular: str, revision: int) -> _Edition | None:
        place = (circular, revision)
        if place not in self._editions:
            self._editions[place] = _edition(self._records, circular, revision)
        return self._editions[place]

    def _original(self, edition: _Edition, code: Code, key: str) -> Path | None:
        """A PDF with this form: equal forms are printed alike, so that the first one serves all."""
        place = (code.circular, code.revision, key)
        if place not in self._originals:
            name = f"{code.unit}/{code.kind}.pdf"
            path = edition.folder / name
            whole = path.is_file() and sha256_of(path) == edition.files[name]["sha256"]
            if not whole:
                return None
            self._originals[place] = path
        return self._originals[place]


def _by_tag(names: Iterable[str], tag: Any = circular_tag) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(tag(name), []).append(name)
    return found


def wanted(found: Found) -> Mapping[str, Any] | None:
    """What a worker needs to read a page, None where there is nothing to read."""
    if found.form is None or found.code is None:
        return None
    number = found.code.page - 1
    page = found.form.pages[number]
    return {**page, "original": str(found.form.original), "number": number, "symbol": found.symbol}
