"""`circular-gen schema`."""

import json

import click

from circular_gen.messages import _


@click.command(
    "schema",
    help=_("Print the JSON Schema of circulars/NAME.yaml: an editor completes and checks keys with it."),
)
def command() -> None:
    from circular_gen.workspace import schema

    click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
