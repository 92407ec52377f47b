"""Letters: read back by the standard library, whatever the values; and no value begins a header."""

import email
import email.header
import email.utils
import hashlib
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.dispatch.letter import (
    AttachmentError,
    Bindery,
    File,
    Letter,
    address_problem,
    file_name,
    html_of,
    one_line,
)

DAY = datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
ID = "<pzyxdwn3t6pwlsgis6m3hglg7c@example.org>"
ODD = st.text(
    st.one_of(st.sampled_from("\r\n\t\0\v\f\x1c\x85\u2028\u2029 :;,<>@\"'\\=?关于安全〔〕é😀"), st.characters()),
    max_size=60,
)
HEADERS = [
    *("from", "to", "subject", "date", "mime-version", "message-id", "content-type"),
]


def made(tmp_path: Path, name: str, data: bytes = b"%PDF-1.7 x") -> File:
    path = tmp_path / f"{hashlib.sha256(name.encode()).hexdigest()[:8]}.pdf"
    path.write_bytes(data)
    return File(name, path, hashlib.sha256(data).hexdigest(), len(data))


def letter(**given: object) -> Letter:
    values: dict[str, object] = {
        "sender": "office@example.org",
        "sender_name": "清河市安全生产委员会办公室",
        "to": "chengxi@example.org",
        "to_name": "城西街道办事处",
        "subject": "清安办发〔2026〕12号 关于做好岁末年初安全生产工作的通知",
        "text": "城西街道办事处：\n\n请查收。\n第二行 & <三>\n",
    }
    return Letter(**(values | given))  # type: ignore[arg-type]


def parsed(one: Letter) -> EmailMessage:
    data = Bindery().mail_bytes(one, ID, DAY)
    message = email.message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def display_name(data: bytes, header: str) -> str:
    """By RFC 2047: what stands between two encoded words is nothing (this Python's newer parser leaves a space)."""
    raw = email.message_from_bytes(data, policy=policy.compat32)[header]
    name = email.utils.parseaddr(str(raw).replace("\r\n", ""))[0]
    return str(email.header.make_header(email.header.decode_header(name)))


def test_a_letter_reads_back(tmp_path: Path) -> None:
    names = ("清安办发〔2026〕12号 关于做好岁末年初全市安全生产和自然灾害防范应对工作的通知.pdf", "签收回执.pdf")
    files = tuple(made(tmp_path, name, name.encode() * 999) for name in names)
    message = parsed(letter(files=files))
    assert message["Subject"] == "清安办发〔2026〕12号 关于做好岁末年初安全生产工作的通知"
    assert message["From"].addresses[0].display_name == "清河市安全生产委员会办公室"
    assert message["To"].addresses[0].addr_spec == "chengxi@example.org"
    assert message["Message-ID"] == ID
    assert message["Date"].datetime == DAY
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == letter().text  # type: ignore[union-attr]
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<p>请查收。<br>第二行 &amp; &lt;三&gt;</p>" in html
    attached = list(message.iter_attachments())
    assert [part.get_filename() for part in attached] == list(names)
    assert [part.get_content() for part in attached] == [name.encode() * 999 for name in names]
    assert {part.get_content_type() for part in attached} == {"application/pdf"}
    assert not [part.defects for part in message.walk() if part.defects]


def test_old_clients_find_the_name_as_encoded_words(tmp_path: Path) -> None:
    name = "清安办发〔2026〕12号 关于做好岁末年初全市安全生产工作的通知.pdf"
    data = Bindery().mail_bytes(letter(files=(made(tmp_path, name),)), ID, DAY)
    part = email.message_from_bytes(data, policy=policy.compat32).get_payload()[1]  # type: ignore[index]
    raw = dict(part.get_params())["name"]  # type: ignore[union-attr]
    assert raw.isascii()
    assert str(email.header.make_header(email.header.decode_header(raw))) == name
    assert b"filename*0*=utf-8''" in data
    assert max(map(len, data.split(b"\r\n"))) <= 78


