"""The office's font files → its faces: which file each face is drawn from, and what the papers may be set in.

In: office.yaml's `fonts`, a path for a face (`simsun.ttc#1` for the second font of a collection). Out: `Faces`. Files
with PostScript outlines (.otf) are converted once and kept in the user's cache folder, by their content.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from circular_gen.messages import _
from circular_gen.resources import FONTS, PACKAGED_FACES
from circular_gen.sheet.blocks import Face
from circular_gen.typeset.fonts import Faces, FontError, FontSource, check_whole
from circular_gen.workspace.office import Office, font_path


class FontFile(NamedTuple):
    """`number`: which font of a collection, from 0; `own`: whether office.yaml names it."""

    path: Path
    number: int = 0
    own: bool = False

    @property
    def shown(self) -> str:
        """The file's name, with the font's number where it is not the first."""
        return f"{self.path.name}#{self.number}" if self.number else self.path.name


def font_files(root: Path, office: Office) -> dict[Face, FontFile]:
    """Face → font file: the office's own where office.yaml names one, else the packaged one."""
    packaged: dict[Face, FontFile] = {face: FontFile(FONTS / name) for face, name in PACKAGED_FACES.items()}
    return packaged | {face: FontFile(*font_path(root, text), True) for face, text in office.fonts.given.items()}


def office_faces(root: Path, office: Office) -> Faces:
    """The office's faces, read once for all circulars. FontError where a file cannot be used."""
    files = []
    for face, file in font_files(root, office).items():
        try:
            state = file.path.stat()
        except OSError as error:
            raise FontError(_("{file} cannot be read").format(file=file.path)) from error
        files.append((face, file, state.st_mtime_ns, state.st_size))
    return _faces(tuple(files))


@lru_cache(maxsize=2)
def _faces(files: tuple[tuple[Face, FontFile, int, int], ...]) -> Faces:
    return Faces({face: read_font(file) for face, file, _changed, _size in files})


def read_font(file: FontFile) -> FontSource:
    """A font file's bytes with TrueType outlines."""
    try:
        data = file.path.read_bytes()
    except OSError as error:
        raise FontError(_("{file} cannot be read").format(file=file.path)) from error
    source = FontSource(data, file.number, file.shown)
    if data[:4] != b"OTTO":
        return source
    return FontSource(_converted(source), 0, file.shown)


def _converted(source: FontSource) -> bytes:
    """The TrueType form of a font with PostScript outlines: from the cache, else made and kept there if that can be
    written."""
    from fontTools import version

    from circular_gen.output.truetype import truetype

    check_whole(source)
    known = hashlib.sha256(b"1 %b " % version.encode() + source.data).hexdigest()  # curves may differ by version
    kept = cache_folder() / "fonts" / f"{known}.ttf"
    try:
        data = kept.read_bytes()
        check_whole(FontSource(data, 0, kept.name))
    except (OSError, FontError):
        data = truetype(source)
        _keep(kept, data)
    return data


def _keep(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as aside:
            aside.write(data)
        Path(name).replace(path)
    except OSError:
        return  # nowhere to keep it: it is made again the next time


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again; CIRCULAR_GEN_CACHE names another folder."""
    environment: Mapping[str, str] = os.environ
    if given := environment.get("CIRCULAR_GEN_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        usual = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        usual = Path.home() / "Library/Caches"
    else:
        usual = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return usual / "circular-gen"
