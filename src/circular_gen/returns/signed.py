"""Electronic signatures in PDFs (PAdES): who signed what and when, and whether the office trusts them.

In: a file, the certificates that the office trusts. Out: a `Signature` for each one in the file, in the order in which
they were made, and how far into the file the last one reaches. `check` runs in the worker process only: the file is of
unknown origin. Nothing is fetched from the network: whether a certificate was revoked is known from the lists (.crl)
that the office keeps beside the certificates.

A signature counts where it is intact, valid and trusted, and what stands behind it in the file is no more than further
signatures and filled-in fields (ISO 32000-2, 12.8.2.2; proof of later changes by pyHanko's difference analysis).
"""

import importlib.util
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from re import DOTALL, findall
from typing import Any, NamedTuple

from circular_gen.disk import disk_errors
from circular_gen.errors import CircularGenError
from circular_gen.messages import _

_MARK = b"/ByteRange"
"""Stands in plain bytes in every signed PDF: the signature says by byte numbers what it covers."""
_MOST = 20
"""Signatures of a file that are looked at."""
_ENDINGS = (".pem", ".crt", ".cer")
_REVOKED = ".crl"
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature. `problem`: a word why it does not count, empty where it does. `by`: the certificate's common name;
    `names`: all names of person and organization in it; `at`: when, as the signer's computer or a trusted time stamp
    (`stamped`) says, ISO with zone; `certificate`: its SHA-256 in hex."""

    problem: str = ""
    detail: str = ""
    by: str = ""
    names: tuple[str, ...] = ()
    issuer: str = ""
    certificate: str = ""
    at: str | None = None
    stamped: bool = False


# -- what the office trusts --------------------------------------------------------------------------------------------


class Trust(NamedTuple):
    """Certificates that are trusted, and lists of revoked ones, each in DER."""

    certificates: tuple[bytes, ...] = ()
    revoked: tuple[bytes, ...] = ()


def trusted(root: Path, places: Sequence[str]) -> Trust:
    """What stands in the files and folders `places` below `root`. CircularGenError for a file that is neither a
    certificate nor a list of revoked ones, and where the package that checks signatures is not installed."""
    if not places:
        return Trust()
    if importlib.util.find_spec("pyhanko") is None:
        raise CircularGenError(_("checking signatures needs another package: pip install 'circular-gen[sign]'"))
    certificates: dict[bytes, None] = {}
    revoked: dict[bytes, None] = {}
    for place in places:
        path = root / place
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in (*_ENDINGS, _REVOKED))
        for file in files:
            found = revoked if file.suffix.lower() == _REVOKED else certificates
            found.update(dict.fromkeys(_ders(file, "X509 CRL" if found is revoked else "CERTIFICATE")))
    if not certificates:
        raise CircularGenError(_("{places}: no certificates (.pem, .crt, .cer)").format(places=", ".join(places)))
    return Trust(tuple(certificates), tuple(revoked))


def _ders(path: Path, kind: str) -> Iterable[bytes]:
    """What a PEM or DER file holds. `kind`: as PEM names it."""
    from asn1crypto.crl import CertificateList
    from asn1crypto.x509 import Certificate

    with disk_errors():
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    bodies = findall(f"-----BEGIN {kind}-----(.*?)-----END {kind}-----".encode(), data, DOTALL)
    try:
        ders = [b64decode(body) for body in bodies] or [data]
        for der in ders:
            (Certificate if kind == "CERTIFICATE" else CertificateList).load(der, strict=True).native  # noqa: B018
    except (ValueError, TypeError, KeyError):
        message = _("{path} is neither a certificate nor a list of revoked ones (PEM or DER)")
        raise CircularGenError(message.format(path=path)) from None
    return ders


# -- what a file says --------------------------------------------------------------------------------------------------


def check(path: Path, trust: Trust) -> tuple[tuple[Signature, ...], int | None]:
    """The signatures of the PDF at `path`, and, where all of them count, the number of bytes that they answer for: what
    stands behind those was signed by nobody."""
    data = path.read_bytes()
    if _MARK not in data or not data.startswith(b"%PDF-"):
        return (), None
    if not trust.certificates:
        return (Signature("signature-unchecked"),), None
    try:
        return _checked(data, trust)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a hostile file makes a reader stumble over)
        return (Signature("signature-unreadable", f"{type(error).__name__}: {error}"[:200]),), None


def _checked(data: bytes, trust: Trust) -> tuple[tuple[Signature, ...], int | None]:
    from pyhanko.pdf_utils.reader import PdfFileReader

    embedded = PdfFileReader(BytesIO(data)).embedded_regular_signatures
    if not embedded:
        return (), None
    if len(embedded) > _MOST:
        return (Signature("signature-unreadable", f"{len(embedded)}"),), None
    signatures = tuple(_signature(one, trust) for one in embedded)
    if any(signature.problem for signature in signatures):
        return signatures, None
    _start, _length, start, length = (int(number) for number in embedded[-1].sig_object["/ByteRange"])
    return signatures, start + length


@lru_cache(maxsize=1)
def _known(trust: Trust) -> tuple[list[Any], frozenset[tuple[str, int]]]:
    """The trusted certificates, and the revoked ones as (issuer, serial number)."""
    from asn1crypto.crl import CertificateList
    from asn1crypto.x509 import Certificate

    revoked = set()
    for der in trust.revoked:
        crl = CertificateList.load(der)
        entries = crl["tbs_cert_list"]["revoked_certificates"]
        revoked |= {(crl.issuer.hashable, entry["user_certificate"].native) for entry in entries}
    return [Certificate.load(der) for der in trust.certificates], frozenset(revoked)


def _signature(embedded: Any, trust: Trust) -> Signature:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    certificate = embedded.signer_cert
    subject = certificate.subject.native
    said = _texts(subject.get("common_name"))
    names = [*said, *_texts(subject.get("organization_name")), *_texts(subject.get("organizational_unit_name"))]
    roots, revoked = _known(trust)
    status = validate_pdf_signature(embedded, ValidationContext(trust_roots=roots, allow_fetching=False))
    stamp = status.timestamp_validity
    if stamp and not (stamp.intact and stamp.valid and stamp.trusted):
        stamp = None
    moment = stamp.timestamp if stamp else status.signer_reported_dt
    return Signature(
        *_problem(status, revoked),
        by=(said or names or ["?"])[0],
        names=tuple(names),
        issuer=certificate.issuer.human_friendly[:500],
        certificate=certificate.sha256.hex(),
        at=moment.isoformat() if moment and moment.utcoffset() is not None else None,
        stamped=stamp is not None,
    )


def _problem(status: Any, revoked: frozenset[tuple[str, int]]) -> tuple[str, str]:
    """Why a signature does not count: a word, and more of it."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import SignatureCoverageLevel

    if not status.intact or not status.valid:
        return "signature-broken", ""
    covers = status.coverage == SignatureCoverageLevel.ENTIRE_FILE or (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and status.modification_level is not None
        and status.modification_level <= ModificationLevel.FORM_FILLING
    )
    if not covers or status.docmdp_ok is False:
        return "signature-changed", str(status.coverage.name)
    certificate = status.signing_cert
    if not status.trusted:
        if not certificate.not_valid_before <= datetime.now(UTC) <= certificate.not_valid_after:
            days = (certificate.not_valid_before, certificate.not_valid_after)
            return "signature-expired", "{:%Y-%m-%d} – {:%Y-%m-%d}".format(*days)
        return "signature-untrusted", getattr(status.trust_problem_indic, "name", "") or ""
    for one in (certificate, *status.validation_path.iter_certs(include_root=True)):
        if (one.issuer.hashable, one.serial_number) in revoked:
            return "signature-revoked", f"{one.serial_number:x}"
    return "", ""


def _texts(value: Any) -> list[str]:
    """A name of a certificate, which may stand there several times."""
    values = value if isinstance(value, list) else [value]
    return [text[:200] for text in values if isinstance(text, str) and text]
