"""Units' files out of a pack.

In: a workspace, a circular, units by id, name or short name. Out: their files in a folder, each proved by its hash.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from circular_gen.build import PACK, SHARDED, unit_path
from circular_gen.errors import UsageError
from circular_gen.messages import _
from circular_gen.outputs import Folder, outputs
from circular_gen.pack import Pack
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.findings import nearest


@dataclass(frozen=True, slots=True)
class Unpacked:
    """How much was taken out."""

    units: int
    files: int


def unpack(
    root: Path,
    name: str,
    units: Sequence[str],
    target: Path,
    *,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Unpacked:
    """Write the files of `units` (none: all) of the circular `name` into `target`/UNIT; for more than a thousand units
    into the folders that `unit_path` says. UsageError where there is no pack or no such unit; CircularGenError for a
    damaged pack."""
    place = outputs(root / "out" if out is None else out).below(unicodedata.normalize("NFC", name))
    if place.size(PACK) is None:
        message = _("there is no pack of {name} in {place}; circular-gen build --pack {name} makes it")
        raise UsageError(message.format(name=name, place=place.shown))
    with place.local(PACK) as path, Pack(path) as pack:
        packed = list(pack.units())
        wanted = [_unit(root, word, packed) for word in dict.fromkeys(units)] or packed
        files, folder = 0, Folder(target)
        for number, unit in enumerate(wanted, 1):
            for file in pack.files(unit):
                folder.write(unit_path(f"{unit}/{file.name}", len(wanted) > SHARDED), file.data)
                files += 1
            progress(number, len(wanted))
    return Unpacked(len(wanted), files)


def _unit(root: Path, word: str, packed: list[str]) -> str:
    """The id of a unit in the pack."""
    if word in packed:
        return word
    try:
        unit = open_workspace(root).registry.find(word)
    except WorkspaceError:  # the pack does not need the workspace; its ids do
        unit = None
    if unit is None or unit.id not in packed:
        message = _("there is no unit {unit} in the pack; the nearest are {nearest}")
        raise UsageError(message.format(unit=word, nearest="、".join(nearest(word, packed))))
    return unit.id
