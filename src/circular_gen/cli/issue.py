"""`circular-gen issue`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "issue",
    help=_(
        "Issue the circular NAME: give it the next number if it has none, keep its originals in records/issued, and "
        "put its units on the ledger. This cannot be undone, only withdrawn or abolished; --revise makes a new edition "
        "of an issued one from its changed draft."
    ),
)
@click.argument("name")
@click.option("--code", help=_("the series of its number, e.g. 清安办函 (default: the office's code)"))
@click.option("--revise", is_flag=True, help=_("a new edition of a circular that is issued, under its number"))
@click.option("--reason", help=_("with --revise: why; it stands in the ledger (default: what was changed)"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.pass_obj
def command(workspace: Path, name: str, code: str | None, revise: bool, reason: str | None, actor: str | None) -> None:
    from circular_gen import issuing
    from circular_gen.cli.progress import progress_bar
    from circular_gen.ledger import report

    if revise and code is not None:
        raise click.UsageError(_("a revision keeps its number: leave out --code"))
    if reason is not None and not revise:
        raise click.UsageError(_("--reason goes with --revise"))
    with progress_bar(_("issuing")) as progress:
        if revise:
            issued = issuing.revise(workspace.resolve(), name, reason=reason, actor=actor, progress=progress)
        else:
            issued = issuing.issue(workspace.resolve(), name, code=code, actor=actor, progress=progress)
    for finding in issued.warnings:
        click.echo(str(finding), err=True)
    for notice in issued.notices:
        click.echo(notice, err=True)
    if issued.skipped:
        click.echo(report.unknown_numbers(issued.skipped), err=True)
    if issued.gone:
        message = _("note: it is withdrawn from {units}, whom it addresses no more")
        click.echo(message.format(units="、".join(issued.gone)), err=True)
    message = _("{name} is issued as {number}: {addressees} addressees, {cc} copies to know; checkpoint {checkpoint}")
    if revise:
        message = _(
            "{name} ({number}) is revised, edition r{revision}: {addressees} addressees, {cc} copies to know; "
            "checkpoint {checkpoint}"
        )
    click.echo(
        message.format(
            name=issued.name,
            number=issued.number,
            revision=issued.revision,
            addressees=issued.addressees,
            cc=issued.cc,
            checkpoint=issued.checkpoint,
        )
    )
    click.echo(_("print and send what lies in {folder}").format(folder=issued.folder))
