"""`circular-gen dispatch`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.dispatch.dispatching import Dispatch, Outlook, Report

_DECISIONS = {"sent": "sent", "again": "again", "drop": "drop", "已发": "sent", "重发": "again", "不发": "drop"}


@click.command(
    "dispatch",
    help=_(
        "Send the issued circular NAME to its units, each by its way (deliver in recipients.yaml): mail, shared "
        "folder, print job. Each unit gets it once, however often this is run; stopped in the middle, it goes on next "
        "time."
    ),
)
@click.argument("name")
@click.option("--via", type=click.Choice(["email", "folder", "print"]), help=_("only what goes by this way"))
@click.option(
    "--only",
    metavar="UNIT",
    multiple=True,
    help=_("only this unit (id or name); with --via by that way, whatever its own is"),
)
@click.option("--dry-run", is_flag=True, help=_("show who gets what by which way; send nothing"))
@click.option(
    "--resolve",
    metavar="UNIT sent|again|drop",
    nargs=2,
    multiple=True,
    help=_("your word about a unit of which nobody knows: it was sent; send it again; do not send it"),
)
@click.option("--here", is_flag=True, help=_("this copy of the workspace is from now on the one that sends"))
@click.option("--reissue", metavar="UNIT", help=_("send it once more to this unit (补发); give the --cause"))
@click.option("--cause", help=_("with --reissue: why; it stands in the ledger"))
@click.option("--copies", type=click.IntRange(1, 999), help=_("with --reissue: printed copies"))
@click.option("--actor", metavar="PERSON", help=_("who decides (default: the office's contact)"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def command(
    workspace: Path,
    name: str,
    via: str | None,
    only: tuple[str, ...],
    dry_run: bool,
    resolve: tuple[tuple[str, str], ...],
    here: bool,
    reissue: str | None,
    cause: str | None,
    copies: int | None,
    actor: str | None,
    as_json: bool,
) -> None:
    from circular_gen.dispatch.dispatching import Dispatch
    from circular_gen.records import open_records

    if (cause is not None or copies is not None) and reissue is None:
        raise click.UsageError(_("--cause and --copies go with --reissue"))
    if reissue is not None and (cause is None or only or dry_run or resolve):
        raise click.UsageError(_("--reissue UNIT --cause WHY stands alone, with --via, --copies or --here at most"))
    if dry_run and (resolve or here):
        raise click.UsageError(_("--dry-run changes nothing: leave out --resolve and --here"))
    for _unit, word in resolve:
        if word not in _DECISIONS:
            raise click.UsageError(_("{word} is no decision: sent, again or drop").format(word=word))
    with open_records(workspace.resolve()) as records:
        job = Dispatch(records, name)
        if dry_run:
            _show_outlook(job.outlook(via, only), as_json)
            return
        if here:
            job.outbox.take_over()
        for unit, word in resolve:
            job.resolve(unit, _DECISIONS[word], actor)  # type: ignore[arg-type]
        if resolve and not only and via is None:  # what was decided is carried out, nothing else
            again = tuple(unit for unit, word in resolve if _DECISIONS[word] == "again")
            if not again:
                click.echo(_("recorded"), err=as_json)
                return
            only = again
        report = _run(job, via, only, reissue, cause, copies)
    _show_report(report, as_json)
    if not report.clean:
        raise SystemExit(1)


def _run(
    job: "Dispatch",
    via: str | None,
    only: tuple[str, ...],
    reissue: str | None,
    cause: str | None,
    copies: int | None,
) -> "Report":
    """The first Ctrl-C stops between two messages, the second at once."""
    import signal
    import threading

    from circular_gen.cli.progress import progress_bar
    from circular_gen.dispatch.outbox import Pace

    stop = threading.Event()
    mail = job.records.office.mail
    pace = Pace.of_clock(mail.rate if mail else 0, stop.wait)

    def on_interrupt(_signal: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        with progress_bar(_("sending")) as progress:
            if reissue is not None:
                return job.reissue(reissue, str(cause), via=via, copies=copies, pace=pace, progress=progress)
            return job.run(via=via, only=only, pace=pace, stop=stop.is_set, before=_warn, progress=progress)
    finally:
        signal.signal(signal.SIGINT, before)


def _warn(outlook: "Outlook") -> None:
    from circular_gen.dispatch.report import no_way_lines

    for line in no_way_lines(outlook):
        click.echo(line, err=True)


def _show_outlook(outlook: "Outlook", as_json: bool) -> None:
    from circular_gen.cli.table import show
    from circular_gen.dispatch.report import ask_lines, no_way_lines, outlook_table, record

    if as_json:
        click.echo(json.dumps(record(outlook), ensure_ascii=False, indent=1))
        return
    for line in (*no_way_lines(outlook), *ask_lines(outlook)):
        click.echo(line, err=True)
    if outlook.note:
        click.echo(outlook.note, err=True)
    late = tuple(route.todo in ("no-way", "ask") for route in outlook.routes)
    show(outlook_table(outlook), late=late)


def _show_report(report: "Report", as_json: bool) -> None:
    from circular_gen.dispatch.report import ask_lines, record, refused_lines, summary

    if as_json:
        click.echo(json.dumps(record(report.outlook, report), ensure_ascii=False, indent=1))
    for line in (*report.notes, *refused_lines(report), *ask_lines(report.outlook, report), *report.stopped):
        click.echo(line, err=True)
    if report.interrupted:
        click.echo(_("stopped; the next dispatch goes on from here"), err=True)
    if as_json:
        return
    for path in report.made:
        click.echo(_("written into {file}").format(file=path))
    click.echo(summary(report))
