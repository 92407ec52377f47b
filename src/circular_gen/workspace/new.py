"""A new workspace from the sample: the sample's YAML files and the templates, ready to be changed."""

import shutil
from pathlib import Path

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.resources import SAMPLE

_GITIGNORE = "/out/\n/records/\n"


def new_workspace(directory: Path) -> tuple[Path, ...]:
    """The files made in `directory`, which may exist but must hold none of them: CircularGenError names those."""
    sources = [SAMPLE / "office.yaml", SAMPLE / "recipients.yaml"]
    sources += sorted(path for path in (SAMPLE / "circulars").rglob("*") if path.is_file())
    targets = {directory / source.relative_to(SAMPLE): source for source in sources}
    ignore = directory / ".gitignore"
    folders = {target.parent for target in targets} | {directory / "templates"}
    standing = [path for path in (*targets, ignore) if path.exists()]
    standing += [path for path in sorted(folders) if path.exists() and not path.is_dir()]
    if standing:
        names = ", ".join(path.relative_to(directory).as_posix() for path in standing[:3])
        raise CircularGenError(
            _("{directory} already has {names}; nothing was written: choose a new folder").format(
                directory=directory, names=names
            )
        )
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for target, source in targets.items():
            shutil.copyfile(source, target)
        ignore.write_text(_GITIGNORE, encoding="utf-8", newline="\n")
    except OSError as error:
        message = _("{directory} cannot be written: {reason}")
        raise CircularGenError(message.format(directory=directory, reason=error.strerror or error)) from None
    return (*targets, ignore)
