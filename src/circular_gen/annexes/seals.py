"""office.yaml's seals → `Seals`: the pictures that sealed papers carry.

In: the workspace's root, the office. Out: each issuer's picture as `Art`; errors as findings where office.yaml names
the file. Pictures come from elsewhere, so that they are read like annex files: in a process of their own.
"""

from collections.abc import Mapping
from pathlib import Path

from circular_gen.annexes.reading import content_of
from circular_gen.messages import _
from circular_gen.sheet.blocks import Art, Figure, File
from circular_gen.sheet.completing import Seals
from circular_gen.workspace import Finding, Office, WorkspaceError
from circular_gen.workspace.reading import read

KINDS = (".png", ".jpg", ".jpeg", ".svg", ".pdf")


def office_seals(root: Path, office: Office) -> Seals:
    """The seals that `office` has pictures of; none without `seal:`. WorkspaceError with all that cannot be read."""
    pictures: dict[str, Art] = {}
    wrong: dict[str, str] = {}
    for issuer, name in seal_files(office).items():
        found = _picture(root, name)
        if isinstance(found, Art):
            pictures[issuer] = found
        else:
            wrong[name] = found
    if wrong:
        raise WorkspaceError(_findings(root, office, wrong))
    return Seals(pictures, office.seal.diameter if office.seal is not None else 0.0)


def seal_files(office: Office) -> Mapping[str, str]:
    """Issuer → its seal's file, as office.yaml writes it."""
    if office.seal is None:
        return {}
    return {office.name: office.seal.image, **office.seal.others}


def _picture(root: Path, name: str) -> Art | str:
    """The seal in file `name`, or one line about why there is none."""
    if not name.lower().endswith(KINDS):
        return _("a seal's picture is {kinds}").format(kinds=", ".join(kind[1:] for kind in KINDS))
    content = content_of(root, File(name, pages="1" if name.lower().endswith(".pdf") else ""))
    if isinstance(content, str):
        return content
    return next(block.art for block in content.blocks if isinstance(block, Figure))


def _findings(root: Path, office: Office, wrong: Mapping[str, str]) -> list[Finding]:
    document = read(root / "office.yaml")[0]
    assert document is not None
    seal = document.at((), "office", "seal")
    others = document.at(seal, "seal", "others")
    places = {name: (*others, issuer) for issuer, name in seal_files(office).items()}
    assert office.seal is not None
    places[office.seal.image] = document.at(seal, "seal", "image")
    return [document.finding("error", "seal-file", f"{name}: {said}", places[name]) for name, said in wrong.items()]
