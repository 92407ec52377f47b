"""A table: drawn on a terminal, a line a row with tabs between in a pipe."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from circular_gen.ledger.register import Register


def show(table: "Register", late: Sequence[bool] = (), *, sections: bool = False) -> None:
    """Print the rows. `late`: of each row, whether it stands out; nothing where none does. `sections`: rows that begin
    alike belong together."""
    if not sys.stdout.isatty():
        click.echo("\t".join(column.text for column in table.columns))
        for row in table.rows:
            click.echo("\t".join(" ".join(str(value).split()) for value in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=table.subtitle, title_justify="left", header_style="bold")
    for column in table.columns:
        drawn.add_column(column.text, justify=column.align if column.align in ("left", "right") else "center")
    before = None
    for row, stands_out in zip(table.rows, late or [False] * len(table.rows), strict=True):
        again = sections and row[0] == before
        if sections and not again and before is not None:
            drawn.add_section()
        before = row[0]
        cells = ("", *row[1:]) if again else row
        drawn.add_row(*(Text(str(value)) for value in cells), style="bold red" if stands_out else "")
    Console().print(drawn)
