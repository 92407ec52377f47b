"""`circular-gen receipts`: what came back."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from circular_gen.cli.extend import command as extend_command
from circular_gen.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from circular_gen.ledger import Paper, Standing
    from circular_gen.returns.reviewing import Waiting
    from circular_gen.returns.settling import Fate
    from circular_gen.returns.words import Rows

_ACTOR = _("who records it (default: the office's contact)")
_REASON = _("why; it stands in the ledger")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_RESERVATIONS = ("missing-copies", "missing-pages", "damaged", "wrong-addressee", "seal-unclear")
_HOW = ("paper", "phone", "wechat", "proxy", "electronic")


@click.group("receipts", help=_("What came back from the units."))
def command() -> None:
    pass


@command.command(
    "confirm",
    help=_(
        "Record by hand that UNIT (id or name) has received the circular NAME, or with --from the receipts of a whole "
        "list. Twice is recorded once."
    ),
)
@click.argument("name")
@click.argument("unit", required=False)
@click.option("--by", metavar="PERSON", help=_("who signed for the unit"))
@click.option("--at", metavar="TIME", help=_("when, e.g. “2026-11-27 15:20”, in the office's own time (default: now)"))
@click.option("--how", type=click.Choice(_HOW), help=_("how it was confirmed (default: paper)"))
@click.option("--evidence", type=_FILE, help=_("a scan, a photo or a letter that shows it; a copy is kept"))
@click.option("--note", help=_("a remark"))
@click.option("--report", is_flag=True, help=_("the unit's report has come, not only the receipt"))
@click.option("--revision", type=click.IntRange(min=0), help=_("the edition it is for (default: the newest then)"))
@click.option(
    "--reservation",
    type=click.Choice(_RESERVATIONS),
    multiple=True,
    help=_("what was wrong with what came; may be given several times"),
)
@click.option("--settled", is_flag=True, help=_("nothing is wrong with it any more"))
@click.option(
    "--from",
    "list_file",
    type=_FILE,
    help=_("a table (XLSX or CSV) with the columns 单位, 签收人, 签收时间, 签收方式, 备注"),
)
@click.option("--dry-run", is_flag=True, help=_("with --from: show what would become of each row, record nothing"))
@click.option("--skip-wrong", is_flag=True, help=_("with --from: record the good rows though others are wrong"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def confirm_command(
    workspace: Path,
    name: str,
    unit: str | None,
    by: str | None,
    at: str | None,
    how: str | None,
    evidence: Path | None,
    note: str | None,
    report: bool,
    revision: int | None,
    reservation: tuple[str, ...],
    settled: bool,
    list_file: Path | None,
    dry_run: bool,
    skip_wrong: bool,
    actor: str | None,
) -> None:
    from circular_gen.returns.by_hand import confirm

    if list_file is not None:
        if unit or by or at or how or evidence or note or report or reservation or settled or revision is not None:
            raise click.UsageError(_("with --from, unit, person and time stand in the list"))
        _confirm_list(workspace, name, list_file, dry_run, skip_wrong, actor)
        return
    if dry_run or skip_wrong:
        raise click.UsageError(_("--dry-run and --skip-wrong go with --from"))
    if (report and (reservation or settled)) or (reservation and settled):
        raise click.UsageError(_("--report, --reservation and --settled: only one of them"))
    if not unit or by is None:
        raise click.UsageError(_("name the unit and, with --by, the person who signed; or a list with --from"))
    done = confirm(
        workspace.resolve(),
        name,
        unit,
        by=by,
        at=at,
        how=how or "paper",
        evidence=evidence,
        note=note,
        revision=revision,
        reported=report,
        reservation=reservation,
        settled=settled,
        actor=actor,
    )
    if done.new:
        message = _("{name}, {unit}: report recorded, {by}, {at}") if report else ""
        message = message or _("{name}, {unit}: receipt recorded, {by}, {at}")
    elif done.added:
        message = _("{name}, {unit}: recorded before, {by}, {at}; the evidence was added")
    else:
        message = _("{name}, {unit}: recorded before, {by}, {at}; nothing was changed (receipts annul takes it back)")
    values = {"name": done.paper.circular, "unit": done.unit.name or done.unit.unit, "by": done.by}
    line = message.format(**values, at=f"{done.at:%Y-%m-%d %H:%M}")
    if done.paper.revision:
        line += _(" (edition r{revision})").format(revision=done.revision)
    if done.new and reservation:
        from circular_gen.ledger.report import reservation_words

        words = "、".join(reservation_words()[word] for word in reservation)
        line += _("; with reservation: {words}").format(words=words)
    click.echo(line)
    _warn_of_void(done.paper)


def _confirm_list(workspace: Path, name: str, file: Path, dry_run: bool, skip_wrong: bool, actor: str | None) -> None:
    """Each row's fate, what was recorded; exit code 1 where a row is wrong."""
    from circular_gen.returns.by_hand import confirm_list

    listed = confirm_list(workspace.resolve(), name, file, dry_run=dry_run, skip_wrong=skip_wrong, actor=actor)
    words = {
        "new": _("recorded") if listed.recorded else _("good"),
        "before": _("recorded before"),
        "empty": _("nothing to record"),
        "wrong": _("wrong"),
    }
    for fate in listed.fates:
        parts = (str(fate.row), words[fate.word], fate.unit, fate.by, fate.at, fate.why if fate.word != "empty" else "")
        click.echo("\t".join(parts).rstrip())
    message = _("{new} receipts recorded, {before} recorded before, {empty} rows without a receipt, {wrong} wrong")
    if dry_run:
        message = _("nothing was recorded: {new} rows are good, {before} recorded before, {empty} empty, {wrong} wrong")
    elif not listed.recorded:
        message = _(
            "nothing was recorded, since {wrong} rows are wrong; put them right, or record the {new} good ones with "
            "--skip-wrong"
        )
    counts = {word: listed.count(word) for word in ("new", "before", "empty", "wrong")}
    click.echo(message.format(**counts))
    _warn_of_void(listed.paper)
    if counts["wrong"]:
        sys.exit(1)


