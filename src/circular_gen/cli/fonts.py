"""`circular-gen fonts` and `circular-gen fonts check TEXT`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.checks.coverage import Drawn, FaceCoverage
    from circular_gen.typeset.fonts import Faces
    from circular_gen.workspace import Office

_SHOWN = 30
"""Characters that a line names before it says how many more there are."""


@click.group(
    "fonts",
    invoke_without_command=True,
    help=_("Which font file draws each face of the PDF, how many characters it has, and what another face draws."),
)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    if ctx.invoked_subcommand is not None:
        return
    from circular_gen.checks.coverage import face_coverage

    root = ctx.obj.resolve()
    office, faces = _faces(root)
    found = list(face_coverage(root, office, faces))
    if as_json:
        click.echo(json.dumps({"faces": [_record(face) for face in found]}, ensure_ascii=False, indent=1))
        return
    for number, face in enumerate(found):
        if number:
            click.echo()
        for line in _lines(face):
            click.echo(line)


@command.command("check", help=_("Which face draws each character of TEXT; - reads it from standard input."))
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def check(workspace: Path, text: tuple[str, ...], as_json: bool) -> None:
    from circular_gen.checks.coverage import FACES, drawn

    whole = sys.stdin.read() if text == ("-",) else " ".join(text)
    _office, faces = _faces(workspace.resolve())
    found = drawn(faces, whole)
    missing = [one for one in found if not one.own]
    if as_json:
        records = [
            {
                "character": one.character,
                "code": f"U+{ord(one.character):04X}",
                "drawn_by": dict(zip(FACES, one.by, strict=True)),
            }
            for one in found
        ]
        record = {"characters": records, "missing": "".join(one.character for one in missing)}
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
    else:
        _show(found)
        if missing:
            message = _("no font has: {characters}")
            click.echo(message.format(characters=" ".join(_named(one.character) for one in missing)), err=True)
    if missing:
        sys.exit(1)


def _faces(root: Path) -> "tuple[Office, Faces]":
    from circular_gen.typefaces import office_faces
    from circular_gen.workspace import open_office

    office = open_office(root)
    return office, office_faces(root, office)


def _record(face: "FaceCoverage") -> dict[str, object]:
    return {
        "face": face.face,
        "file": face.file.path.as_posix() if face.file else None,
        "number": face.file.number if face.file else None,
        "from": _from(face),
        "name": face.name,
        "version": face.version,
        "word_font": face.word_font,
        "stand_in": None if face.file else face.stand_in,
        "characters": face.characters,
        "general_use": face.general,
        "gb2312": face.gb2312,
        "lacking": face.lacking,
        "drawn_by": list(face.drawn_by),
        "nowhere": face.nowhere,
    }


def _from(face: "FaceCoverage") -> str:
    return "none" if face.file is None else "office" if face.file.own else "program"


def _lines(face: "FaceCoverage") -> list[str]:
    from circular_gen.checks.coverage import gb2312, general_use
    from circular_gen.checks.looks.eye import FACES

    if face.file is None:
        why = _("no file: {face} stands in for it").format(face=FACES[face.stand_in])
        return [f"{FACES[face.face]}  {why}", "  " + _word_font(face)]
    why = _("as office.yaml says") if face.file.own else _("comes with the program; office.yaml names none")
    lines = [f"{FACES[face.face]}  {face.file.shown}（{why}）", f"  {face.name} {face.version}".rstrip()]
    message = _("of {general_all} general-use Hanzi it has {general}, of {gb_all} characters of GB 2312 {gb}")
    counts = {"general": face.general, "general_all": len(general_use()), "gb": face.gb2312, "gb_all": len(gb2312())}
    lines.append("  " + message.format(**counts))
    if face.drawn_by:
        message = _("{count} of them are drawn by {faces}: {characters}")
        others = [character for character in face.lacking if character not in face.nowhere]
        faces = "、".join(FACES[other] for other in face.drawn_by)
        lines.append("  " + message.format(count=len(others), faces=faces, characters=_few(others)))
    if face.nowhere:
        message = _("{count} of them are in no font: {characters}")
        lines.append("  " + message.format(count=len(face.nowhere), characters=_few(list(face.nowhere))))
    return [*lines, "  " + _word_font(face)]


def _word_font(face: "FaceCoverage") -> str:
    return _("a DOCX asks for {name}").format(name=face.word_font)


def _few(characters: list[str]) -> str:
    more = len(characters) - _SHOWN
    return " ".join(characters[:_SHOWN]) + (_(" and {count} more").format(count=more) if more > 0 else "")


def _named(character: str) -> str:
    return f"{character}（U+{ord(character):04X}）"


def _show(found: "tuple[Drawn, ...]") -> None:
    """A line a character; a dot where a face draws it itself."""
    from circular_gen.checks.coverage import FACES as ORDER
    from circular_gen.checks.looks.eye import FACES

    click.echo("\t".join([_("character"), *(FACES[face] for face in ORDER)]))
    for one in found:
        cells = ["·" if by == face else FACES[by] if by else _("none") for face, by in zip(ORDER, one.by, strict=True)]
        click.echo("\t".join([_named(one.character), *cells]))
