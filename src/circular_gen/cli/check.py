"""`circular-gen check`: lint of drafts, and finished files measured."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.checks.measuring import FileFinding
    from circular_gen.typeset.style import Style
    from circular_gen.workspace import Finding


@click.command(
    "check",
    help=_(
        "Look for mistakes in the drafts NAME… (all, if nothing is named), or measure finished files (FILE.docx, "
        "FILE.pdf, ours or others') against GB/T 9704-2012. Exit code 1 on errors, 0 on warnings alone."
    ),
)
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help=_("the findings as JSON"))
@click.option(
    "--sarif", type=click.Path(path_type=Path, dir_okay=False), help=_("the findings as a SARIF file, for editors")
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, file_okay=False),
    help=_("pictures of the pages with the measured places into this folder"),
)
@click.pass_obj
def command(workspace: Path, names: tuple[str, ...], as_json: bool, sarif: Path | None, picture: Path | None) -> None:
    from circular_gen.checks.files import is_file_argument

    files = [Path(name) for name in names if is_file_argument(name)]
    drafts = [name for name in names if not is_file_argument(name)]
    findings: list[Finding | FileFinding] = list(_files(workspace, files, picture))
    if drafts or not files:
        findings += _drafts(workspace, drafts)
    if sarif is not None:
        _write_sarif(sarif, findings)
    errors, warnings = (sum(one.severity == severity for one in findings) for severity in ("error", "warning"))
    if as_json:
        click.echo(json.dumps([_record(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        _print(findings)
        click.echo(_("{errors} errors, {warnings} warnings").format(errors=errors, warnings=warnings))
    sys.exit(1 if errors else 0)


def _drafts(workspace: Path, names: list[str]) -> "list[Finding]":
    from circular_gen.checks.drafts import lint
    from circular_gen.records import changed_findings
    from circular_gen.workspace import WorkspaceError, open_workspace

    try:
        opened = open_workspace(workspace.resolve())
        wanted = names or opened.names()
        findings = [*opened.warnings, *(finding for name in wanted for finding in lint(opened, name))]
        return [*findings, *changed_findings(opened.root, wanted)]
    except WorkspaceError as error:
        return list(error.findings)


def _files(workspace: Path, files: list[Path], picture: Path | None) -> "list[FileFinding]":
    if not files:
        return []
    from circular_gen.checks.measuring import check_file
    from circular_gen.errors import UsageError

    for path in files:
        if not path.is_file():
            raise UsageError(_("there is no file {path}").format(path=path))
    style = _style(workspace)
    found: list[FileFinding] = []
    for path in files:
        found += check_file(path, style)
        if picture is not None:
            from circular_gen.checks.pictures import draw_places

            draw_places(path, picture, [one for one in found if one.path == path], style)
    return found


def _style(workspace: Path) -> "Style":
    """The measures of the office whose workspace this is; the packaged ones elsewhere. Its units are not read."""
    from circular_gen.checks.measuring import standard
    from circular_gen.press import office_style
    from circular_gen.workspace.office import read_office
    from circular_gen.workspace.reading import read

    root = workspace.resolve()
    path = root / "office.yaml"
    if not path.is_file():
        return standard()
    document, _findings = read(path)
    office = read_office(document, root)[0] if document is not None else None
    if office is None:  # what is wrong with it is said when drafts are checked; a file is measured all the same
        message = _("{path} has errors: measured by the standard's figures, not by this office's")
        click.echo(message.format(path=path), err=True)
        return standard()
    return office_style(root, office)


def _record(finding: "Finding | FileFinding") -> dict[str, object]:
    from circular_gen.checks.measuring import FileFinding, record

    if isinstance(finding, FileFinding):
        return record(finding)
    return asdict(finding) | {"path": finding.path.as_posix()}


def _write_sarif(path: Path, findings: "list[Finding | FileFinding]") -> None:
    from circular_gen.checks.sarif import sarif
    from circular_gen.errors import CircularGenError

    try:
        path.write_text(json.dumps(sarif(findings), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CircularGenError(f"{path}: {error.strerror}") from error


def _print(findings: "list[Finding | FileFinding]") -> None:
    """A line each; what a file has in several places alike is one line with all of them."""
    from circular_gen.checks.measuring import FileFinding, in_words, places

    words = {"error": _("error"), "warning": _("warning")}
    line = _("{place}: {severity}: {message} [{code}]")
    alike: dict[tuple[Path, str, str, str], list[FileFinding]] = {}
    for finding in findings:
        if isinstance(finding, FileFinding):
            alike.setdefault((finding.path, finding.rule, finding.severity, finding.message), []).append(finding)
        else:
            place = f"{finding.path}:{finding.line}:{finding.column}"
            severity = words[finding.severity]
            click.echo(line.format(place=place, severity=severity, message=finding.message, code=finding.code))
    unknown: dict[Path, list[str]] = {}
    for (path, rule, severity, message), group in alike.items():
        if severity == "note":
            unknown.setdefault(path, []).append(in_words(rule))
            continue
        where = places([one.place for one in group], sum(one.more for one in group), group[0].text)
        place = _("{path}: {where}").format(path=path, where=where) if where else str(path)
        click.echo(line.format(place=place, severity=words[severity], message=message, code=rule))
    for path, rules in unknown.items():
        click.echo(_("{path}: cannot be measured in this file: {rules}").format(path=path, rules="、".join(rules)))
