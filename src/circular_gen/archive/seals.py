"""Seals: what binds a bag to a time and to an office, beside it and over its tag manifest.

    tagmanifest-sha256.txt.tsr   an RFC 3161 token of a time-stamping authority (the bare token, DER)
    tagmanifest-sha256.txt.p7s   a detached CMS signature with the office's key (DER)

The tag manifest lists the manifests and bag-info.txt, and these list everything: so a seal over it is one over the bag.
In: a bag and the `archive` section of office.yaml. Out: the files; and, offline, whether they hold: the certificates
are in the seals, and whom to trust is given in files. pyHanko does the cryptography (the extra `sign`).
"""

import asyncio
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from circular_gen.archive.bag import TAG_MANIFESTS
from circular_gen.disk import disk_errors, write_whole
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.office import Archive

SEALED = TAG_MANIFESTS[0]
STAMP, SIGNATURE = f"{SEALED}.tsr", f"{SEALED}.p7s"
PASSWORD = "CIRCULAR_GEN_SIGNING_PASSWORD"  # noqa: S105 (the variable's name)
_PATIENCE = 30
"""Seconds that a time-stamping authority may take."""
State = Literal["trusted", "intact", "broken"]


class SealError(CircularGenError):
    """A seal that cannot be made or looked at; says why."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that was looked at. `state`: trusted: intact and by somebody who is trusted; intact: it fits, and nobody
    said whom to trust; broken: it does not fit, or is by somebody else. `by`: the certificate's name; `at`: the time
    that the token says."""

    file: str
    state: State
    by: str = ""
    at: datetime | None = None
    detail: str = ""

    @property
    def told(self) -> str:
        return " ".join(filter(None, (self.state, self.by, self.at.isoformat() if self.at else "", self.detail)))


def seal(bag: Path, archive: Archive, root: Path) -> tuple[str, ...]:
    """Add the seals that office.yaml asks for and the bag has not: the new files' names. SealError where one cannot be
    made; the bag is whole without it, and it can be added later."""
    made = []
    data = _sealed(bag)
    if archive.signing_key and not (bag / SIGNATURE).exists():
        write_whole(bag / SIGNATURE, _signed(data, root / archive.signing_key))
        made.append(SIGNATURE)
    if archive.time_authority and not (bag / STAMP).exists():
        write_whole(bag / STAMP, _stamped(data, archive.time_authority))
        made.append(STAMP)
    return tuple(made)


def look(bag: Path, trusted: Iterable[Path] = ()) -> tuple[Seal, ...]:
    """The bag's seals, proved offline. `trusted`: files with certificates (PEM or DER) of whom to trust. SealError
    where pyHanko or such a file is missing."""
    roots = _certificates(trusted)
    seals = []
    moment: datetime | None = None
    if (bag / STAMP).is_file():
        stamp = _look_at_stamp(bag, roots)
        moment = stamp.at if stamp.state == "trusted" else None
        seals.append(stamp)
    if (bag / SIGNATURE).is_file():
        seals.append(_look_at_signature(bag, roots, moment))
    return tuple(seals)


def _sealed(bag: Path) -> bytes:
    with disk_errors():
        return (bag / SEALED).read_bytes()


def _missing() -> SealError:
    return SealError(_("signatures and time stamps need the extra: pip install 'circular-gen[sign]'"))


def _signed(data: bytes, key: Path) -> bytes:
    try:
        from pyhanko.sign import SimpleSigner
    except ImportError:
        raise _missing() from None
    if not key.is_file():
        raise SealError(_("{path} is no file").format(path=key))
    password = os.environ.get(PASSWORD, "")
    opening: Any = SimpleSigner.load_pkcs12
    signer = opening(str(key), passphrase=password.encode() or None)
    if signer is None:
        message = _("{path} cannot be opened: it is no PKCS #12 file, or {variable} is not its password")
        raise SealError(message.format(path=key, variable=PASSWORD))
    signed = asyncio.run(signer.async_sign_general_data(data, "sha256", detached=True))
    return bytes(signed.dump())


def _stamped(data: bytes, url: str) -> bytes:
    try:
        from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
    except ImportError:
        raise _missing() from None
    try:
        stamper = HTTPTimeStamper(url, timeout=_PATIENCE)
        token = asyncio.run(stamper.async_timestamp(hashlib.sha256(data).digest(), "sha256"))
    except (TimestampRequestError, OSError, TimeoutError, ValueError) as error:
        message = _("the time-stamping authority {url} gave no time stamp: {reason}")
        raise SealError(message.format(url=url, reason=error)) from None
    return bytes(token.dump())


def _certificates(files: Iterable[Path]) -> list[Any]:
    files = tuple(files)
    if not files:
        return []
    try:
        from pyhanko.keys import load_certs_from_pemder
    except ImportError:
        raise _missing() from None
    try:
        reading: Any = load_certs_from_pemder
        return list(reading([str(file) for file in files]))
    except (OSError, ValueError) as error:
        raise SealError(_("this is no certificate: {reason}").format(reason=error)) from None


def _context(roots: list[Any], moment: datetime | None) -> Any:
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment, revocation_mode="soft-fail")


def _name(certificate: Any) -> str:
    return str(certificate.subject.human_friendly)


def _look_at_stamp(bag: Path, roots: list[Any]) -> Seal:
    try:
        from asn1crypto import cms
        from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    except ImportError:
        raise _missing() from None
    data = _sealed(bag)
    try:
        token = cms.ContentInfo.load((bag / STAMP).read_bytes())
        signed = token["content"]
        moment = signed["encap_content_info"]["content"].parsed["gen_time"].native
        found = asyncio.run(
            validate_tst_signed_data(
                signed, _context(roots, moment), lambda algorithm: hashlib.new(algorithm, data).digest()
            )
        )
        whole = bool(found["intact"] and found["valid"])
        known = whole and found.get("validation_path") is not None and found.get("trust_problem_indic") is None
        return _seal(STAMP, whole, known, roots, _name(found["signing_cert"]), moment.astimezone(UTC))
    except Exception as error:  # noqa: BLE001 (a forged token makes its readers say anything)
        return Seal(STAMP, "broken", detail=str(error) or type(error).__name__)


def _look_at_signature(bag: Path, roots: list[Any], moment: datetime | None) -> Seal:
    try:
        from asn1crypto import cms
        from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
        from pyhanko.sign.validation.settings import KeyUsageConstraints
    except ImportError:
        raise _missing() from None
    try:
        signed = cms.ContentInfo.load((bag / SIGNATURE).read_bytes())["content"]
        status = asyncio.run(
            async_validate_detached_cms(
                _sealed(bag),
                signed,
                signer_validation_context=_context(roots, moment),
                key_usage_settings=KeyUsageConstraints(key_usage=set()),
            )
        )
        whole = bool(status.intact and status.valid)
        return _seal(SIGNATURE, whole, whole and bool(status.trusted), roots, _name(status.signing_cert), None)
    except Exception as error:  # noqa: BLE001
        return Seal(SIGNATURE, "broken", detail=str(error) or type(error).__name__)


def _seal(file: str, whole: bool, known: bool, roots: list[Any], by: str, at: datetime | None) -> Seal:
    if not whole:
        return Seal(file, "broken", by, at, _("it is not over this bag"))
    if roots and not known:
        return Seal(file, "broken", by, at, _("none of the trusted certificates stands behind it"))
    return Seal(file, "trusted" if known else "intact", by, at)
