"""`circular-gen ledger`: prove it, copy it, put a copy back."""

import json
import sys
from pathlib import Path

import click

from circular_gen.messages import _


@click.group("ledger", help=_("Prove, export or import the ledger; void a number."))
def command() -> None:
    pass


@command.command(
    "verify",
    help=_("Prove that no event was changed, removed, inserted or moved, and that the issued originals are whole."),
)
@click.option(
    "--against",
    metavar="CHECKPOINT",
    help=_(
        "prove too that a checkpoint holds that was printed or kept: 1234-7K3M9Q2XV, or a file with its three lines"
    ),
)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def verify_command(workspace: Path, against: str | None, as_json: bool) -> None:
    from circular_gen.keeping import prove
    from circular_gen.records import NothingIssuedError

    try:
        proof = prove(workspace.resolve(), against)
    except NothingIssuedError as nothing:
        if against is not None:
            raise
        click.echo(json.dumps({"ok": True, "events": 0, "findings": []}) if as_json else str(nothing))
        return
    if as_json:
        click.echo(json.dumps(proof.record(), ensure_ascii=False, indent=1))
    else:
        for note in proof.notes:
            click.echo(note, err=True)
        for finding in proof.findings:
            click.echo(str(finding))
        message = _("the ledger is whole: {events} events, checkpoint {checkpoint}")
        if proof.findings:
            message = _("the ledger is not whole: {count} findings in {events} events")
        values = {"events": proof.size, "checkpoint": proof.checkpoint, "count": len(proof.findings)}
        click.echo(message.format(**values))
    sys.exit(1 if proof.findings else 0)


@command.command(
    "void",
    help=_("Record that the document number NUMBER (清安办发〔2026〕12号) will not be used; it is never given then."),
)
@click.argument("number")
@click.option("--reason", required=True, help=_("why; it stands in the register"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.pass_obj
def void_command(workspace: Path, number: str, reason: str, actor: str | None) -> None:
    from circular_gen.ledger import report
    from circular_gen.voiding import void_number

    done = void_number(workspace.resolve(), number, reason, actor=actor)
    message = _("{number} is void: {reason}") if done.new else _("{number} was void before: {reason}")
    click.echo(message.format(number=done.number, reason=done.reason))
    if done.skipped:
        click.echo(report.unknown_numbers(done.skipped), err=True)


@command.command("export", help=_("Write the whole ledger into FILE as JSON Lines; nothing is overwritten."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export_command(workspace: Path, file: Path) -> None:
    from circular_gen.keeping import export_ledger

    events = export_ledger(workspace.resolve(), file)
    click.echo(_("{events} events written into {file}").format(events=events, file=file))


@command.command("import", help=_("Fill an empty ledger from FILE, an export of another; every hash is checked."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def import_command(workspace: Path, file: Path) -> None:
    from circular_gen.keeping import import_ledger

    events = import_ledger(workspace.resolve(), file)
    click.echo(_("{events} events taken over from {file}").format(events=events, file=file))