def _warn_of_void(paper: "Paper") -> None:
    if paper.withdrawn or paper.abolished:
        click.echo(_("note: the circular is withdrawn or abolished"), err=True)


@command.command(
    "annul",
    help=_(
        "Take back the last receipt recorded for UNIT, or the event of a number: a mistake. It stays in the ledger, "
        "and counts no more."
    ),
)
@click.argument("name")
@click.argument("unit", required=False)
@click.option("--event", type=click.IntRange(min=1), help=_("the event's number, as receipts show tells it"))
@click.option("--reason", required=True, help=_REASON)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def annul_command(
    workspace: Path, name: str, unit: str | None, event: int | None, reason: str, actor: str | None
) -> None:
    from circular_gen.ledger.report import kind_words
    from circular_gen.returns.by_hand import annul

    done = annul(workspace.resolve(), name, unit, reason=reason, event=event, actor=actor)
    message = _("{name}, {unit}: event {event} ({what}) counts no more")
    what = "　".join(filter(None, (kind_words()[done.event.kind], done.event.payload.get("by", ""))))
    values = {"name": done.paper.circular, "event": done.event.sequence, "what": what}
    click.echo(message.format(**values, unit=_shown(done.unit)))


def _shown(unit: "Standing | None") -> str:
    return (unit.name or unit.unit) if unit else _("the circular itself")


@command.command("exempt", help=_("Ask nothing more of UNIT (免签收): it owes no receipt for the circular NAME."))
@click.argument("name")
@click.argument("unit")
@click.option("--reason", required=True, help=_REASON)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def exempt_command(workspace: Path, name: str, unit: str, reason: str, actor: str | None) -> None:
    from circular_gen.returns.handling import exempt

    done = exempt(workspace.resolve(), name, unit, reason, actor=actor)
    message = _("{name}, {unit}: exempted, {reason}") if done.new else _("{name}, {unit}: exempted before, {reason}")
    click.echo(message.format(name=done.paper.circular, unit=_shown(done.unit), reason=done.said))


