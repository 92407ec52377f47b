"""The words of scanning as a clerk reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from circular_gen.messages import _

_SHOWN = 16
"""Characters of a task's text that tell it from the others."""

_ABOUT_PAGES = {"page-missing", "marks-missing", "code-aside"}
_ABOUT_PLACES = {
    *("unsigned", "signature-unclear", "seal-missing", "seal-unclear", "grey"),
    *("blurred", "crossed-out", "tick-unclear", "conflicting-ticks", "unanswered"),
}
"""Reasons whose details name pages of a form; places on it."""


def fate_words() -> Mapping[str, str]:
    """What becomes of a page."""
    return {
        "received": _("receipt confirmed"),
        "received-with-reservation": _("receipt confirmed with reservation"),
        "reported": _("answers recorded"),
        "review": _("to review"),
        "blank": _("blank side"),
        "beside": _("no paper of ours"),
        "known": _("read before, nothing changed"),
        "refused": _("refused"),
    }


def mail_words() -> Mapping[str, str]:
    """What becomes of a mail."""
    return {
        "delivered": _("delivered"),
        "bounced": _("bounced"),
        "opened": _("opened"),
        "delayed": _("delayed, the server goes on trying"),
        "relayed": _("handed on, no more is known"),
        "expanded": _("went to a list, no more is known"),
        "noted": _("noted"),
        "again": _("said before, nothing changed"),
        "automatic": _("automatic answer, kept"),
        "own": _("sent by ourselves"),
        "read": _("attachments read"),
        "known": _("taken in before"),
        "review": _("to review"),
        "refused": _("could not be opened"),
    }


def reason_words() -> Mapping[str, str]:
    """Why a page is in review, or refused."""
    return {
        # review
        "no-code": _("no code of ours on the page"),
        "bad-code": _("the code is damaged, forged or unknown here"),
        "other-office": _("the code is another office's"),
        "several-codes": _("codes of several papers in one picture"),
        "code-aside": _("the code does not stand where the form has it"),
        "not-issued": _("the circular has not been issued"),
        "not-addressed": _("the circular does not address the unit"),
        "draft": _("printed from a draft, not from the originals"),
        "no-form": _("a paper without places to read"),
        "no-original": _("its original is not in records/, or was changed"),
        "other-ledger": _("the paper's checkpoint does not fit the ledger"),
        "withdrawn": _("the circular is withdrawn"),
        "abolished": _("the circular is abolished"),
        "exempt": _("the unit is exempt"),
        "duplicate": _("came back before"),
        "marks-missing": _("fewer than three corner marks, or not as printed"),
        "blurred": _("too blurred, or covered"),
        "page-missing": _("pages are missing"),
        "signature-unchecked": _("signed electronically, but office.yaml names no certificates to trust (sign: trust)"),
        "signature-unreadable": _("its electronic signature cannot be read"),
        "signature-broken": _("its electronic signature is broken: the file was changed, or the signature is damaged"),
        "signature-changed": _("changed after it was signed electronically"),
        "signature-untrusted": _("signed electronically with a certificate that the office does not trust"),
        "signature-expired": _("signed electronically with a certificate that has expired, or is not valid yet"),
        "signature-revoked": _("signed electronically with a certificate that was revoked"),
        "signature-time": _("its electronic signature tells a time before the issue, or in the future"),
        "signer-other": _("signed electronically, but the certificate is not the unit's"),
        "nothing-to-sign": _("the form has no place to sign"),
        "unsigned": _("not signed"),
        "signature-unclear": _("perhaps signed"),
        "seal-missing": _("the seal is missing"),
        "seal-unclear": _("perhaps a seal"),
        "grey": _("without colours a stamp cannot be told from a pen"),
        "crossed-out": _("a box is crossed out"),
        "tick-unclear": _("perhaps ticked"),
        "conflicting-ticks": _("several ticks for one question"),
        "unanswered": _("questions without an answer"),
        "unreadable": _("a page of the file cannot be opened"),
        # mails
        "forged-report": _("a delivery report with a forged address or number"),
        "contradicting-report": _("a delivery report that names several messages"),
        "mangled-report": _("a report that is not as the standard has it"),
        "unproven-report": _("a delivery report that does not prove which message it is about"),
        "other-recipient": _("a delivery report about somebody we did not write to"),
        "unclear-report": _("came to the address for bounces and is no report"),
        "only-text": _("an answer without an attachment"),
        "matches-nothing": _("belongs to no message that we sent"),
        "nothing-readable": _("no attachment is a paper of ours"),
        "unread-attachment": _("some attachments are no papers of ours"),
        # refused
        "empty": _("the file is empty"),
        "too-large": _("too large"),
        "too-small": _("too small to read"),
        "too-many-pages": _("too many pages or files"),
        "too-slow": _("took too long"),
        "damaged": _("damaged"),
        "encrypted": _("encrypted: save it without a password"),
        "two-formats": _("two formats in one file"),
        "not-a-scan": _("neither PDF nor JPEG, PNG, TIFF or ZIP"),
        "not-a-file": _("not an ordinary file"),
        "heic": _("HEIC: send it as JPEG"),
        "office-file": _("a Word or Excel file: print it, or save it as PDF"),
        "nested": _("ZIPs within ZIPs"),
    }


