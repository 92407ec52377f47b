"""SMTP against servers that work, and servers that break off at every point."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests import mailservers
from tests.dispatch.servers import STAGES, Broken, Inbox, authenticator, certificate, smtp_server

from circular_gen.dispatch.identity import Identity
from circular_gen.dispatch.letter import Letter
from circular_gen.dispatch.outbox import Down, HandedOver, Later, Refused, Unknown
from circular_gen.dispatch.smtp import Patience, Server, SmtpCarrier
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent

IDENTITY = Identity(b"k" * 32)
SENDER = "office@example.org"
SHORT = Patience(connect=60, command=60, data=60, final=60)
IMPATIENT = Patience(connect=0.5, command=0.5, data=0.5, final=0.5)


def intent(unit: str = "u0") -> Intent:
    key = IDENTITY.delivery_key("winter", 0, unit, "email")
    return Intent(key, "winter", 0, unit, "email", created="2026-12-20T01:00:00.000000Z")


def letter(to: str = "u0@example.org", text: str = "请查收。") -> Letter:
    return Letter(SENDER, "清安办", to, "单位", "标题", text)


def carrier(port: int, scheme: str = "smtp", user: str = "", host: str = "127.0.0.1", **more: object) -> SmtpCarrier:
    server = Server.read(f"{scheme}://{quote(user, safe='') + '@' if user else ''}{host}:{port}")
    return SmtpCarrier(server, IDENTITY, SENDER, **({"patience": SHORT} | more))  # type: ignore[arg-type]


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, SmtpCarrier]]:
    box = Inbox()
    with smtp_server(box) as port:
        one = carrier(port)
        yield box, one
        one.close()


def test_a_letter_arrives_with_what_leads_reports_back(inbox: tuple[Inbox, SmtpCarrier]) -> None:
    box, post = inbox
    fate = post.carry(intent(), letter())
    assert isinstance(fate, HandedOver)
    assert fate.answer.startswith("250")
    got = box.got[0]
    key = intent().key
    assert got.to == ["u0@example.org"]
    assert IDENTITY.read_bounce(got.sender) == key
    options = dict(option.split("=", 1) for option in (*got.mail_options, *got.rcpt_options) if "=" in option)
    assert options["RET"] == "HDRS"
    assert IDENTITY.read_envid(options["ENVID"]) == key
    assert options["ORCPT"] == "rfc822;u0@example.org"
    assert set(options["NOTIFY"].split(",")) == {"SUCCESS", "FAILURE", "DELAY"}
    assert got.message["Message-ID"] == IDENTITY.message_id(key, SENDER)


def test_many_letters_go_over_one_connection(inbox: tuple[Inbox, SmtpCarrier]) -> None:
    box, post = inbox
    connections = set()
    for n in range(5):
        post.carry(intent(f"u{n}"), letter(f"u{n}@example.org"))
        assert post._client is not None
        assert post._client.sock is not None
        connections.add(post._client.sock.getsockname())
    assert len(box.got) == 5
    assert len(connections) == 1


def test_a_server_without_dsn_gets_plain_commands() -> None:
    box = Inbox(dsn=False)
    with smtp_server(box) as port:
        post = carrier(port)
        assert isinstance(post.carry(intent(), letter()), HandedOver)
        post.close()
    assert not [option for option in box.got[0].mail_options if "ENVID" in option]
    assert box.got[0].rcpt_options == []


def test_lines_that_begin_with_a_dot_arrive_whole(inbox: tuple[Inbox, SmtpCarrier]) -> None:
    box, post = inbox
    text = ".\n..\n.对\n" * 50
    post.carry(intent(), letter(text=text))
    assert box.got[0].message.get_body(("plain",)).get_content().split("\r\n") == text.split("\n")  # type: ignore[union-attr]


def test_addresses_beyond_ascii(inbox: tuple[Inbox, SmtpCarrier]) -> None:
    box, post = inbox
    assert isinstance(post.carry(intent(), letter("张三@例子.公司")), HandedOver)
    assert isinstance(post.carry(intent("u1"), letter("office@例子.公司")), HandedOver)
    assert [got.to for got in box.got] == [["张三@例子.公司"], ["office@xn--fsqu00a.xn--55qx5d"]]
    assert "SMTPUTF8" in box.got[0].mail_options
    assert "<张三@例子.公司>" in box.got[0].data.decode()


def test_such_an_address_is_refused_where_the_server_cannot() -> None:
    with Broken("never").serving() as port:
        fate = carrier(port).carry(intent(), letter("张三@example.org"))
    assert isinstance(fate, Refused)
    assert "SMTPUTF8" in fate.answer


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ("450 4.2.0 greylisted", Later),
        ("452 too many", Later),
        ("550 5.1.1 no such user", Refused),
        ("554 5.7.1 relay access denied", Refused),
        ("530 5.7.0 authentication required", Down),
        ("421 4.3.2 going down", Down),
    ],
)
@pytest.mark.parametrize("where", ["answer", "verdict"])
def test_what_the_server_says_about_a_letter(answer: str, fate: type, where: str) -> None:
    box = Inbox(**{where: lambda to: answer if to.startswith("bad") else "250 OK"})  # type: ignore[arg-type]
    with smtp_server(box) as port:
        post = carrier(port)
        found = post.carry(intent(), letter("bad@example.org"))
        assert isinstance(found, fate)
        assert answer in found.answer
        if isinstance(found, Refused):
            assert found.status == answer.split()[1]
        if not isinstance(found, Down):
            assert isinstance(post.carry(intent("u1"), letter("u1@example.org")), HandedOver), "and it goes on"
        post.close()


def test_a_server_that_takes_no_other_sender_gets_the_plain_one() -> None:
    class Strict(Inbox):
        async def handle_MAIL(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
            if address != SENDER:
                return "553 Mail from must equal authorized user"
            return await super().handle_MAIL(server, session, envelope, address, options)

    box = Strict()
    with smtp_server(box) as port:
        post = carrier(port)
        assert isinstance(post.carry(intent(), letter()), HandedOver)
        assert isinstance(post.carry(intent("u1"), letter("u1@example.org")), HandedOver)
        post.close()
    assert [got.sender for got in box.got] == [SENDER, SENDER]


def test_a_sender_that_is_refused_is_not_the_units_fault() -> None:
    class Closed(Inbox):
        async def handle_MAIL(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
            return "550 5.7.1 you may not send"

    with smtp_server(Closed()) as port:
        fate = carrier(port).carry(intent(), letter())
    assert isinstance(fate, Down)
    assert fate.final


def test_a_letter_that_is_too_large_is_told_before() -> None:
    box = Inbox()
    with smtp_server(box, data_size_limit=20_000) as port:
        post = carrier(port)
        fate = post.carry(intent(), letter(text="长" * 20_000))
        assert isinstance(fate, Refused)
        assert fate.status == "5.3.4"
        assert isinstance(post.carry(intent("u1"), letter()), HandedOver)
        post.close()


# -- servers that break off --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", ["close", "reset", "silent", "drip"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_breaks_off(stage: str, manner: str) -> None:
    """Before the last dot it is no failure of the letter; after it, nobody knows."""
    broken = Broken(stage, times=99, manner=manner)
    with broken.serving() as port:
        post = carrier(port, patience=Patience(20, 20, 20, 0.5) if stage == "dot" else IMPATIENT)
        fate = post.carry(intent(), letter(text="字" * (4_000_000 if stage == "body" else 99)))
        assert isinstance(fate, Unknown if stage == "dot" else Down), fate
        assert post.doubtful == (stage == "dot")
        assert broken.kept == (["u0@example.org"] if stage == "dot" else [])


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_server_that_hangs_up_between_letters_is_asked_again(stage: str) -> None:
    broken = Broken("never")
    with broken.serving() as port:
        post = carrier(port)
        post.carry(intent(), letter())
        broken.stage = stage
        assert isinstance(post.carry(intent("u1"), letter("u1@example.org")), HandedOver)
        assert broken.broke == 1
        assert broken.kept == ["u0@example.org", "u1@example.org"]
        post.close()


def test_an_answer_without_end() -> None:
    class Chatty(Broken):
        def _breaks(self, sock, stage):  # type: ignore[no-untyped-def]
            if stage != "MAIL":
                return False
            for _n in range(100_000):
                sock.sendall(b"250-" + b"x" * 500 + b"\r\n")
            return True

    with Chatty("MAIL").serving() as port:
        assert isinstance(carrier(port).carry(intent(), letter()), Down)


def test_nobody_listens() -> None:
    with Broken("never").serving() as port:
        pass
    fate = carrier(port).carry(intent(), letter())
    assert isinstance(fate, Down)
    assert not fate.final


# -- TLS and passwords -------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    context, cert = certificate(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return {"tls_context": context, "require_starttls": True}


def test_starttls_with_a_password(trusted: dict[str, object]) -> None:
    box = Inbox()
    with smtp_server(box, authenticator=authenticator("office", "秘密-1"), auth_required=True, **trusted) as port:
        post = carrier(port, "smtp+starttls", "office", password="秘密-1")
        assert isinstance(post.carry(intent(), letter()), HandedOver)
        post.close()
        wrong = carrier(port, "smtp+starttls", "office", password="geheim").carry(intent("u1"), letter())
        assert isinstance(wrong, Down)
        assert wrong.final
        assert "geheim" not in wrong.answer
        none = carrier(port, "smtp+starttls", "office").carry(intent("u1"), letter())
        assert isinstance(none, Down)
        assert "CIRCULAR_GEN_SMTP_PASSWORD" in none.answer
    assert len(box.got) == 1


def test_implicit_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, cert = certificate(tmp_path / "tls")
    box = Inbox()
    with smtp_server(box, ssl_context=context) as port:
        unknown = carrier(port, "smtps").carry(intent(), letter())
        assert isinstance(unknown, Down)
        assert unknown.final
        assert "certificate" in unknown.answer
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        post = carrier(port, "smtps")
        assert isinstance(post.carry(intent(), letter()), HandedOver)
        post.close()
    assert len(box.got) == 1


@pytest.mark.submission
def test_a_server_of_another_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dovecot: TLS of both kinds, a password that is not ASCII; what leads reports back goes on with the letter."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mailservers.certificate()[0]))
    text = ".\n..对\n" * 2000
    with smtp_server(box := Inbox()) as relay, mailservers.submission(relay) as server:
        posts = [carrier(server.starttls, "smtp+starttls", server.user, "localhost", password=server.password),
                 carrier(server.smtps, "smtps", server.user, "localhost", password=server.password)]  # fmt: skip
        for number, post in enumerate(posts):
            for unit in (f"u{number}", f"v{number}"):
                fate = post.carry(intent(unit), letter(f"{unit}@example.org", text))
                assert isinstance(fate, HandedOver), fate
            post.close()
        stranger = carrier(server.smtps, "smtps", host="localhost").carry(intent("w"), letter())
        assert isinstance(stranger, Down), "without a password it takes nothing"
        box.answer = lambda to: "550 5.1.1 no such user" if to.startswith("x") else "450 4.2.0 greylisted"
        post = carrier(server.starttls, "smtp+starttls", server.user, "localhost", password=server.password)
        refused = post.carry(intent("x"), letter("x@example.org"))
        assert isinstance(refused, Refused)
        assert "no such user" in refused.answer
        assert isinstance(post.carry(intent("y"), letter("y@example.org")), Later)
        post.close()
    assert [got.to for got in box.got] == [[f"{unit}@example.org"] for unit in ("u0", "v0", "u1", "v1")]
    for got in box.got:
        key = intent(got.to[0].partition("@")[0]).key
        assert IDENTITY.read_bounce(got.sender) == key
        options = dict(option.split("=", 1) for option in (*got.mail_options, *got.rcpt_options) if "=" in option)
        assert IDENTITY.read_envid(options["ENVID"]) == key
        assert set(options["NOTIFY"].split(",")) == {"SUCCESS", "FAILURE", "DELAY"}
        assert got.message.get_body(("plain",)).get_content().replace("\r\n", "\n") == text  # type: ignore[union-attr]


def test_a_certificate_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, cert = certificate(tmp_path / "tls", name="mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    box = Inbox()
    with smtp_server(box, tls_context=context) as port:
        fate = carrier(port, "smtp+starttls").carry(intent(), letter())
    assert isinstance(fate, Down)
    assert fate.final
    assert box.got == []


def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    box = Inbox()
    with smtp_server(box) as port:
        fate = carrier(port, "smtp+starttls").carry(intent(), letter())
    assert isinstance(fate, Down)
    assert fate.final
    assert box.got == []


def test_no_password_in_the_clear_to_another_computer() -> None:
    with pytest.raises(CircularGenError, match="clear"):
        SmtpCarrier(Server.read("smtp://office@mail.example.org"), IDENTITY, SENDER, password="x")


def test_addresses_of_servers() -> None:
    assert Server.read("smtps://u%40x@mail.example.org") == Server("smtps", "mail.example.org", 465, "u@x")
    assert Server.read("smtp+starttls://mail.example.org").port == 587
    assert json.dumps(Server.read("smtp://127.0.0.1:2525").port) == "2525"
    with pytest.raises(CircularGenError):
        Server.read("smtp://mail.example.org:x")