@command.command("return", help=_("Record that UNIT has sent the circular NAME back (退回), and why."))
@click.argument("name")
@click.argument("unit")
@click.option("--reason", required=True, help=_REASON)
@click.option("--by", metavar="PERSON", help=_("who sent it back"))
@click.option("--at", metavar="TIME", help=_("when, e.g. “2026-11-27 15:20”, in the office's own time (default: now)"))
@click.option("--evidence", type=_FILE, help=_("a scan, a photo or a letter that shows it; a copy is kept"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def return_command(
    workspace: Path,
    name: str,
    unit: str,
    reason: str,
    by: str | None,
    at: str | None,
    evidence: Path | None,
    actor: str | None,
) -> None:
    from circular_gen.returns.handling import return_

    done = return_(workspace.resolve(), name, unit, reason, by=by, at=at, evidence=evidence, actor=actor)
    message = _("{name}, {unit}: returned, {reason}") if done.new else _("{name}, {unit}: returned before, {reason}")
    click.echo(message.format(name=done.paper.circular, unit=_shown(done.unit), reason=done.said))


@command.command(
    "recheck", help=_("Record that the report of UNIT was looked through (复核): it is in order, or goes back to UNIT.")
)
@click.argument("name")
@click.argument("unit")
@click.option("--sent-back", metavar="REASON", help=_("it is not in order and goes back; why"))
@click.option("--by", metavar="PERSON", help=_("who looked through it"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def recheck_command(
    workspace: Path, name: str, unit: str, sent_back: str | None, by: str | None, actor: str | None
) -> None:
    from circular_gen.returns.handling import recheck

    done = recheck(workspace.resolve(), name, unit, sent_back=sent_back, by=by, actor=actor)
    message = _("{name}, {unit}: the report is in order")
    if sent_back is not None:
        message = _("{name}, {unit}: the report goes back, {reason}")
    if not done.new:
        message = _("{name}, {unit}: recorded before; nothing was changed")
    click.echo(message.format(name=done.paper.circular, unit=_shown(done.unit), reason=done.said))


@command.command(
    "close",
    help=_("Close the case of UNIT (销号), or without UNIT of the whole circular NAME: nothing is open any more."),
)
@click.argument("name")
@click.argument("unit", required=False)
@click.option("--reason", help=_("why, where an answer is still owed"))
@click.option("--by", metavar="PERSON", help=_("who decided it"))
@click.option("--evidence", type=_FILE, help=_("a scan, a photo or a letter that shows it; a copy is kept"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.pass_obj
def close_command(
    workspace: Path,
    name: str,
    unit: str | None,
    reason: str | None,
    by: str | None,
    evidence: Path | None,
    actor: str | None,
) -> None:
    from circular_gen.returns.handling import close

    done = close(workspace.resolve(), name, unit, reason=reason, by=by, evidence=evidence, actor=actor)
    message = _("{name}, {unit}: closed, {time}") if done.new else _("{name}, {unit}: closed before, {time}")
    click.echo(message.format(name=done.paper.circular, unit=_shown(done.unit), time=f"{done.said:%Y-%m-%d %H:%M}"))


command.add_command(extend_command)


@command.command(
    "show", help=_("Everything the ledger knows about UNIT and the circular NAME, in the order of record.")
)
@click.argument("name")
@click.argument("unit")
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def show_command(workspace: Path, name: str, unit: str, as_json: bool) -> None:
    from circular_gen.returns.told import tell

    told = tell(workspace.resolve(), name, unit)
    if as_json:
        click.echo(json.dumps(told.record(), ensure_ascii=False, indent=1))
        return
    for line in told.lines():
        click.echo(line)


@command.command(
    "scan",
    help=_(
        "Read signed papers that came back: PDF, JPEG, PNG and TIFF files, folders of them, ZIPs. What is not certain "
        "goes to review. The same file again changes nothing."
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help=_("worker processes (default: one a core)"))
@click.option("--cluster", metavar=_("ADDRESS"), help=_("on the Dask cluster with this scheduler (tcp://host:8786)"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def scan_command(
    workspace: Path, paths: tuple[Path, ...], jobs: int | None, cluster: str | None, actor: str | None, as_json: bool
) -> None:
    import os

    from circular_gen import executors
    from circular_gen.cli.progress import progress_bar
    from circular_gen.returns.scanning import scan
    from circular_gen.returns.words import fate_words

    hands = executors.cluster(cluster) if cluster is not None else None
    with progress_bar(_("reading")) as progress:
        count = jobs or os.cpu_count() or 1
        report = scan(workspace.resolve(), paths, jobs=count, actor=actor, progress=progress, hands=hands)
    if as_json:
        click.echo(json.dumps(report.record(), ensure_ascii=False, indent=1))
    else:
        rows = _printed_rows(workspace.resolve(), report.fates)
        for fate in report.fates:
            click.echo(_page_line(fate, rows))
        fates = fate_words()
        counts = [f"{fates[name]} {count}" for name, count in report.counts().items()]
        click.echo(_("{count} pages: {fates}").format(count=len(report.fates), fates=_("; ").join(counts)))
    if not report.clean:
        sys.exit(1)


def _printed_rows(root: Path, fates: "Iterable[Fate]") -> "Mapping[int, Rows]":
    """What stands on the checklists that went to review, by the event: people know their rows, not the tasks' ids."""
    from circular_gen.returns.reviewing import rows_of

    events = [fate.event for fate in fates if fate.event and fate.form == "checklist" and fate.detail]
    return rows_of(root, events) if events else {}


def _page_line(fate: "Fate", rows: "Mapping[int, Rows]") -> str:
    """What became of a page."""
    from circular_gen.returns.words import fate_words, form_words

    page = str(fate.page) if fate.page else "-"
    form = form_words().get(fate.form or "", fate.form)
    whose = " ".join(filter(None, (fate.circular, fate.unit, form, str(fate.form_page or ""))))
    what = fate_words()[fate.fate]
    if fate.reason:
        what += _(": {reason}").format(reason=_why(fate.reason, fate.detail, rows.get(fate.event or 0)))
    number = f"[{fate.event}]" if fate.event else ""
    return "  ".join(filter(None, (fate.file, page, whose, what, number)))


def _why(reason: str, detail: str, rows: "Rows | None" = None) -> str:
    """A reason and its details, said once."""
    from circular_gen.returns.words import in_words, reason_words

    if detail.split(" ")[0].rstrip(";") == reason:
        return in_words(detail, rows)
    word = reason_words().get(reason, reason)
    return f"{word} ({detail})" if detail else word


@command.command(
    "fetch",
    help=_(
        "Take in the mail that came to the office's mailbox: signed papers are read as by scan, reports say what was "
        "delivered or came back. What is not certain goes to review; nothing is deleted."
    ),
)
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def fetch_command(workspace: Path, actor: str | None, as_json: bool) -> None:
    from circular_gen.cli.progress import progress_bar
    from circular_gen.returns.fetching import fetch
    from circular_gen.returns.words import mail_words, reason_words

    with progress_bar(_("fetching")) as progress:
        report = fetch(workspace.resolve(), actor=actor, progress=progress)
    if as_json:
        click.echo(json.dumps(report.record(), ensure_ascii=False, indent=1))
    else:
        words, reasons = mail_words(), reason_words()
        rows = _printed_rows(workspace.resolve(), [page for mail in report.fates for page in mail.pages])
        for mail in report.fates:
            what = words[mail.fate]
            if mail.reason:
                what += _(": {reason}").format(reason=reasons.get(mail.reason, mail.reason))
            what += f" ({mail.detail})" if mail.detail else ""
            whose = " ".join(filter(None, (mail.circular, mail.unit)))
            number = f"[{mail.event}]" if mail.event else ""
            click.echo("  ".join(filter(None, (mail.sender, mail.subject, whose, what, number))))
            for page in mail.pages:
                click.echo("    " + _page_line(page, rows))
        counts = [f"{words[name]} {count}" for name, count in report.counts().items()]
        click.echo(_("{count} mails: {fates}").format(count=len(report.fates), fates=_("; ").join(counts) or "-"))
        if any(not mail.moved for mail in report.fates):
            message = _("the server cannot move mail: what was taken in stays in the mailbox, and is known there")
            click.echo(message, err=True)
    if not report.clean:
        sys.exit(1)


@command.command(
    "archive-image",
    help=_(
        "Straighten the scans and photos that came back, of the circular NAME and its UNIT, or all, and put them as "
        "PDF/A beside the originals in records/evidence."
    ),
)
@click.argument("name", required=False)
@click.argument("unit", required=False)
@click.pass_obj
def archive_image_command(workspace: Path, name: str | None, unit: str | None) -> None:
    from circular_gen.cli.progress import progress_bar
    from circular_gen.returns.straightened import archive_images
    from circular_gen.returns.words import reason_words

    root = workspace.resolve()
    with progress_bar(_("straightening")) as progress:
        made = archive_images(root, name, unit, progress=progress)
    reasons = reason_words()
    for one in made:
        if one.file is None:
            said = _("{file} cannot be read: {reason}")
            click.echo(said.format(file=one.original.name, reason=reasons.get(one.reason, one.reason)), err=True)
        else:
            click.echo(one.file.relative_to(root).as_posix())
    new = sum(one.new for one in made)
    before = sum(one.file is not None for one in made) - new
    click.echo(_("{new} files made, {before} there before").format(new=new, before=before), err=True)
    if any(one.file is None for one in made):
        sys.exit(1)


@command.command(
    "review",
    help=_(
        "The returned pages that wait for a person's decision: on a terminal one by one, else as a list. With NUMBER, "
        "that page alone; --accept, --correct or --reject decides on it."
    ),
)
@click.argument("number", type=int, required=False)
@click.option("--accept", "decision", flag_value="accepted", help=_("it is as it was read, and confirms"))
@click.option("--correct", "decision", flag_value="corrected", help=_("it is what the options below say, and confirms"))
@click.option("--reject", metavar="REASON", help=_("it confirms nothing"))
@click.option("--circular", metavar="NAME", help=_("whose page it is: the circular"))
@click.option("--unit", metavar="UNIT", help=_("whose page it is: the unit, by id or name"))
@click.option("--form", type=click.Choice(("receipt", "checklist")), help=_("what it is"))
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=ANSWER", help=_("an answer, e.g. t1=yes"))
@click.option("--by", metavar="PERSON", help=_("who signed for the unit"))
@click.option("--actor", metavar="PERSON", help=_ACTOR)
@click.option("--pictures", is_flag=True, help=_("save the pictures into out/review/"))
@click.option("--list", "as_list", is_flag=True, help=_("a list, also on a terminal"))
@click.option("--json", "as_json", is_flag=True, help=_("the same as JSON"))
@click.pass_obj
def review_command(
    workspace: Path,
    number: int | None,
    decision: str | None,
    reject: str | None,
    circular: str | None,
    unit: str | None,
    form: str | None,
    answers: tuple[str, ...],
    by: str | None,
    actor: str | None,
    pictures: bool,
    as_list: bool,
    as_json: bool,
) -> None:
    from circular_gen.records import NothingIssuedError
    from circular_gen.returns.reviewing import waiting

    root = workspace.resolve()
    if reject is not None:
        if decision:
            raise click.UsageError(_("accept, correct or reject: one of them"))
        decision = "rejected"
    if decision is not None:
        if number is None:
            raise click.UsageError(_("name the page by its number"))
        said = {"circular": circular, "unit": unit, "form": form, "answers": _answers(answers)}
        if decision != "corrected" and any(said.values()):
            raise click.UsageError(_("only --correct says whose page it is and what it answers"))
        _decide(root, number, decision, reason=reject, by=by, actor=actor, **said)
        return
    alone = not (as_json or as_list) and number is None and sys.stdin.isatty() and sys.stdout.isatty()
    try:
        found = waiting(root, number, pictures=pictures or alone)
    except NothingIssuedError as nothing:
        found = ()
        if not as_json:
            click.echo(str(nothing))
            return
    if as_json:
        click.echo(json.dumps([page.record() for page in found], ensure_ascii=False, indent=1))
        return
    for page in found:
        _show_review(page)
        if alone and not _ask(root, page, actor):
            return
    if not found:
        click.echo(_("nothing waits for review"))


def _answers(words: tuple[str, ...]) -> dict[str, str]:
    answers = {}
    for word in words:
        question, equals, answer = word.partition("=")
        if not equals or not question:
            raise click.UsageError(_("write an answer as t1=yes"))
        answers[question] = answer
    return answers


def _show_review(page: "Waiting") -> None:
    from circular_gen.returns.words import form_words

    form = form_words().get(page.form or "", page.form)
    whose = " ".join(filter(None, (page.circular, page.unit, page.name, form)))
    file = " ".join(filter(None, (page.file, str(page.page or ""))))
    why = f"{_why(page.reason, page.detail, page.rows)} [{page.reason}]"
    click.echo("  ".join(filter(None, (str(page.event), page.time, whose, why, file))))
    for picture in page.pictures:
        click.echo(f"    {picture}")


def _decide(root: Path, number: int, decision: str, **given: Any) -> None:
    from circular_gen.returns.reviewing import decide

    done = decide(root, number, decision, **given)  # type: ignore[arg-type]
    words = {"accepted": _("accepted"), "corrected": _("corrected"), "rejected": _("rejected")}
    whose = " ".join(filter(None, (done.circular, done.unit)))
    click.echo("  ".join(filter(None, (str(done.event), words[decision], whose, "、".join(done.kinds)))))


def _ask(root: Path, page: "Waiting", actor: str | None) -> bool:
    """Ask what to do with a page; whether to go on with the next."""
    from circular_gen.errors import CircularGenError

    if page.answers:
        from circular_gen.returns.words import answers_in_words

        click.echo("    " + answers_in_words(page.answers, page.rows))
    prompt = _("a accept, c correct, r reject, s skip, q quit")
    while True:
        word = click.prompt(prompt, type=click.Choice(("a", "c", "r", "s", "q")), show_choices=False, default="s")
        if word in ("s", "q"):
            return bool(word == "s")
        try:
            if word == "r":
                _decide(root, page.event, "rejected", actor=actor, reason=click.prompt(_("reason")))
                return True
            signer = None
            if page.form is not None or word == "c":
                signer = click.prompt(_("who signed (empty: the unit)"), default="", show_default=False) or None
            if word == "a":
                _decide(root, page.event, "accepted", actor=actor, by=signer)
            else:
                circular = click.prompt(_("circular"), default=page.circular or "")
                unit = click.prompt(_("unit"), default=page.unit or "")
                form = page.form or click.prompt(
                    _("form"), type=click.Choice(("receipt", "checklist")), default="receipt"
                )
                words = click.prompt(_("answers that differ, e.g. t1=yes t2=no"), default="", show_default=False)
                said = {"circular": circular or None, "unit": unit or None, "answers": _answers(tuple(words.split()))}
                _decide(root, page.event, "corrected", actor=actor, by=signer, form=form, **said)
            return True
        except (CircularGenError, click.UsageError) as error:
            click.echo(str(error), err=True)
