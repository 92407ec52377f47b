"""`circular-gen remind`: who is late is reminded, once a person has approved it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from circular_gen.messages import _

if TYPE_CHECKING:
    from circular_gen.dispatch.reminding import Proposal

_ACTOR = _("who records it (default: the office's contact)")
_FILE = click.Path(path_type=Path, dir_okay=False)


class _Remind(click.Group):
    """`remind`, `remind NAME` and `remind --send` stand for `remind due …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = args and args[0] in (*self.commands, *self.get_help_option_names(ctx))
        return super().parse_args(ctx, args if known else ["due", *args])


@click.group(
    "remind",
    cls=_Remind,
    help=_(
        "remind [NAME…] drafts what is due: notices, reminders, escalations, bulletins; remind --send sends what was "
        "drafted; remind called records a call. remind due -h lists the options."
    ),
)
def command() -> None:
    pass


@command.command(
    "due",
    help=_(
        "Draft what is due of the circulars NAME… (default: all that ask for reminders) into out/reminders. Nothing is "
        "sent before --send, and then only what is still due."
    ),
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help=_("only show what is due, and who is left alone and why"))
@click.option("--send", "sending", is_flag=True, help=_("send what was drafted and is still due"))
@click.option("--by", metavar="PERSON", help=_("with --send: who approves it"))
@click.option("--only", metavar="UNIT", multiple=True, help=_("with --send: only to this unit; several times for more"))
@click.option("--anyway", is_flag=True, help=_("also in quiet hours and on days off"))
@click.option("--here", is_flag=True, help=_("with --send: this copy of the workspace is the one that sends"))
@click.option("--undeclared", is_flag=True, help=_("also circulars that announced none, by the office's policy"))
@click.option("--bulletin", is_flag=True, help=_("draft a bulletin (通报) too, whatever the policy says"))
@click.option("--phone", is_flag=True, help=_("the list of units to call, with room for what they say"))
@click.option("--xlsx", type=_FILE, help=_("with --phone: write it into a workbook"))
@click.option("--docx", type=_FILE, help=_("with --phone: write it into a Word file"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def due_command(
    workspace: Path,
    names: tuple[str, ...],
    dry_run: bool,
    sending: bool,
    by: str | None,
    only: tuple[str, ...],
    anyway: bool,
    here: bool,
    undeclared: bool,
    bulletin: bool,
    phone: bool,
    xlsx: Path | None,
    docx: Path | None,
    actor: str | None,
    as_json: bool,
) -> None:
    from circular_gen.records import NothingIssuedError

    root = workspace.resolve()
    if undeclared and not names and not sending:
        raise click.UsageError(_("name the circulars with --undeclared"))
    if not sending and (by or only or here):
        raise click.UsageError(_("--by, --only and --here go with --send"))
    if sending and (dry_run or phone or bulletin):
        raise click.UsageError(_("--send sends what was drafted; draft first"))
    if not phone and (xlsx or docx):
        raise click.UsageError(_("--xlsx and --docx go with --phone"))
    try:
        if sending:
            if not by:
                raise click.UsageError(_("say who approves it, with --by"))
            _send(root, as_json, by=by, names=names, only=only, anyway=anyway, here=here, actor=actor)
        elif phone:
            _phone(root, names, undeclared, xlsx, docx)
        else:
            _draft(root, names, dry_run, anyway, undeclared, bulletin, as_json)
    except NothingIssuedError as nothing:
        click.echo(json.dumps({"drafts": [], "held": []}) if as_json else str(nothing))


def _draft(
    root: Path, names: tuple[str, ...], dry_run: bool, anyway: bool, undeclared: bool, bulletin: bool, as_json: bool
) -> None:
    from circular_gen.dispatch.reminding import draft

    proposal = draft(root, names, dry_run=dry_run, anyway=anyway, undeclared=undeclared, bulletin=bulletin)
    if as_json:
        click.echo(json.dumps(_record(proposal), ensure_ascii=False, indent=1))
        return
    _show(proposal)


def _show(proposal: "Proposal") -> None:
    from circular_gen.ledger.report import manner_words, short_time

    manners = manner_words()
    for prospect in proposal.prospects:
        office = prospect.setting.office
        for claim in prospect.plan.claims:
            what = manners[claim.manner]
            if claim.nth:
                what += _(", number {nth}").format(nth=claim.nth)
            why = _("due {time}").format(time=short_time(claim.due, office))
            if claim.late:
                why += _(", {days} days late").format(days=claim.late)
            if claim.original_due != claim.due:
                why += _(", extended from {time}").format(time=short_time(claim.original_due, office))
            if claim.before:
                why += _(", reminded {count} times").format(count=claim.before)
            click.echo("\t".join((prospect.paper.circular, claim.name, what, why)))
        if prospect.plan.bulletin:
            click.echo("\t".join((prospect.paper.circular, _("all units"), manners["bulletin"])))
    words = held_words()
    for paper, held in proposal.held:
        click.echo("\t".join((paper.circular, held.name, _("not reminded"), words[held.why])))
    for name in proposal.closed:
        message = _("{name} announced no reminders; --undeclared takes the office's policy for it")
        click.echo(message.format(name=name), err=True)
    drafts = proposal.drafts
    if not drafts:
        click.echo(_("nothing is due"))
        return
    if proposal.folder is not None:
        message = _("{count} drafts are in {folder}; remind --send --by PERSON sends what is then still due")
        click.echo(message.format(count=len(drafts), folder=proposal.folder))
    if proposal.opens is not None:
        message = _("note: nothing is sent before {time}")
        click.echo(message.format(time=f"{proposal.opens:%Y-%m-%d %H:%M}"), err=True)


def held_words() -> dict[str, str]:
    """Why a unit is left alone, or a draft was dropped, as a clerk reads it."""
    return {
        "review": _("an answer is in review"),
        "bounced": _("the message came back: send it again first"),
        "unknown": _("nobody knows whether it arrived: find out first"),
        "returned": _("it was sent back to us: answer first"),
        "reservation": _("something is missing in what it got: send that first"),
        "not-sent": _("it has not been sent the circular"),
        "cool-down": _("it was reminded just now"),
        "most": _("it was reminded as often as the policy allows"),
        "escalated": _("it was escalated already"),
        "answered": _("it owes nothing any more"),
        "changed": _("it is due another message now: draft again"),
        "closed": _("the circular announced no reminders"),
    }


def _record(proposal: "Proposal") -> dict[str, Any]:
    from circular_gen.ledger.report import iso_time

    def time(text: str | None, prospect: Any) -> str | None:
        return iso_time(text, prospect.setting.office)

    return {
        "opens": proposal.opens.isoformat(timespec="minutes") if proposal.opens else None,
        "drafts": [
            {
                "circular": prospect.paper.circular,
                "unit": claim.unit,
                "name": claim.name,
                "manner": claim.manner,
                "nth": claim.nth,
                "due": time(claim.due, prospect),
                "original_due": time(claim.original_due, prospect),
                "days_late": claim.late,
                "reminded": claim.before,
            }
            for prospect in proposal.prospects
            for claim in prospect.plan.claims
        ]
        + [
            {"circular": prospect.paper.circular, "unit": None, "manner": "bulletin"}
            for prospect in proposal.prospects
            if prospect.plan.bulletin
        ],
        "held": [
            {"circular": paper.circular, "unit": held.unit, "name": held.name, "why": held.why}
            for paper, held in proposal.held
        ],
        "undeclared": list(proposal.closed),
    }


def _send(root: Path, as_json: bool, **given: Any) -> None:
    from circular_gen.dispatch.reminding import send
    from circular_gen.ledger.report import manner_words

    sent = send(root, **given)
    if as_json:
        record = {
            "sent": [{**asdict(one), "number": one.number or None} for one in sent.gone],
            "dropped": [{"circular": one.circular, "unit": one.unit, "why": why} for one, why in sent.dropped],
            "stopped": list(sent.stopped),
        }
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        sys.exit(0 if sent.clean else 1)
    manners, words, states = manner_words(), held_words(), state_words()
    for one in sent.gone:
        said = states.get(one.state, one.state) + (f" ({words.get(one.answer, one.answer)})" if one.answer else "")
        click.echo("\t".join(filter(None, (one.circular, one.name, manners[one.manner], one.number, said))))
    for drafted, why in sent.dropped:
        click.echo("\t".join((drafted.circular, drafted.unit or _("all units"), _("not sent"), words.get(why, why))))
    message = _("{sent} sent, {dropped} dropped")
    left = sum(one.state in ("printed", "handed-over") for one in sent.gone)
    click.echo(message.format(sent=left, dropped=len(sent.dropped) + sum(one.state == "dropped" for one in sent.gone)))
    for line in sent.stopped:
        click.echo(line, err=True)
    if sent.printed is not None:
        click.echo(_("to print: {file}").format(file=sent.printed))
    sys.exit(0 if sent.clean else 1)


def state_words() -> dict[str, str]:
    """What became of a message, as a clerk reads it."""
    return {
        "printed": _("to be printed"),
        "handed-over": _("handed over for delivery"),
        "planned": _("not sent yet: remind --send goes on"),
        "refused": _("refused"),
        "unknown": _("nobody knows whether it arrived"),
        "waiting": _("waits for a person's word"),
        "dropped": _("not sent"),
        "leased": _("being sent"),
    }


def _phone(root: Path, names: tuple[str, ...], undeclared: bool, xlsx: Path | None, docx: Path | None) -> None:
    from circular_gen.cli.table import show
    from circular_gen.dispatch.phone_list import phone_list, write_phone_list

    register = phone_list(root, names, undeclared=undeclared)
    for path in filter(None, (xlsx, docx)):
        write_phone_list(root, register, path)
        click.echo(_("written into {file}").format(file=path))
    if not xlsx and not docx:
        show(register)


@command.command(
    "called",
    help=_("Record that UNIT was reminded of the circular NAME on the phone, and what it answered (催办记录)."),
)
@click.argument("name")
@click.argument("unit")
@click.option("--answer", required=True, help=_("what the unit said"))
@click.option("--by", metavar="PERSON", help=_("who called"))
@click.option("--to", metavar="PERSON", help=_("who answered the call"))
@click.option("--at", metavar="TIME", help=_("when, e.g. “2026-11-27 15:20”, in the office's own time (default: now)"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def called_command(
    workspace: Path,
    name: str,
    unit: str,
    answer: str,
    by: str | None,
    to: str | None,
    at: str | None,
    actor: str | None,
) -> None:
    from circular_gen.dispatch.reminding import called

    done = called(workspace.resolve(), name, unit, answer=answer, by=by, to=to, at=at, actor=actor)
    message = _("{name}, {unit}: call recorded, {time}")
    values = {"name": done.paper.circular, "unit": done.unit.name or done.unit.unit}
    click.echo(message.format(**values, time=f"{done.at:%Y-%m-%d %H:%M}"))
    if done.unit.withdrawn or done.paper.withdrawn:
        click.echo(_("note: the circular is withdrawn or abolished"), err=True)
        sys.exit(0)
