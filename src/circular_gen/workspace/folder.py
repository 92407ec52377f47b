"""A workspace's folder → Workspace: the office, the registry, and the circulars by id.

In: the folder's path. Out: `Workspace`; a WorkspaceError carries the errors of office.yaml and recipients.yaml
together. Circulars are read when they are asked for.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from circular_gen.errors import UsageError
from circular_gen.messages import _
from circular_gen.workspace.circular import Circular, read_circular
from circular_gen.workspace.distribution import wrong_groups
from circular_gen.workspace.findings import Finding, WorkspaceError, by_place, nearest
from circular_gen.workspace.office import Office, read_office
from circular_gen.workspace.reading import LIST_LIMIT, read
from circular_gen.workspace.recipients import Registry, read_registry

_UNSAFE_NAME = re.compile(
    r'[<>:"/\\|?*\x00-\x1f]|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$|[. ]$|^[-\s]', re.IGNORECASE
)


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """`warnings`: what is doubtful in office.yaml, recipients.yaml and among the files' names. `listed`: what the units
    were read from besides recipients.yaml, name → SHA-256."""

    root: Path
    office: Office
    registry: Registry
    warnings: tuple[Finding, ...] = ()
    listed: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """The ids of the circulars, sorted."""
        return tuple(sorted({name for name, _path in _files(self.root)}))

    def path(self, name: str) -> Path:
        """The YAML of the circular `name`; UsageError with the nearest names where there is none."""
        name = unicodedata.normalize("NFC", name)
        for found, path in _files(self.root):
            if found == name:
                return path
        near = nearest(name, self.names())
        message = _("there is no circular {name} in {folder}").format(name=name, folder=self.root / "circulars")
        if near:
            message += _("; the nearest are {nearest}").format(nearest="、".join(near))
        raise UsageError(message)

    def circular(self, name: str) -> Circular:
        """The circular `name`; WorkspaceError with all its findings where it has errors."""
        circular, findings = self.read(name)
        if circular is None:
            raise WorkspaceError(findings)
        return circular

    def read(self, name: str) -> tuple[Circular | None, tuple[Finding, ...]]:
        """The circular `name`, or None where it has errors; and every finding, warnings too."""
        path = self.path(name)
        name = unicodedata.normalize("NFC", name)
        found = [*_name_findings(self.root, name)]
        document, findings = read(path)
        found += findings
        circular = None
        if document is not None:
            circular, findings = read_circular(document, name, path.parent, self.office, self.registry)
            found += findings
        if any(finding.severity == "error" for finding in found):
            circular = None
        return circular, by_place(found)


def open_workspace(root: Path) -> Workspace:
    """The workspace in the folder `root`; WorkspaceError with every error of its two lists."""
    findings: list[Finding] = []
    office = registry = None
    listed: Mapping[str, str] = {}
    if not (root / "office.yaml").exists() and not (root / "recipients.yaml").exists():
        message = _("this folder is no workspace; circular-gen init DIR makes one")
        raise WorkspaceError([Finding(root / "office.yaml", 1, 1, "error", "no-workspace", message)])
    document, found = read(root / "office.yaml")
    findings += found
    if document is not None:
        office, found = read_office(document, root)
        findings += found
    document, found = read(root / "recipients.yaml", LIST_LIMIT)
    findings += found
    if document is not None:
        registry, found, listed = read_registry(document)
        findings += found
        if registry is not None:
            findings += wrong_groups(document, registry)
    errors = any(finding.severity == "error" for finding in findings)
    if office is None or registry is None or errors:
        raise WorkspaceError(by_place(findings))
    return Workspace(root, office, registry, by_place([*findings, *_stray_files(root)]), listed)


def open_office(root: Path) -> Office:
    """office.yaml alone, for what asks nothing of the units; WorkspaceError with every error of it."""
    document, findings = read(root / "office.yaml")
    found = list(findings)
    if document is not None:
        office, findings = read_office(document, root)
        found += findings
        if office is not None and not any(finding.severity == "error" for finding in found):
            return office
    raise WorkspaceError(by_place(found))


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Circulars' ids with their files; ids are in Unicode's composed form whatever the file system does."""
    folder = root / "circulars"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith((".", "_")):
            continue
        if path.suffix == ".yaml" and path.is_file():
            yield unicodedata.normalize("NFC", path.stem), path
        elif (path / "circular.yaml").is_file():
            yield unicodedata.normalize("NFC", path.name), path / "circular.yaml"


def _name_findings(root: Path, name: str) -> Iterator[Finding]:
    files = [(other, path) for other, path in _files(root) if other.casefold() == name.casefold()]
    path = next(path for other, path in files if other == name)
    for _other, other_path in files:
        if other_path != path:
            message = _("two circulars have the id {name}: this one and {other}; rename one")
            yield Finding(path, 1, 1, "error", "duplicate-id", message.format(name=name, other=other_path))
    if _UNSAFE_NAME.search(name):
        message = _("{name} cannot be a folder's name on every system; rename the circular")
        yield Finding(path, 1, 1, "error", "bad-id", message.format(name=name))


def _stray_files(root: Path) -> Iterator[Finding]:
    folder = root / "circulars"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
            message = _("this file is not read; a circular's name ends with .yaml")
            yield Finding(path, 1, 1, "warning", "stray-file", message)