def test_same_letter_same_bytes_and_another_digest_for_every_change(tmp_path: Path) -> None:
    files = (made(tmp_path, "a.pdf"), made(tmp_path, "b.pdf"))
    one = letter(files=files)
    bindery = Bindery()
    data = bindery.mail_bytes(one, ID, DAY)
    assert bindery.mail_bytes(one, ID, DAY) == data == Bindery().mail_bytes(letter(files=files), ID, DAY)
    others = [letter(files=files, **{key: "other@example.org"}) for key in ("sender", "to", "subject", "text")]
    others += [letter(files=files[:1]), letter(files=files[::-1]), letter(files=files, read_receipt=True)]
    assert len({one.digest, *(other.digest for other in others)}) == 1 + len(others)


def test_a_file_that_was_changed_is_not_sent(tmp_path: Path) -> None:
    file = made(tmp_path, "a.pdf")
    file.path.write_bytes(b"%PDF-1.7 changed")
    with pytest.raises(AttachmentError):
        Bindery().mail_bytes(letter(files=(file,)), ID, DAY)


def test_a_read_receipt_only_where_it_is_asked_for() -> None:
    assert parsed(letter())["Disposition-Notification-To"] is None
    assert parsed(letter(read_receipt=True))["Disposition-Notification-To"] == "<office@example.org>"


@settings(deadline=None)
@given(sender_name=ODD, to_name=ODD, subject=ODD, text=ODD, name=ODD)
def test_no_value_begins_a_header_or_a_part(
    tmp_path_factory: pytest.TempPathFactory, sender_name: str, to_name: str, subject: str, text: str, name: str
) -> None:
    file = made(tmp_path_factory.getbasetemp(), "fixed")
    file = File(name, file.path, file.sha256, file.size)
    data = Bindery().mail_bytes(
        letter(sender_name=sender_name, to_name=to_name, subject=subject, text=text, files=(file,)), ID, DAY
    )
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    message = email.message_from_bytes(data, policy=policy.default)
    assert [key.lower() for key in message] == HEADERS
    assert message["Subject"] == one_line(subject)
    assert display_name(data, "From") == one_line(sender_name)
    assert message["To"].addresses[0].addr_spec == "chengxi@example.org"
    assert display_name(data, "To") == one_line(to_name)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]
    attached = next(message.iter_attachments())  # type: ignore[attr-defined]
    assert attached.get_filename() == file_name(name.removesuffix(".pdf"), suffix=".pdf")
    assert [key.lower() for key in attached] == ["content-type", "content-disposition", "content-transfer-encoding"]


@settings(deadline=None)
@given(ODD)
def test_html_of_any_text_holds_no_element_of_it(text: str) -> None:
    body = html_of(text).partition("<body")[2].partition(">")[2]
    for element in ("<br>", "<p>", "</p>", "</body>", "</html>", "</a>"):
        body = body.replace(element, "")
    assert "<" not in body.replace('<a href="http', "")


def test_links_can_be_followed() -> None:
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in html_of("见 https://example.org/a?b=1&c=2，谢谢")


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "a@", "@b.org", "a b@c.org", "a@b.org\r\nBcc: x@y.org", "a@b.org\0", "a@b..org", "a@-b.org "),
        *("a@b.org,c@d.org", "<a@b.org>", "a@b.org>", "甲@", f"{'a' * 250}@b.org", "a\u2028@b.org", "a@b.org;c"),
        *("a..b@c.org", "a@b c.org", "a@b@c.org"),
    ],
)
def test_what_is_no_address_is_told(address: str) -> None:
    assert address_problem(address)


@pytest.mark.parametrize(
    "address", ["a@b.org", "a.b+c@d-e.example.org", "张三@例子.公司", "office@例子.公司", "a@[127.0.0.1]", "a_b@c.cn"]
)
def test_addresses_of_all_kinds(address: str) -> None:
    assert address_problem(address) is None


@settings(deadline=None)
@given(ODD, ODD)
def test_file_names_are_those_of_every_system(first: str, second: str) -> None:
    name = file_name(first, second, suffix=".pdf")
    assert not set(name) & set('\\/:*?"<>|\r\n\0')
    assert name.endswith(".pdf")
    assert len(name) <= 80
    assert name == name.strip()
    assert not name.startswith(".")
