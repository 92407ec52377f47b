"""The targets that a clerk types run the commands that they name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def would_run(*arguments: str) -> str:
    """The last command that `make` would run, called as from a shell also where these tests run under `make test`."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    shell = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run([make, "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=shell)
    return done.stdout.splitlines()[-1].replace("\\", "/").partition("/circular-gen ")[2].strip()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["circulars"], "build"),
        (["status"], "status"),
        (["receipts"], "receipts review"),
        (["receipts", "PATHS=scans photo.jpg"], "receipts scan scans photo.jpg"),
        (["remind"], "remind"),
        (["archive", "YEAR=2025"], "archive 2025"),
        (["archive", "YEAR=2025", "AS_IS=to be settled"], "archive 2025 --as-is 'to be settled'"),
    ],
)
def test_targets_run_commands(arguments: list[str], command: str) -> None:
    assert would_run(*arguments) == command


def test_the_year_is_this_one_where_none_is_named() -> None:
    assert would_run("archive").removeprefix("archive ").isdigit()
