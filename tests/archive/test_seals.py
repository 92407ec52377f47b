"""Time stamps and signatures over a bag, made with an authority of our own and proved offline."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyhanko")

from asn1crypto import keys, tsp, x509
from cryptography import x509 as pki
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from circular_gen.archive.bag import TAG_MANIFESTS
from circular_gen.archive.making import archive_year
from circular_gen.archive.seals import PASSWORD, SIGNATURE, STAMP, SealError, look, seal
from circular_gen.archive.verification import verify_bag
from circular_gen.workspace.office import Archive

from .conftest import BAG, YEAR


class Certified:
    """A key with a certificate by `issuer`, or by itself."""

    def __init__(self, name: str, issuer: "Certified | None" = None, *, stamping: bool = False) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.name = pki.Name([pki.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or self
        now = datetime.now(UTC)
        builder = (
            pki.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(by.name)
            .public_key(self.key.public_key())
            .serial_number(pki.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(pki.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        )
        if stamping:
            usage = pki.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True)
        self.certificate = builder.sign(by.key, hashes.SHA256())

    def pem(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def p12(self, path: Path, password: bytes) -> Path:
        locked = serialization.BestAvailableEncryption(password)
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"key", self.key, self.certificate, None, locked))
        return path


@pytest.fixture(scope="module")
def root_authority() -> Certified:
    return Certified("测试根证书")


@pytest.fixture(scope="module")
def authority(root_authority: Certified) -> Iterator[str]:
    """A time-stamping authority on this computer; its URL."""
    stamping = Certified("测试时间戳服务", root_authority, stamping=True)
    der = stamping.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = x509.Certificate.load(stamping.certificate.public_bytes(serialization.Encoding.DER))
    stamper = DummyTimeStamper(certificate, keys.PrivateKeyInfo.load(der), fixed_dt=datetime.now(UTC))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = stamper.request_tsa_response(request).dump()
            self.send_response(200 if self.path == "/tsa" else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tsa"
    server.shutdown()
    server.server_close()


@pytest.fixture
def sealed(
    bag: Path, authority: str, root_authority: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The bag with both seals."""
    Certified("清河市安全生产委员会办公室", root_authority).p12(tmp_path / "office.p12", b"open")
    monkeypatch.setenv(PASSWORD, "open")
    asked = Archive(fonds="Z109", time_authority=authority, signing_key="office.p12")
    assert seal(bag, asked, tmp_path) == (SIGNATURE, STAMP)
    assert seal(bag, asked, tmp_path) == ()
    return bag


def test_seals_of_somebody_who_is_trusted(sealed: Path, root_authority: Certified, tmp_path: Path) -> None:
    trusted = [root_authority.pem(tmp_path / "root.pem")]
    stamp, signature = look(sealed, trusted)
    assert (stamp.state, signature.state) == ("trusted", "trusted")
    assert "测试时间戳服务" in stamp.by
    assert "清河市安全生产委员会办公室" in signature.by
    assert stamp.at is not None
    done = verify_bag(sealed, trusted=trusted)
    assert done.findings == []
    assert {line.check.key: line.result for line in done.lines}["outside"] == "合格"


def test_seals_where_nobody_said_whom_to_trust(sealed: Path) -> None:
    assert [one.state for one in look(sealed)] == ["intact", "intact"]
    done = verify_bag(sealed)
    assert done.findings == []
    assert {line.check.key: line.result for line in done.lines}["outside"] == "待人工确认"


def test_seals_of_somebody_else(sealed: Path, tmp_path: Path) -> None:
    trusted = [Certified("另一个根证书").pem(tmp_path / "other.pem")]
    done = verify_bag(sealed, trusted=trusted)
    assert done.exit_code == 1
    assert {finding.path for finding in done.findings} == {STAMP, SIGNATURE}


def test_a_bag_that_was_made_again_after_it_was_sealed(sealed: Path) -> None:
    """Whoever makes everything again, ledger and all, has no seal for it."""
    path = sealed / TAG_MANIFESTS[0]
    path.write_bytes(path.read_bytes() + b"\n")
    assert {f.path for f in verify_bag(sealed).findings if f.check == "outside"} == {STAMP, SIGNATURE}


@pytest.mark.parametrize("name", [STAMP, SIGNATURE])
def test_a_damaged_seal(sealed: Path, name: str) -> None:
    data = bytearray((sealed / name).read_bytes())
    for place in (len(data) // 2, len(data) - 9):
        changed = bytearray(data)
        changed[place] ^= 1
        (sealed / name).write_bytes(changed)
        assert hashlib.sha256(changed).digest() != hashlib.sha256(data).digest()
        assert name in {finding.path for finding in verify_bag(sealed, contents=False).findings}


def test_an_authority_that_does_not_answer(bag: Path, authority: str) -> None:
    with pytest.raises(SealError, match="gave no time stamp"):
        seal(bag, Archive(fonds="Z109", time_authority=authority + "/none"), bag)
    assert not (bag / STAMP).exists()


def test_a_wrong_password_is_told(bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Certified("x").p12(tmp_path / "office.p12", b"open")
    monkeypatch.setenv(PASSWORD, "secret-wrong")
    with pytest.raises(SealError, match=PASSWORD) as error:
        seal(bag, Archive(fonds="Z109", signing_key="office.p12"), tmp_path)
    assert "secret-wrong" not in str(error.value)


def test_archiving_seals_and_goes_on_without(desk: Path, authority: str) -> None:
    text = (desk / "office.yaml").read_text("utf-8")
    url = authority.replace("/tsa", "/none")
    (desk / "office.yaml").write_text(text.replace("fonds: Z109", f"time_authority: '{url}', fonds: Z109"), "utf-8")
    done = archive_year(desk, YEAR, as_is="年底")
    assert all(any("not sealed" in note for note in bag.notes) for bag in done.bags)
    bag = desk / "records" / "archive" / BAG
    assert verify_bag(bag, contents=False).exit_code == 0
    assert seal(bag, Archive(fonds="Z109", time_authority=authority), desk) == (STAMP,)