def form_words() -> Mapping[str, str]:
    """The papers that come back."""
    return {"receipt": _("receipt"), "checklist": _("checklist")}


def _area_words() -> Mapping[str, str]:
    """Where a form is signed and sealed."""
    return {
        "signature": _("the place to sign"),
        "seal": _("the place for the seal"),
        "sign.inspector": _("the inspector's signature"),
        "sign.responsible": _("the signature of the person in charge"),
    }


def _answer_words() -> Mapping[str, str]:
    """What stands beside the boxes."""
    return {
        "yes": _("yes"),
        "no": _("no"),
        "na": _("not applicable"),
        "done": _("done"),
        "ongoing": _("in progress"),
        "not_started": _("not started"),
        "attend": _("attends"),
        "leave": _("on leave"),
        "complete": _("complete"),
        "missing_copies": _("copies missing"),
        "missing_pages": _("pages missing"),
        "damaged": _("damaged when it came"),
        "misdirected": _("misdirected"),
        "seal_unclear": _("seal unclear"),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a checklist as it was printed: its 序号, and what it asks (empty where nobody knows any more)."""

    number: int
    text: str


Rows = Mapping[str, Row]
"""By the task's id."""


def _question(name: str, rows: Rows) -> str:
    """A question as the form has it; a task by its row, and by its id, with which an answer is corrected."""
    if row := rows.get(name):
        text = row.text if len(row.text) <= _SHOWN else row.text[:_SHOWN] + "…"
        shown = _("row {number} “{text}” ({id})") if text else _("row {number} ({id})")
        return shown.format(number=row.number, text=text, id=name)
    fixed = {"state": _("state on arrival"), "briefed": _("passed on")}
    if person := re.fullmatch(r"p(\d+)(\.lodging)?", name):
        shown = _("person {number}").format(number=person[1])
        return shown + (_(", lodging") if person[2] else "")
    return fixed.get(name, name)


def _place(name: str, rows: Rows) -> str:
    """A box, a question or an area of a form."""
    question, _dot, answer = name.rpartition(".")
    if area := _area_words().get(name):
        return area
    if question and answer in _answer_words():
        return _("{question} “{answer}”").format(question=_question(question, rows), answer=_answer_words()[answer])
    return _question(name, rows)


def in_words(detail: str, rows: Rows | None = None) -> str:
    """What settling.told wrote for programs, for people: `tick-unclear t1.yes; unsigned signature`. What is not of
    that form is a decoder's or a server's own saying, and stays. `rows`: of the checklist that it is about."""
    reasons, said = reason_words(), []
    for part in detail.split("; "):
        reason, *about = part.split(" ")
        if reason not in reasons:
            return detail
        if not about:
            said.append(reasons[reason])
            continue
        if reason in _ABOUT_PAGES:
            about = [_("page {number}").format(number=number) for number in about]
        elif reason == "duplicate":
            about = [_("event {event}").format(event=event) for event in about]
        elif reason in _ABOUT_PLACES:
            about = [_place(name, rows or {}) for name in about]
        else:  # a name, with its spaces
            about = [" ".join(about)]
        said.append(_("{name}: {value}").format(name=reasons[reason], value="、".join(about)))
    return _("; ").join(said)


def answers_in_words(answers: Mapping[str, object], rows: Rows | None = None) -> str:
    """The answers of a form, question by question, by their `rows`, else t2 before t10."""
    rows = rows or {}
    words, said = _answer_words(), []
    natural = sorted(answers, key=lambda name: [(len(part), part) for part in re.findall(r"\d+|\D+", name)])
    for question in sorted(natural, key=lambda name: rows[name].number if name in rows else 0):
        answer = answers[question]
        several = answer if isinstance(answer, list) else [answer]
        shown = "、".join(words.get(str(one), str(one)) for one in several)
        said.append(_("{question} {answer}").format(question=_question(question, rows), answer=shown))
    return _(", ").join(said)
