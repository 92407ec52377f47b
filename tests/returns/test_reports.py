"""What a mail is, by its structure alone, and within bounds whatever it holds."""

import random
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.returns.pictures import RefusedError
from circular_gen.returns.reports import Mail, understand

from . import mails
from .mails import Sent

SENT = Sent(
    "<abcdefghijklmnopqrstuvwxyz@example.org>",
    "abcdefghijklmnopqrstuvwxyz.abcdefghij",
    "office+abcdefghijklmnopqrstuvwxyz.klmnopqrst@example.org",
    "u01@unit.example",
)
REPORTS = {"postfix": mails.postfix(SENT), "exchange": mails.exchange(SENT), "coremail": mails.coremail(SENT)}


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "envelope", "original"),
    [
        ("postfix", "5.1.1", SENT.envid, SENT.to),
        ("exchange", "5.1.10", "", ""),
        ("coremail", "5.2.2", "", ""),
    ],
)
def test_reports_of_several_mail_systems(name: str, status: str, envelope: str, original: str) -> None:
    mail = understand(REPORTS[name])
    assert (mail.what, mail.problem) == ("delivery-report", "")
    assert SENT.bounces in mail.to
    assert (mail.envelope, mail.returned) == (envelope, SENT.message)
    (recipient,) = mail.recipients
    assert (recipient.action, recipient.status, recipient.original) == ("failed", status, original)
    assert recipient.final.lower() == SENT.to
    assert "\n" not in recipient.detail


def test_each_recipient_of_a_report_has_its_own_line() -> None:
    more = "\nFinal-Recipient: rfc822; other@unit.example\nAction: delivered\nStatus: 2.0.0\n"
    mail = understand(mails.postfix(SENT, more=more))
    assert [(one.final, one.action) for one in mail.recipients] == [
        (SENT.to, "failed"),
        ("other@unit.example", "delivered"),
    ]


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"action": "bounced"}, "bad-recipient"),
        ({"status": "550"}, "bad-recipient"),
        ({"status": ""}, "bad-recipient"),
        ({"status": "2.0.0"}, "contradicts-itself"),
        ({"action": "delivered"}, "contradicts-itself"),
        ({"final": ""}, "bad-recipient"),
        ({"final": "x400; /G=A/S=B/"}, "bad-recipient"),
        ({"more": "Action: delivered\n"}, "contradicts-itself"),
        ({"more": f"\nFinal-Recipient: rfc822; {SENT.to}\nAction: delivered\nStatus: 2.0.0\n"}, "contradicts-itself"),
        ({"returned": f"<a@example.org>\nMessage-ID: {SENT.message}"}, "contradicts-itself"),
    ],
)
def test_a_report_that_is_not_as_the_standard_has_it_says_nothing(how: dict[str, str], problem: str) -> None:
    mail = understand(mails.postfix(SENT, **how))
    assert (mail.what, mail.problem, mail.recipients) == ("delivery-report", problem, ())


def test_a_report_within_another_mail_is_none() -> None:
    forward = EmailMessage()
    forward["From"], forward["To"] = "a@unit.example", mails.OFFICE
    forward.set_content("请看退信")
    forward.add_attachment(REPORTS["postfix"], "application", "octet-stream", filename="退信.eml")
    assert understand(forward.as_bytes()).what == "mail"
    wrapped = mails.raw(
        "From: a@unit.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\n"
        "Content-Type: message/rfc822\n\n" + REPORTS["postfix"].decode() + "\n--o--\n"
    )
    assert understand(wrapped).what == "mail"


@pytest.mark.parametrize("kind", ["", "feedback-report", "tlsrpt"])
def test_other_reports_are_no_delivery_reports(kind: str) -> None:
    assert understand(mails.postfix(SENT, report_type=kind)).what == "other-report"


def test_a_read_receipt() -> None:
    mail = understand(mails.read_receipt(SENT))
    assert mail.what == "read-receipt"
    assert mail.receipt is not None
    assert (mail.receipt.how, mail.receipt.message, mail.receipt.final) == ("displayed", SENT.message, SENT.to)
    deleted = understand(mails.read_receipt(SENT, "manual-action/MDN-sent-manually; deleted"))
    assert deleted.receipt is not None
    assert deleted.receipt.how == "deleted"
    failed = understand(mails.read_receipt(SENT, "automatic-action/MDN-sent-automatically; displayed/error"))
    assert failed.receipt is not None
    assert failed.receipt.failed


