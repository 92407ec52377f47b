"""`circular-gen withdraw`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "withdraw",
    help=_("Withdraw the circular NAME: it is void from the start (撤销). Its number stays given, nothing is removed."),
)
@click.argument("name")
@click.option("--reason", required=True, help=_("why; it stands in the ledger"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.pass_obj
def command(workspace: Path, name: str, reason: str, actor: str | None) -> None:
    from circular_gen.voiding import withdraw

    voided = withdraw(workspace.resolve(), name, reason, actor=actor)
    message = (
        _("{name} ({number}) is withdrawn: {reason}")
        if voided.new
        else _("{name} ({number}) was withdrawn before: {reason}")
    )
    click.echo(message.format(name=voided.paper.circular, number=voided.paper.number, reason=voided.reason))
