"""Passwords of mail servers: from one place, and never shown."""

import os
from pathlib import Path

import pytest

from circular_gen.errors import CircularGenError
from circular_gen.workspace.secret import mail_password


def written(root: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = root / "records" / "mail.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.fixture(autouse=True)
def _no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for server in ("SMTP", "IMAP"):
        monkeypatch.delenv(f"CIRCULAR_GEN_{server}_PASSWORD", raising=False)


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail_password(tmp_path, "imap") is None
    written(tmp_path, "smtp: 发信口令\nimap: 012345\n")
    assert mail_password(tmp_path, "smtp") == "发信口令"
    assert mail_password(tmp_path, "imap") == "012345"
    monkeypatch.setenv("CIRCULAR_GEN_IMAP_PASSWORD", "other")
    assert mail_password(tmp_path, "imap") == "other"
    assert mail_password(tmp_path, "smtp") == "发信口令"


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "imap: geheim\n", mode)
    with pytest.raises(CircularGenError) as error:
        mail_password(tmp_path, "imap")
    assert f"chmod 600 {path}" in str(error.value)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["imap: [geheim]\n", "geheim\n", "imap: 'geheim\n", "imap: geheim\n\ta: b", b"\xff\xfe"]
)
def test_a_damaged_file_is_one_line_without_its_content(tmp_path: Path, text: str | bytes) -> None:
    written(tmp_path, text)
    with pytest.raises(CircularGenError, match=r"mail\.yaml") as error:
        mail_password(tmp_path, "imap")
    assert "geheim" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "smtp: x\n", "imap: ''\n"])
def test_no_password_is_none(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    assert mail_password(tmp_path, "imap") is None