# -- automatic answers and people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "what"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "automatic"),
        ("Auto-Submitted: auto-generated; owner-email=x", "automatic"),
        ("auto-submitted: Auto-Notified", "automatic"),
        ("X-Auto-Response-Suppress: All", "automatic"),
        ("X-Autoreply: yes", "automatic"),
        ("Precedence: auto_reply", "automatic"),
        ("Auto-Submitted: no", "mail"),
        ("Auto-Submitted: (a person) No", "mail"),
        ("Precedence: bulk", "mail"),
    ],
)
def test_what_machines_send_by_themselves_says_so_in_its_header(mark: str, what: str) -> None:
    assert understand(mails.vacation(SENT, mark)).what == what


def test_words_decide_nothing() -> None:
    text = "5.2.1 请各单位注意：Undelivered Mail Returned to Sender，自动回复，已读，550 User unknown"
    mail = understand(mails.reply(SENT, text=text, subject="Delivery Status Notification (Failure)"))
    assert mail.what == "mail"
    assert mail.refers == (SENT.message,)


# -- attachments -------------------------------------------------------------------------------------------------------


def _with_file(head: str, body: str = "%PDF-1.4 x", encoding: str = "utf-8") -> Mail:
    text = (
        f"From: a@unit.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{head}"
    )
    return understand(mails.raw(f"{text}\n\n{body}\n--b--\n", encoding))


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("Content-Disposition: attachment; filename*=UTF-8''%E5%9B%9E%E6%89%A7.pdf", "utf-8"),
        ("Content-Disposition: attachment; filename*=GBK''%BB%D8%D6%B4.pdf", "utf-8"),
        ('Content-Disposition: attachment; filename="=?gb2312?B?u9jWtC5wZGY=?="', "utf-8"),
        ('Content-Type: application/pdf; name="=?utf-8?B?5Zue5omnLnBkZg==?="', "utf-8"),
        ('Content-Disposition: attachment; filename="回执.pdf"', "gb18030"),
        ('Content-Disposition: attachment; filename="C:\\\\文件\\\\回执.pdf"', "utf-8"),
        ('Content-Disposition: attachment; filename="../../回执.pdf"', "utf-8"),
    ],
)
def test_names_of_files_however_they_are_written(head: str, encoding: str) -> None:
    (file,) = _with_file(head, encoding=encoding).attachments
    assert file.name == "回执.pdf"


def test_a_file_is_found_though_nothing_calls_it_one() -> None:
    (file,) = _with_file("Content-Type: application/x-unknown").attachments
    assert (file.name, file.data[:5]) == ("1", b"%PDF-")
    assert _with_file("Content-Type: text/plain", "just text").attachments == ()
    assert _with_file('Content-Type: application/pkcs7-signature; name="smime.p7s"').attachments == ()


def test_files_in_mails_within_mails_are_found() -> None:
    inner = EmailMessage()
    inner.set_content("x")
    inner.add_attachment(b"%PDF-1.4", "application", "pdf", filename="a.pdf")
    for _ in range(5):
        outer = EmailMessage()
        outer.set_content("转发")
        outer.add_attachment(inner)
        inner = outer
    assert [file.name for file in understand(inner.as_bytes()).attachments] == ["a.pdf"]


# -- hostile mail ------------------------------------------------------------------------------------------------------


def _nested(depth: int, kind: str) -> bytes:
    lines = ["From: a@unit.example", "MIME-Version: 1.0"]
    for number in range(depth):
        if kind == "rfc822":
            lines += ["Content-Type: message/rfc822", ""]
        else:
            lines += [f"Content-Type: multipart/mixed; boundary=b{number}", "", f"--b{number}"]
    return "\n".join([*lines, "Content-Type: text/plain", "", "x"]).encode()


