"""The main job: a workspace's circulars into out/.

    plan → sheet → typeset → output, for every circular, incrementally and on several cores or computers

Each circular has its folder out/NAME with a manifest.json that says what was made from which inputs. Its rules:

- A circular whose inputs are the manifest's, and whose files are all there, is skipped.
- Files are written aside and renamed, and only where their bytes differ. While files change there is no manifest.json
  (it waits as manifest.previous.json), so a run that is interrupted anywhere is followed by a full one.
- Files that the last manifest names and this one does not are removed; other files in out/ are left alone.
- Work is cut into tasks that share nothing and may be done twice: runs of units, print.pdf, the circular itself.

A task carries the units that it makes, so that no other process reads recipients.yaml, and nothing grows with their
number but the list itself. Packed, the units' files come back to this process, which appends them to units.pack in the
list's order; else each process writes its own.
"""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from filelock import FileLock, Timeout

from circular_gen import __version__
from circular_gen.disk import disk_errors, sha256_of
from circular_gen.errors import CircularGenError, UsageError
from circular_gen.executors import Hands, here, in_order, processes
from circular_gen.messages import _
from circular_gen.outputs import Folder, Outputs, outputs
from circular_gen.pack import Chunk, PackedFile, PackWriter, chunk_of
from circular_gen.press import FORMATS, SIGNED, Digests, Made, Press, code_digest, inputs
from circular_gen.sheet.blocks import Face
from circular_gen.typeset.fonts import MissingGlyph
from circular_gen.workspace import (
    Circular,
    Copy,
    Office,
    Registry,
    Workspace,
    WorkspaceError,
    open_workspace,
    plan_copies,
)
from circular_gen.workspace.findings import nearest
from circular_gen.workspace.secret import office_codes

MANIFEST, PREVIOUS, PACK = "manifest.json", "manifest.previous.json", "units.pack"
CHUNK = 250
"""Units a task: enough to repay compiling the papers in another process."""
SHARDED = 1000
"""Units of a circular beyond which their folders stand in folders of their own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a manifest. `path` relative to out/NAME."""

    path: str
    sha256: str
    bytes: int
    pages: int | None = None
    form: str | None = None
    changed: bool = False
    """Whether this run wrote it; not in the manifest."""

    def record(self) -> dict[str, object]:
        record: dict[str, object] = {"sha256": self.sha256, "bytes": self.bytes}
        if self.pages is not None:
            record["pages"] = self.pages
        if self.form is not None:
            record["form"] = self.form
        return record


