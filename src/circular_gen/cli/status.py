"""`circular-gen status`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from circular_gen.messages import _

_FILE = click.Path(path_type=Path, dir_okay=False)

if TYPE_CHECKING:
    from circular_gen.ledger.register import Register
    from circular_gen.records import Records


@click.command(
    "status",
    help=_("Who has confirmed, who is late: every unit of the circular NAME, or a line for each issued circular."),
)
@click.argument("name", required=False)
@click.option("--late", is_flag=True, help=_("only what is overdue"))
@click.option("--unopened", is_flag=True, help=_("only units that have not opened it"))
@click.option("--group", metavar="GROUP", help=_("only units of this group, as the circular names it"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.option("--xlsx", type=_FILE, help=_("write it into a workbook"))
@click.option("--chart", type=_FILE, help=_("draw the confirmations over time into FILE.svg or FILE.png"))
@click.pass_obj
def command(
    workspace: Path,
    name: str | None,
    late: bool,
    unopened: bool,
    group: str | None,
    as_json: bool,
    xlsx: Path | None,
    chart: Path | None,
) -> None:
    from circular_gen.records import NothingIssuedError, open_records

    if name is None and (unopened or group is not None or chart is not None):
        raise click.UsageError(_("name the circular: --unopened, --group and --chart are about its units"))
    if chart is not None:
        from circular_gen.charts import write_chart

        write_chart(workspace.resolve(), str(name), chart)
        click.echo(_("written into {file}").format(file=chart), err=as_json)
    try:
        with open_records(workspace.resolve()) as records:
            if name is None:
                record, table, lines = _of_circulars(records, late)
            else:
                record, table, lines = _of_units(records, name, {"late": late, "unopened": unopened, "group": group})
    except NothingIssuedError as nothing:
        if name is not None or xlsx is not None:
            raise
        click.echo(json.dumps({"as_of": None, "circulars": []}) if as_json else str(nothing))
        return
    if xlsx is not None:
        from circular_gen.disk import write_whole
        from circular_gen.ledger.register import xlsx_bytes

        write_whole(xlsx, xlsx_bytes(table))
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    if xlsx is not None:
        click.echo(_("written into {file}").format(file=xlsx))
    if xlsx is None and chart is None:
        from circular_gen.cli.table import show

        late_rows = tuple("overdue" in unit["flags"] for unit in record.get("units", ()))
        show(table, late=late_rows, sections=name is not None)
        if name is not None:
            click.echo(lines[0])
    for line in lines[1:]:
        click.echo(line, err=True)


def _of_units(records: "Records", name: str, filters: dict[str, Any]) -> "tuple[dict[str, Any], Register, list[str]]":
    """The record, the table, the line below it and notes."""
    from circular_gen.ledger import report
    from circular_gen.ledger.deadlines import utc_now

    paper, now, office, calendar = records.paper(name), utc_now(), records.office.zone, records.calendar
    statuses = records.ledger.statuses(paper.circular, now)
    shown = report.chosen(statuses, **filters)
    lines = [report.counted(statuses)]
    if void := paper.withdrawn or paper.abolished:
        lines.append(_("note: the circular is withdrawn or abolished: {reason}").format(reason=void))
    changed = records.changed_since_issue(paper.circular)
    for path in changed:
        message = _(
            "note: {path} is not as it was when the circular was issued; the originals are in {folder}, issue --revise "
            "makes a new edition"
        )
        lines.append(message.format(path=path, folder=records.folder(paper.circular, paper.revision)))
    lines += report.calendar_warnings(shown, now, office, calendar)
    record = report.status_record(paper, statuses, now, office, calendar, shown)
    record["changed"] = list(changed)
    return record, report.status_table(paper, shown, now, office, calendar), lines


def _of_circulars(records: "Records", late: bool) -> "tuple[dict[str, Any], Register, list[str]]":
    from circular_gen.ledger.deadlines import utc_now
    from circular_gen.ledger.report import circulars_record, circulars_table
    from circular_gen.records import changed_findings

    now, office = utc_now(), records.office.zone
    summaries = [summary for summary in records.ledger.circulars(now) if summary.overdue or not late]
    changed = changed_findings(records.root, [summary.paper.circular for summary in summaries])
    return circulars_record(summaries, now, office), circulars_table(summaries, now, office), ["", *map(str, changed)]
