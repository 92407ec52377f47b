"""`circular-gen abolish`."""

from pathlib import Path

import click

from circular_gen.messages import _


@click.command(
    "abolish",
    help=_("Abolish the circular NAME: it is void from now on (废止). Nothing is removed."),
)
@click.argument("name")
@click.option("--reason", required=True, help=_("why; it stands in the ledger"))
@click.option("--actor", metavar="PERSON", help=_("who records it (default: the office's contact)"))
@click.pass_obj
def command(workspace: Path, name: str, reason: str, actor: str | None) -> None:
    from circular_gen.voiding import abolish

    voided = abolish(workspace.resolve(), name, reason, actor=actor)
    message = (
        _("{name} ({number}) is abolished: {reason}")
        if voided.new
        else _("{name} ({number}) was abolished before: {reason}")
    )
    click.echo(message.format(name=voided.paper.circular, number=voided.paper.number, reason=voided.reason))