@dataclass(frozen=True, slots=True)
class Run:
    """What all tasks of one circular share. `key`: equal where all of it is; `characters`: of all its papers, None
    where every task has all copies; `sharded`: where the units' folders stand (see `unit_path`)."""

    key: str
    root: Path
    out: Outputs
    office: Office
    circular: Circular
    characters: Mapping[Face, str] | None
    formats: tuple[str, ...]
    sharded: bool
    code: str
    """Digest of the program: who does the tasks must have the same one."""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of one circular that any process can make: `what` is common (what is no single unit's), print, or the
    units `copies[start:stop]` as files or packed."""

    run: Run
    what: Literal["common", "print", "units", "packed"]
    copies: tuple[Copy, ...]
    start: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What a task made. `chunk`: of the pack."""

    entries: tuple[Entry, ...]
    forms: dict[str, object]
    notices: tuple[str, ...] = ()
    chunk: Chunk | None = None


@dataclass(frozen=True, slots=True)
class CircularReport:
    """What became of one circular: files made, left as they were, removed; or why not."""

    name: str
    made: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: bool = False
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    circulars: tuple[CircularReport, ...]
    seconds: float

    @property
    def failed(self) -> bool:
        return any(report.problems for report in self.circulars)


def build(
    root: Path,
    names: Iterable[str] = (),
    *,
    unit: str | None = None,
    formats: tuple[str, ...] = FORMATS,
    jobs: int | None = None,
    force: bool = False,
    pack: bool = False,
    hands: Hands | None = None,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BuildReport:
    """Make `names` (default: all circulars) of the workspace at `root`. One bad circular does not stop the others: its
    problems are in the report. `unit` alone, if given. `pack`: the units' files into one units.pack, and no
    print.pdf. `hands`: who does it (default: `jobs` processes). `out`: another folder, or a URL that fsspec
    knows, in place of out/. `progress` is told how many of all tasks are done.

    Raises WorkspaceError for a bad office.yaml or recipients.yaml, UsageError for an unknown circular or unit."""
    started = time.monotonic()
    workspace = open_workspace(root)
    names = tuple(names)
    for name in names:
        workspace.path(name)  # UsageError for a circular that is not there
    wanted = tuple(dict.fromkeys(names)) or workspace.names()
    if unit is not None:
        unit = _unit_id(workspace, unit)
        if pack:
            raise UsageError(_("a pack holds all units; leave out --unit, and take one out with unpack"))
    place = outputs(root / "out" if out is None else out)
    guarded = place.root if isinstance(place, Folder) else root / "out"
    lock = FileLock(guarded / ".lock", timeout=0)
    try:
        with disk_errors():
            guarded.mkdir(parents=True, exist_ok=True)
            lock.acquire()
    except Timeout:
        message = _("another build is at work in {out}; wait for it to end")
        raise CircularGenError(message.format(out=guarded)) from None
    try:
        order = _Order(unit, formats, force, pack)
        hands = hands or processes(jobs, threads=not isinstance(place, Folder))
        reports = _build_all(workspace, place, wanted, order, hands, progress)
        if not names and unit is None:
            owner = None if out is None else office_codes(root).office
            with disk_errors():
                reports += _clear_removed(place, set(workspace.names()), owner)
    finally:
        lock.release()
    return BuildReport(tuple(reports), time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for: see `build`."""

    unit: str | None
    formats: tuple[str, ...]
    force: bool
    pack: bool


def _unit_id(workspace: Workspace, word: str) -> str:
    """The id of the unit called `word` (id, name or short name)."""
    unit = workspace.registry.find(word)
    if unit is None:
        near = nearest(word, [*workspace.registry.by_id, *workspace.registry.names])
        message = _("there is no unit {unit} in recipients.yaml; the nearest are {nearest}")
        raise UsageError(message.format(unit=word, nearest="、".join(near)))
    return unit.id


def _build_all(
    workspace: Workspace,
    place: Outputs,
    names: tuple[str, ...],
    order: _Order,
    hands: Hands,
    progress: Callable[[int, int], None],
) -> list[CircularReport]:
    reports: dict[str, CircularReport] = {}
    plans: dict[str, _Plan] = {}
    for name in names:
        try:
            plans[name] = _Plan.of(workspace, place, name, order)
        except WorkspaceError as error:
            reports[name] = CircularReport(name, problems=tuple(map(str, error.findings)))
        except MissingGlyph as error:
            reports[name] = CircularReport(name, problems=(_with_place(error, workspace, name),))
        except CircularGenError as error:
            reports[name] = CircularReport(name, problems=(f"{name}: {error}",))
    for name, plan in list(plans.items()):
        if not plan.tasks:
            reports[name] = CircularReport(name, unchanged=len(plan.standing), skipped=True)
            del plans[name]
            continue
        try:
            with disk_errors():
                plan.begin()
        except CircularGenError as error:
            reports[name] = CircularReport(name, problems=(f"{name}: {error}",))
            del plans[name]
    tasks = [task for plan in plans.values() for task in plan.tasks]
    made = {name: _Making(plan) for name, plan in plans.items()}
    try:
        for number, (task, result) in enumerate(in_order(hands if len(tasks) > 1 else here(), _perform, tasks), 1):
            with disk_errors():
                made[task.run.circular.name].take(result)
            progress(number, len(tasks))
        for name, making in made.items():
            if making.problems:
                reports[name] = CircularReport(name, problems=tuple(dict.fromkeys(making.problems)))
                continue
            try:
                with disk_errors():
                    reports[name] = making.finish()
            except CircularGenError as error:
                reports[name] = CircularReport(name, problems=(f"{name}: {error}",))
    finally:
        for making in made.values():
            making.give_up()
    return [reports[name] for name in names]


_alone = Lock()


def _perform(task: Task) -> Done | str:
    """Do a task, in whatever process; an expected error comes back as its line. One at a time: a press is for one
    thread, and a cluster's worker may have several."""
    with _alone:
        return _done(task)


def _done(task: Task) -> Done | str:
    run = task.run
    name = run.circular.name
    if run.code != code_digest():
        return f"{name}: " + _("a worker has another circular-gen; install the same one everywhere and start it anew")
    try:
        with disk_errors():
            return _made(task)
    except MissingGlyph as error:
        return _with_place(error, open_workspace(run.root), name)
    except WorkspaceError as error:
        return str(error)
    except CircularGenError as error:
        return f"{name}: {error}"


def _made(task: Task) -> Done:
    """What `task` makes, as files in their places."""
    run = task.run
    press, digests = _pressed(run, task.copies)
    place = run.out.below(run.circular.name)
    notices = press.notices if "pdf" in run.formats else ()
    if task.what == "print":
        return Done(_write_print(place, press), {})
    if task.what == "common":
        entries = [_write(place, made, made.path, digests) for made in press.common_files(run.formats)]
        return Done(tuple(entries), _forms(press, entries), notices)
    copies = press.copies[task.start : task.stop]
    if task.what == "packed":
        chunk = chunk_of(((copy.unit.id, press.unit_files(copy, run.formats)) for copy in copies), digests)
        return Done((), _forms(press, chunk.files), notices, chunk)
    entries = [
        _write(place, made, unit_path(made.path, run.sharded), digests)
        for copy in copies
        for made in press.unit_files(copy, run.formats)
    ]
    return Done(tuple(entries), _forms(press, entries), notices)


def _forms(press: Press, files: Iterable[Entry | PackedFile]) -> dict[str, object]:
    return {file.form: press.forms[file.form] for file in files if file.form is not None}


def unit_path(path: str, sharded: bool) -> str:
    """Where the file UNIT/NAME stands: with few units there, with many in one of 256 folders: AB/UNIT/NAME, AB the
    first two hexadecimal digits of the SHA-256 of UNIT. Folders of 100,000 are slow, and some programs refuse them."""
    return f"{hashlib.sha256(path.split('/')[0].encode()).hexdigest()[:2]}/{path}" if sharded else path


def _with_place(error: MissingGlyph, workspace: Workspace, name: str) -> str:
    """The error's line with the place in the office's files where the character stands."""
    listed = [workspace.root / file for file in workspace.listed if file.lower().endswith(".csv")]
    for path in (workspace.path(name), workspace.root / "recipients.yaml", *listed, workspace.root / "office.yaml"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if error.character in line:
                place = path.relative_to(workspace.root).as_posix()
                return f"{place}:{number}:{line.index(error.character) + 1}: {error}"
    return f"{name}: {error}"


_presses: OrderedDict[str, tuple[Press, Digests]] = OrderedDict()
"""The compiled circulars of the last runs, kept in this process for the tasks to come."""
_KEPT = 4


def _pressed(run: Run, copies: tuple[Copy, ...]) -> tuple[Press, Digests]:
    """The run's press, ready to make `copies`."""
    found = _presses.get(run.key)
    if found is None:
        # Whoever does a task reads no recipients: the copies are all that it needs of them.
        workspace = Workspace(run.root, run.office, Registry.model_construct(units=(), groups={}))
        codes = office_codes(run.root)
        press = Press(workspace, run.circular, codes, copies=copies, characters=run.characters)
        found = _keep(run.key, press)
    if run.characters is not None:
        found[0].take(copies)
    return found


def _keep(key: str, press: Press) -> tuple[Press, Digests]:
    _presses[key] = kept = (press, Digests())
    if len(_presses) > _KEPT:
        _presses.popitem(last=False)
    return kept


def _write(place: Outputs, made: Made, path: str, digests: Digests) -> Entry:
    """Write a file, unless it already has these bytes."""
    data = made.data
    changed = place.write(path, data)
    return Entry(path, digests.of(made.parts).hex(), len(data), made.pages, made.form, changed)


def _write_print(place: Outputs, press: Press) -> tuple[Entry, ...]:
    """print.pdf: every unit's package in list order, streamed; nothing where a package has no PDF."""
    aside = place.aside("print.pdf")
    with aside.open("wb") as file:
        pages = press.print_into(file)
    if not pages:
        aside.unlink()
        return ()
    sha256, size = sha256_of(aside), aside.stat().st_size
    return (Entry("print.pdf", sha256, size, pages, None, place.adopt("print.pdf", aside)),)


@dataclass(frozen=True)
class _Plan:
    """What is to be done for one circular, and what its manifest said before. No tasks: it is up to date."""

    place: Outputs
    circular: Circular
    order: _Order
    inputs: dict[str, str]
    tasks: tuple[Task, ...]
    standing: dict[str, dict[str, object]]
    standing_forms: dict[str, object]
    """Files and forms of the last manifest that stay true, since its inputs are today's."""
    earlier: frozenset[str]
    """Every file that an earlier manifest names."""
    partial: bool
    """Only one unit is made while the others' files come from other inputs: the next full run must not skip."""

    @classmethod
    def of(cls, workspace: Workspace, out: Outputs, name: str, order: _Order) -> "_Plan":
        circular = workspace.circular(name)
        place = out.below(name)
        manifest, previous = _read_manifest(place, MANIFEST), _read_manifest(place, PREVIOUS)
        made_from = inputs(workspace, circular)
        current = manifest.get("inputs") == made_from and manifest.get("program") == __version__
        files, packed = manifest.get("files", {}), manifest.get("packed")
        # Files stay true as long as they are made in the same manner; one packed and once more as folders is too much.
        current = current and (packed is not None) == order.pack
        up_to_date = current and not order.force and _complete(place, files, packed, order.formats)
        return cls(
            place=place,
            circular=circular,
            order=order,
            inputs=made_from,
            tasks=() if up_to_date else _tasks(workspace, out, circular, order, made_from),
            standing=dict(files) if current else {},
            standing_forms=dict(manifest.get("forms", {})) if current else {},
            earlier=frozenset(files) | frozenset(previous.get("files", {})),
            partial=order.unit is not None and not current,
        )

    def begin(self) -> None:
        """Put the manifest aside: from here until `finish` the folder is in the making."""
        manifest, previous = self.place.read(MANIFEST), self.place.read(PREVIOUS)
        if manifest is not None:
            if previous is None or self.earlier == frozenset(_read_manifest(self.place, MANIFEST).get("files", {})):
                self.place.write(PREVIOUS, manifest)
            else:  # an interrupted run left files that only `previous` names: keep them known
                self.place.write(PREVIOUS, _json({"files": dict.fromkeys(sorted(self.earlier))}))
            self.place.remove(MANIFEST)


class _Making:
    """A circular in the making: takes what its tasks made, in their order, and ends with the manifest."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self.problems: list[str] = []
        self._entries: list[Entry] = []
        self._forms: dict[str, object] = dict(plan.standing_forms)
        self._notices: dict[str, None] = {}
        self._pack: PackWriter | None = None
        self._aside = Path()

    def take(self, result: Done | str) -> None:
        if isinstance(result, str):
            self.problems.append(result)
            return
        self._entries += result.entries
        self._forms |= result.forms
        self._notices |= dict.fromkeys(result.notices)
        if result.chunk is not None and not self.problems:
            if self._pack is None:
                self._aside = self._plan.place.aside(PACK)
                self._pack = PackWriter(self._aside, self._plan.circular.name)
            self._pack.add(result.chunk)

    def give_up(self) -> None:
        """Leave no piece of a pack behind."""
        if self._pack is not None:
            self._pack.give_up()
            self._pack = None

    def finish(self) -> CircularReport:
        """Remove what no longer belongs and write the manifest, last of all."""
        plan, place = self._plan, self._plan.place
        packed = self._finish_pack()
        files = plan.standing | {entry.path: entry.record() for entry in self._entries}
        left = plan.earlier - files.keys()
        removed = 0 if plan.partial else sum(place.remove(path) for path in sorted(left))
        kept = sorted(left) if plan.partial else []
        used = {record["form"] for record in files.values() if "form" in record}
        manifest: dict[str, object] = {
            "circular": plan.circular.name,
            "number": plan.circular.number or None,
            "program": __version__,
            "inputs": {} if plan.partial else plan.inputs,
            "files": {path: files[path] for path in sorted(files)},
            "forms": {key: self._forms[key] for key in sorted(self._forms) if packed or key in used},
        }
        if packed:
            manifest["packed"] = packed
        if kept:
            place.write(PREVIOUS, _json({"files": dict.fromkeys(kept)}))
        place.write(MANIFEST, _json(manifest))
        if not kept:
            place.remove(PREVIOUS)
        made = sum(entry.changed for entry in self._entries)
        unchanged = len(self._entries) - made
        return CircularReport(plan.circular.name, made, unchanged, removed, notices=tuple(self._notices))

    def _finish_pack(self) -> dict[str, object] | None:
        """Put the pack into its place; what the manifest says of its contents."""
        pack, self._pack = self._pack, None
        if pack is None:
            return None
        pack.close()
        sha256, size = sha256_of(self._aside), self._aside.stat().st_size
        self._entries.append(Entry(PACK, sha256, size, changed=self._plan.place.adopt(PACK, self._aside)))
        formats = list(self._plan.order.formats)
        return {"formats": formats, "units": pack.units, "files": pack.files, "contents": pack.contents}


def _tasks(
    workspace: Workspace, out: Outputs, circular: Circular, order: _Order, made_from: dict[str, str]
) -> tuple[Task, ...]:
    copies = plan_copies(circular, workspace.registry)
    many = len(copies) > CHUNK
    key = hashlib.sha256(json.dumps([str(workspace.root), circular.name, made_from]).encode()).hexdigest()
    characters: Mapping[Face, str] | None = None
    if many:
        # Kept: processes that are forked from this one begin with all that is compiled for it.
        press = _keep(key, Press(workspace, circular, office_codes(workspace.root), copies=copies))[0]
        characters = press.characters if "pdf" in order.formats else {}
    run = Run(
        key=key,
        root=workspace.root,
        out=out,
        office=workspace.office,
        circular=circular,
        characters=characters,
        formats=order.formats,
        sharded=len(copies) > SHARDED,
        code=made_from["program:code"],
    )
    if order.unit is not None:
        positions = [index for index, copy in enumerate(copies) if copy.unit.id == order.unit]
        return tuple(Task(run, "units", copies, index, index + 1) for index in positions)
    what: Literal["units", "packed"] = "packed" if order.pack else "units"
    ranges = [(start, min(start + CHUNK, len(copies))) for start in range(0, len(copies), CHUNK)]
    if many:
        tasks = [Task(run, what, copies[start:stop], 0, stop - start) for start, stop in ranges]
    else:
        tasks = [Task(run, what, copies, start, stop) for start, stop in ranges]
    tasks.append(Task(run, "common", copies if not many or len(copies) <= SIGNED else ()))
    if "pdf" in order.formats and not order.pack:
        tasks.append(Task(run, "print", copies))
    return tuple(tasks)


def _complete(
    place: Outputs,
    files: dict[str, dict[str, Any]],
    packed: dict[str, Any] | None,
    formats: tuple[str, ...],
) -> bool:
    """Whether the manifest's files are all there, and it has files of each format."""
    made = set(packed["formats"]) if packed else {path.rsplit(".", 1)[-1] for path in files}
    return made.issuperset(formats) and place.has({path: record["bytes"] for path, record in files.items()})


def _clear_removed(out: Outputs, names: set[str], owner: str | None) -> list[CircularReport]:
    """Remove what was made of circulars that are no longer in circulars/. `owner`: the office (its key's tag) whose
    files these are, in a place that others may use too; None: whatever is there is this workspace's."""
    reports = []
    for name in out.folders():
        if name not in names:
            place = out.below(name)
            manifests = [_read_manifest(place, file) for file in (MANIFEST, PREVIOUS)]
            files = {path: None for manifest in manifests for path in manifest.get("files", {})}
            ours = any(manifest.get("inputs", {}).get("office key") == owner for manifest in manifests)
            if files and (owner is None or ours):
                removed = sum(place.remove(path) for path in sorted(files))
                for manifest in (MANIFEST, PREVIOUS):
                    out.remove(f"{name}/{manifest}")
                reports.append(CircularReport(name, removed=removed))
    return reports


def _read_manifest(place: Outputs, name: str) -> dict[str, Any]:
    """A manifest of ours, or nothing where there is none or it is damaged (then all is made again)."""
    try:
        manifest = json.loads(place.read(name) or b"")
    except ValueError:
        return {}
    return manifest if isinstance(manifest, dict) and isinstance(manifest.get("files"), dict) else {}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