def _many(count: int, part: str = "Content-Type: application/pdf\n\n%PDF-1.4\n") -> bytes:
    head = "From: a@unit.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    return (head + f"--b\n{part}" * count + "--b--\n").encode()


HOSTILE = {
    "10,000 parts": (_many(10_000), "too-many-parts"),
    "a million parts": (_many(1_000_000, "\n"), "too-many-parts"),
    "900 attachments": (_many(900), "too-many-parts"),
    "nested multiparts": (_nested(3000, "multipart"), "too-many-parts"),
    "150 nested multiparts": (_nested(150, "multipart"), "too-many-parts"),
    "nested mails": (_nested(3000, "rfc822"), "too-many-parts"),
    "forty mails deep": (_nested(40, "rfc822"), "too-many-parts"),
    "a giant header": (b"Subject: " + b"x" * 5_000_000 + b"\n\nx", "too-large"),
    "100,000 header lines": (b"X-A: b\n" * 100_000 + b"\nx", "too-large"),
    "no end of the header": (b"X" * 2_000_000, "too-large"),
    "only spaces": (b" \n" * 1000, "empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_refused_with_a_word(name: str) -> None:
    raw, reason = HOSTILE[name]
    with pytest.raises(RefusedError) as refused:
        understand(raw)
    assert refused.value.reason == reason


ODD = {
    "unknown charset": b"Subject: =?x-klingon?B?5Zue5omn?=\nFrom: =?utf-8?Q?=FF?= <a@b>\n\nx",
    "broken base64": _many(1, "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n%%%=\n"),
    "broken words": b"Subject: =?utf-8?B?====?= =?\nContent-Type: multipart/mixed; boundary=\n\n--\n",
    "no boundary": b"Content-Type: multipart/report; report-type=delivery-status\n\nx",
    "nul": b"Subject: a\0b\nFrom: a\0@b\nContent-Type: text/\0plain\n\n\0",
    "unclosed quotes": b'Content-Type: multipart/report; report-type="delivery-status; boundary="b\n\n--b\n',
    "endless parameters": b"Content-Type: text/plain;" + b' a="' * 20_000 + b"\n\nx",
    "half an encoding": b"Content-Disposition: attachment; filename*0*=UTF-8''%E5; filename*2*=%9B\n\n%PDF-1.4",
    "lone carriage returns": b"Subject: a\rFrom: b\r\rx",
    "half a character": "Subject: \ud800\n\n".encode("utf-8", "surrogatepass"),
}


@pytest.mark.parametrize("name", ODD)
def test_malformed_mail_is_borne(name: str) -> None:
    mail = understand(ODD[name])
    assert mail.recipients == ()
    for text in (mail.subject, mail.sender, mail.message):
        assert text == "" or text.isprintable()
        text.encode()


def _mutated(raw: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(raw)
    for _ in range(chance.randrange(1, 20)):
        at = chance.randrange(len(spoiled))
        how = chance.randrange(4)
        if how == 0:
            spoiled[at] ^= 1 << chance.randrange(8)
        elif how == 1:
            del spoiled[at : at + chance.randrange(1, 200)]
        elif how == 2:
            spoiled[at:at] = spoiled[at : at + chance.randrange(1, 200)]
        else:
            spoiled[at : at + 4] = chance.randbytes(4)
        if len(spoiled) < 50:
            break
    return bytes(spoiled)


def test_mutated_reports_raise_nothing_but_a_refusal() -> None:
    chance = random.Random(3)
    sources = [*REPORTS.values(), mails.read_receipt(SENT), mails.reply(SENT, [("回执.pdf", b"%PDF-1.4" * 50)])]
    seen = set()
    for number in range(600):
        try:
            seen.add(understand(_mutated(sources[number % len(sources)], chance)).what)
        except RefusedError as refused:
            seen.add(refused.reason)
    assert {"delivery-report", "read-receipt", "mail"} <= seen


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "Content-Type: multipart/report; report-type=delivery-status\n"]))
def test_any_bytes_are_a_mail_or_refused(raw: bytes, head: str) -> None:
    try:
        understand(head.encode() + raw)
    except RefusedError as refused:
        assert refused.reason == "empty"  # noqa: PT017
