"""`circular-gen findings`: the hazards that units reported (隐患整改台账), until each is closed."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.ledger.hazards import Hazard
    from circular_gen.returns.hazards import Imported

_ACTOR = _("who records it (default: the office's contact)")
_OUT = click.Path(path_type=Path, dir_okay=False)
_IN = click.Path(path_type=Path, exists=True, dir_okay=False)
_EVIDENCE = _("a scan, a photo or a letter that shows it; a copy is kept")


class _Findings(click.Group):
    """`findings` and `findings NAME` stand for `findings list …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = args and args[0] in (*self.commands, *self.get_help_option_names(ctx))
        return super().parse_args(ctx, args if known else ["list", *args])


@click.group(
    "findings",
    cls=_Findings,
    help=_("The hazards that units reported (隐患整改台账): entered, put right, rechecked (复查), closed (销号)."),
)
def command() -> None:
    pass


@command.command("list", help=_("The hazards of the circular NAME, or of all; also as a file, empty as a form."))
@click.argument("name", required=False)
@click.option("--unit", metavar="UNIT", help=_("only this unit's"))
@click.option("--late", is_flag=True, help=_("only those whose deadline has passed"))
@click.option("--open", "open_only", is_flag=True, help=_("only those that are not closed"))
@click.option("--xlsx", type=_OUT, help=_("write it into a workbook"))
@click.option("--docx", type=_OUT, help=_("write it into a Word file"))
@click.option("--csv", type=_OUT, help=_("write it into a CSV file"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def list_command(
    workspace: Path,
    name: str | None,
    unit: str | None,
    late: bool,
    open_only: bool,
    xlsx: Path | None,
    docx: Path | None,
    csv: Path | None,
    as_json: bool,
) -> None:
    from circular_gen.cli.table import show
    from circular_gen.returns.hazards import listed, write_register

    root = workspace.resolve()
    found = listed(root, name, unit=unit, late=late, open_only=open_only)
    for path in filter(None, (xlsx, docx, csv)):
        write_register(root, found.register, path)
        click.echo(_("written into {file}").format(file=path), err=as_json)
    if as_json:
        record = [
            {
                **hazard._asdict(),
                "number": hazard.number,
                "name": found.names[hazard.circular, hazard.unit],
                "days_late": hazard.late(found.today),
            }
            for hazard in found.hazards
        ]
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    if xlsx or docx or csv:
        return
    show(found.register, [bool(hazard.late(found.today)) for hazard in found.hazards])
    late_ones = sum(bool(hazard.late(found.today)) for hazard in found.hazards)
    waiting = sum(hazard.state == "rectified" for hazard in found.hazards)
    closed = sum(hazard.state == "closed" for hazard in found.hazards)
    message = _("{all} hazards: {closed} closed, {waiting} to be looked at again, {late} late")
    click.echo(message.format(all=len(found.hazards), closed=closed, waiting=waiting, late=late_ones))


def _columns(function: "click.decorators.FC") -> "click.decorators.FC":
    """The options that are columns of the 台账."""
    for name, words in reversed(
        (
            ("--place", _("where (部位)")),
            ("--level", _("一般 or 重大 (default: 一般)")),
            ("--found", _("the day on which it was found")),
            ("--measures", _("what is done about it (措施)")),
            ("--funds", _("what that costs (资金)")),
            ("--responsible", _("who is responsible (责任人)")),
            ("--due", _("the last day in time (期限)")),
            ("--precautions", _("what protects until then (应急措施)")),
        )
    ):
        function = click.option(name, help=words)(function)
    return function


@command.command("add", help=_("Enter a hazard that UNIT reported under the circular NAME."))
@click.argument("name")
@click.argument("unit")
@click.option("--hazard", required=True, help=_("what is wrong (隐患)"))
@_columns
@click.option("--evidence", type=_IN, help=_EVIDENCE)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def add_command(
    workspace: Path, /, name: str, unit: str, evidence: Path | None, actor: str | None, **said: str | None
) -> None:
    from circular_gen.returns.hazards import add

    hazard, new = add(workspace.resolve(), name, unit, said=said, evidence=evidence, actor=actor)
    message = _("hazard {number} entered: {hazard}") if new else _("hazard {number} was entered before: {hazard}")
    click.echo(message.format(number=hazard.number, hazard=hazard.hazard))


@command.command(
    "import",
    help=_(
        "Enter the hazards of a table (XLSX, CSV) with the columns 单位, 隐患, 部位, 等级, 措施, 资金, 责任人, 期限 …, "
        "or with --forms those that units ticked “no” on returned checklists."
    ),
)
@click.argument("name")
@click.argument("file", type=_IN, required=False)
@click.option("--forms", is_flag=True, help=_("from the returned checklists of NAME"))
@click.option("--unit", metavar="UNIT", help=_("whose they are, where the table has no column 单位"))
@click.option("--dry-run", is_flag=True, help=_("show what would become of each row, record nothing"))
@click.option("--skip-wrong", is_flag=True, help=_("record the good rows though others are wrong"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def import_command(
    workspace: Path,
    name: str,
    file: Path | None,
    forms: bool,
    unit: str | None,
    dry_run: bool,
    skip_wrong: bool,
    actor: str | None,
) -> None:
    from circular_gen.returns.hazards import import_forms, import_list

    root = workspace.resolve()
    if forms == (file is not None):
        raise click.UsageError(_("name a table, or --forms: one of them"))
    if file is None:
        done = import_forms(root, name, dry_run=dry_run, actor=actor)
    else:
        done = import_list(root, name, file, unit=unit, dry_run=dry_run, skip_wrong=skip_wrong, actor=actor)
    _show_import(done)


def _show_import(done: "Imported") -> None:
    words = {
        "new": _("recorded") if done.recorded else _("good"),
        "before": _("recorded before"),
        "wrong": _("wrong"),
    }
    for row in done.rows:
        number = row.id.removeprefix("h")
        click.echo("\t".join((str(row.row), words[row.word], row.unit, number, row.why)).rstrip())
    message = _("{new} hazards entered, {before} entered before, {wrong} rows wrong")
    if not done.recorded:
        message = _("nothing was recorded: {new} rows are good, {before} entered before, {wrong} wrong")
    click.echo(message.format(**{word: done.count(word) for word in ("new", "before", "wrong")}))
    if done.count("wrong"):
        sys.exit(1)


@command.command("change", help=_("Complete or change the entry of hazard NUMBER; a later deadline needs --reason."))
@click.argument("name")
@click.argument("number")
@click.option("--hazard", help=_("what is wrong (隐患)"))
@_columns
@click.option("--progress", help=_("how far it is (整改情况)"))
@click.option("--reason", help=_("why; it stands in the ledger"))
@click.option("--evidence", type=_IN, help=_EVIDENCE)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def change_command(
    workspace: Path,
    /,
    name: str,
    number: str,
    reason: str | None,
    evidence: Path | None,
    actor: str | None,
    **said: str | None,
) -> None:
    from circular_gen.returns.hazards import change

    _echo(change(workspace.resolve(), name, number, said=said, reason=reason, evidence=evidence, actor=actor))


@command.command("rectified", help=_("Record that the unit has put hazard NUMBER right (整改完成)."))
@click.argument("name")
@click.argument("number")
@click.option("--progress", required=True, help=_("what was done (整改情况)"))
@click.option("--evidence", type=_IN, help=_EVIDENCE)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def rectified_command(
    workspace: Path, name: str, number: str, progress: str, evidence: Path | None, actor: str | None
) -> None:
    from circular_gen.returns.hazards import rectified

    _echo(rectified(workspace.resolve(), name, number, progress=progress, evidence=evidence, actor=actor))


@command.command("recheck", help=_("Record that PERSON looked at hazard NUMBER on the spot (复查)."))
@click.argument("name")
@click.argument("number")
@click.option("--by", required=True, metavar="PERSON", help=_("who looked (复查人)"))
@click.option("--sent-back", metavar="REASON", help=_("it is not in order and goes back; why"))
@click.option("--evidence", type=_IN, help=_EVIDENCE)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def recheck_command(
    workspace: Path,
    name: str,
    number: str,
    by: str,
    sent_back: str | None,
    evidence: Path | None,
    actor: str | None,
) -> None:
    from circular_gen.returns.hazards import recheck

    root = workspace.resolve()
    _echo(recheck(root, name, number, by=by, sent_back=sent_back, evidence=evidence, actor=actor))


@command.command("close", help=_("Close hazard NUMBER (销号): PERSON has seen that it is put right, and it is shown."))
@click.argument("name")
@click.argument("number")
@click.option("--by", required=True, metavar="PERSON", help=_("who looked (复查人)"))
@click.option("--evidence", type=_IN, help=_EVIDENCE)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def close_command(workspace: Path, name: str, number: str, by: str, evidence: Path | None, actor: str | None) -> None:
    from circular_gen.returns.hazards import close

    _echo(close(workspace.resolve(), name, number, by=by, evidence=evidence, actor=actor))


@command.command("reopen", help=_("Open hazard NUMBER again: it was not put right after all, or came back."))
@click.argument("name")
@click.argument("number")
@click.option("--reason", required=True, help=_("why; it stands in the ledger"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def reopen_command(workspace: Path, name: str, number: str, reason: str, actor: str | None) -> None:
    from circular_gen.returns.hazards import reopen

    _echo(reopen(workspace.resolve(), name, number, reason=reason, actor=actor))


def _echo(hazard: "Hazard") -> None:
    states = {
        "open": _("open"),
        "rectified": _("put right, to be looked at again"),
        "rechecked": _("looked at, to be closed"),
        "closed": _("closed"),
    }
    message = _("hazard {number}: {state}, due {due}")
    due = hazard.due or _("without a day")
    click.echo(message.format(number=hazard.number, state=states[hazard.state], due=due))
