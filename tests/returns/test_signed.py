"""Electronically signed receipts: a certificate authority, units' keys and signed PDFs of our own, and what is done to
them on the way."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner, fields
from pyhanko.sign.fields import SigSeedSubFilter

from circular_gen.errors import CircularGenError
from circular_gen.ledger import verify
from circular_gen.returns.reviewing import decide, waiting
from circular_gen.returns.signed import trusted
from circular_gen.returns.told import tell

from .conftest import NOW, Desk, scan

UNIT = "第01街道办事处"


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def signer(self) -> SimpleSigner:
        from asn1crypto.keys import PrivateKeyInfo
        from asn1crypto.x509 import Certificate
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        key = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        certificate = Certificate.load(self.certificate.public_bytes(Encoding.DER))
        return SimpleSigner(certificate, PrivateKeyInfo.load(key), SimpleCertificateStore())


def holder(issuer: Holder | None, *, days: tuple[int, int] = (-365, 365), **names: str) -> Holder:
    """`names`: O, OU, CN; no issuer: an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    kinds = {"O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}
    subject = x509.Name([x509.NameAttribute(kinds[kind], text) for kind, text in names.items()])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) + timedelta(days[0]))
        .not_valid_after(datetime.now(UTC) + timedelta(days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    mine = issuer is None
    builder = builder.add_extension(
        x509.KeyUsage(digital_signature=True, content_commitment=not mine, key_cert_sign=mine, crl_sign=mine, **usage),
        critical=True,
    )
    return Holder(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@cache
def authority() -> Holder:
    return holder(None, CN="测试认证中心")


@cache
def unit() -> Holder:
    return holder(authority(), O=UNIT, CN="张某")


def signed(
    data: bytes,
    who: Holder,
    *,
    field: str = "Signature1",
    box: tuple[int, int, int, int] | None = None,
    **how: Any,
) -> bytes:
    """A PDF signed by PAdES baseline B; `box`: a visible signature's place in points."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    place = {"on_page": 0, "box": box} if box else {}
    meta = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", **how)
    signer = PdfSigner(meta, who.signer(), new_field_spec=fields.SigFieldSpec(field, **place))
    out = io.BytesIO()
    signer.sign_pdf(writer, output=out)
    return out.getvalue()


@pytest.fixture
def office(desk: Desk) -> Desk:
    """An office that trusts the authority."""
    (desk.root / "certs").mkdir()
    (desk.root / "certs" / "ca.pem").write_bytes(authority().pem())
    with (desk.root / "office.yaml").open("a", encoding="utf-8") as file:
        file.write("sign: {trust: certs}\n")
    return desk


@pytest.fixture
def back(office: Desk, tmp_path: Path) -> Callable[[bytes], Any]:
    """Scan a file; the fate of its one page."""

    def scanned(data: bytes) -> Any:
        path = tmp_path / "receipt.pdf"
        path.write_bytes(data)
        (fate,) = scan(office.root, [path]).fates
        return fate

    return scanned


def receipt(desk: Desk, unit_: str = "u01") -> bytes:
    return desk.original("notice", unit_)[0].read_bytes()


def test_a_receipt_signed_by_the_unit_is_received(office: Desk, back: Callable[[bytes], Any]) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    fate = back(signed(receipt(office), unit(), box=(300, 200, 500, 300)))
    assert (fate.fate, fate.circular, fate.unit) == ("received", "notice", "u01")
    (event,) = office.events("notice", "u01", "received")
    said = event.payload
    assert (said["by"], said["how"], said["machine"]) == ("张某", "electronic", True)
    assert before <= datetime.fromisoformat(said["at"]) <= datetime.now(UTC)
    electronic = said["signature"]["electronic"]
    assert electronic["names"] == ["张某", UNIT]
    assert electronic["certificate"] == unit().certificate.fingerprint(hashes.SHA256()).hex()
    assert "测试认证中心" in electronic["issuer"]
    shown = "\n".join(tell(office.root, "notice", "u01").lines())
    assert "张某" in shown
    with office.ledger() as ledger:
        assert verify(ledger).ok


def test_the_same_file_again_changes_nothing(office: Desk, back: Callable[[bytes], Any]) -> None:
    data = signed(receipt(office), unit())
    assert back(data).fate == "received"
    size = office.size()
    assert back(data).fate == "known"
    assert office.size() == size


def test_a_second_signature_of_the_unit_is_no_change(office: Desk, back: Callable[[bytes], Any]) -> None:
    seal = holder(authority(), O=UNIT, CN=UNIT)
    twice = signed(signed(receipt(office), unit()), seal, field="Signature2")
    assert back(twice).fate == "received"
    assert office.events("notice", "u01", "received")[0].payload["by"] == UNIT


def test_a_unit_whose_own_certificate_is_trusted(desk: Desk, tmp_path: Path) -> None:
    alone = holder(authority(), O=UNIT, CN="李某")
    (desk.root / "unit.cer").write_bytes(alone.certificate.public_bytes(Encoding.DER))
    with (desk.root / "office.yaml").open("a", encoding="utf-8") as file:
        file.write("sign: {trust: [unit.cer]}\n")
    path = tmp_path / "r.pdf"
    path.write_bytes(signed(receipt(desk), alone))
    (fate,) = scan(desk.root, [path]).fates
    assert (fate.fate, fate.reason) == ("received", "")


def tampered(data: bytes) -> bytes:
    """A byte of the signed text changed."""
    place = data.index(b"/Producer") + 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def another_page(data: bytes) -> bytes:
    """A later revision in which the page says something else."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def rewritten(data: bytes) -> bytes:
    """The signed file saved anew by a program that does not care about signatures."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [(tampered, "signature-broken"), (another_page, "signature-changed"), (rewritten, "signature-broken")],
)
def test_what_was_changed_after_signing_goes_to_review(
    office: Desk, back: Callable[[bytes], Any], spoil: Callable[[bytes], bytes], reason: str
) -> None:
    fate = back(spoil(signed(receipt(office), unit())))
    assert (fate.fate, fate.reason, fate.unit) == ("review", reason, "u01")
    assert office.events("notice", "u01", "received") == ()


def test_what_a_mail_server_appends_is_not_read(office: Desk, back: Callable[[bytes], Any]) -> None:
    """Pages are those of the signed revision: what stands behind it says nothing."""
    assert back(signed(receipt(office), unit()) + b"% one more line\n").fate == "received"


def test_strangers_expired_and_other_units(office: Desk, back: Callable[[bytes], Any]) -> None:
    stranger = holder(holder(None, CN="别的认证中心"), O=UNIT, CN="张某")
    old = holder(authority(), days=(-700, -300), O=UNIT, CN="张某")
    early = holder(authority(), days=(300, 700), O=UNIT, CN="张某")
    other = holder(authority(), O="第02街道办事处", CN="王某")
    for who, reason in (
        (stranger, "signature-untrusted"),
        (old, "signature-expired"),
        (early, "signature-expired"),
        (other, "signer-other"),
    ):
        fate = back(signed(receipt(office), who))
        assert (fate.fate, fate.reason, fate.unit) == ("review", reason, "u01"), reason
    countersigned = signed(signed(receipt(office), unit()), other, field="Signature2")
    assert back(countersigned).reason == "signer-other"
    assert office.events("notice", "u01", "received") == ()
    assert office.events("notice", "u02", "received") == ()


def test_a_signature_of_the_future_or_from_before_the_issue(office: Desk, back: Callable[[bytes], Any]) -> None:
    class Dated(SimpleSigner):
        when = datetime.now(UTC)

        async def signed_attrs(self, *args: Any, **kwargs: Any) -> Any:
            kwargs["attr_settings"] = replace(kwargs["attr_settings"], signing_time=self.when)
            return await super().signed_attrs(*args, **kwargs)

    for days in (-30, 30):
        signer = unit().signer()
        signer.__class__ = Dated
        Dated.when = NOW.astimezone(UTC) + timedelta(days)
        writer = IncrementalPdfFileWriter(io.BytesIO(receipt(office)))
        meta = PdfSignatureMetadata(
            field_name="S", subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED, md_algorithm="sha256"
        )
        out = io.BytesIO()
        PdfSigner(meta, signer, new_field_spec=fields.SigFieldSpec("S")).sign_pdf(writer, output=out)
        assert back(out.getvalue()).reason == "signature-time", days


def test_which_receipt_it_is_says_the_code_alone(office: Desk, back: Callable[[bytes], Any], tmp_path: Path) -> None:
    """A letter that speaks of the receipt, well signed, is no receipt."""
    with pikepdf.new() as letter:
        letter.add_blank_page(page_size=(595, 842))
        text = letter.make_stream(b"BT /F1 12 Tf 60 700 Td (notice u01 received) Tj ET")
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        letter.pages[0].Contents = text
        letter.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        letter.docinfo["/Title"] = "notice u01"
        out = io.BytesIO()
        letter.save(out)
    fate = back(signed(out.getvalue(), unit()))
    assert (fate.fate, fate.reason, fate.unit) == ("review", "no-code", None)


def test_without_certificates_to_trust_a_person_looks(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "r.pdf"
    path.write_bytes(signed(receipt(desk), unit()))
    (fate,) = scan(desk.root, [path]).fates
    assert (fate.fate, fate.reason) == ("review", "signature-unchecked")
    (waits,) = waiting(desk.root)
    assert decide(desk.root, waits.event, "accepted", by="张某").kinds == ("received",)


def test_ticks_count_as_they_were_signed(office: Desk, tmp_path: Path) -> None:
    """A signed checklist without a tick is unanswered, whoever signed it."""
    path = tmp_path / "checklist.pdf"
    path.write_bytes(signed(office.original("check", "u01", "checklist")[0].read_bytes(), unit()))
    fates = scan(office.root, [path]).fates
    assert {(fate.fate, fate.reason, fate.event) for fate in fates} == {("review", "unanswered", fates[0].event)}


def test_an_unsigned_pdf_is_looked_at_as_before(office: Desk, back: Callable[[bytes], Any]) -> None:
    assert back(receipt(office)).reason == "unsigned"


def test_a_revoked_certificate(office: Desk, back: Callable[[bytes], Any]) -> None:
    lost = holder(authority(), O=UNIT, CN="张某")
    now = datetime.now(UTC)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(lost.certificate.serial_number)
        .revocation_date(now - timedelta(1))
        .build()
    )
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority().certificate.subject)
        .last_update(now - timedelta(1))
        .next_update(now + timedelta(30))
        .add_revoked_certificate(entry)
        .sign(authority().key, hashes.SHA256())
    )
    (office.root / "certs" / "ca.crl").write_bytes(revoked.public_bytes(Encoding.DER))
    fate = back(signed(receipt(office), lost))
    assert (fate.fate, fate.reason) == ("review", "signature-revoked")
    assert back(signed(receipt(office), unit())).fate == "received"


def test_the_trust_list(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    with pytest.raises(CircularGenError, match="no certificates"):
        trusted(tmp_path, ["certs"])
    (folder / "two.pem").write_bytes(authority().pem() + unit().pem())
    (folder / "same.crt").write_bytes(unit().certificate.public_bytes(Encoding.DER))
    (folder / "readme.txt").write_text("no certificate", "utf-8")
    assert len(trusted(tmp_path, ["certs", "certs/two.pem"]).certificates) == 2
    for content in (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"", b"%PDF-", b"0" * 99):
        (folder / "bad.pem").write_bytes(content)
        with pytest.raises(CircularGenError, match=r"bad\.pem is neither"):
            trusted(tmp_path, ["certs"])
    with pytest.raises(CircularGenError, match="gone"):
        trusted(tmp_path, ["gone.pem"])
    assert trusted(tmp_path, []) == ((), ())
