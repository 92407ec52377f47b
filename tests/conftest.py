"""What all tests share: markers for system programs, and the Chinese messages that clerks see."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # a busy machine is no failure


def _soffice() -> bool:
    return any(map(shutil.which, ("soffice", "libreoffice")))


def _preflight() -> bool:
    return bool(shutil.which("java")) and Path("/usr/share/java/preflight.jar").exists()


def _postgresql() -> bool:
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


PROGRAMS: dict[str, Callable[[], bool]] = {
    "libreoffice": _soffice,
    "preflight": _preflight,
    "qpdf": lambda: bool(shutil.which("qpdf")),
    "postgresql": _postgresql,
    "dovecot": lambda: bool(shutil.which("dovecot", path="/usr/sbin:" + os.environ.get("PATH", ""))),
    "submission": lambda: Path("/usr/lib/dovecot/submission").exists(),
    "chromium": lambda: bool(shutil.which("chromium")),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--approve", action="store_true", help="write the present output as the golden files")
    parser.addoption("--require-programs", action="store_true", help="fail where a system program is missing")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests unless -m asks for them."""
    if not config.option.markexpr:
        kept = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, found in PROGRAMS.items():
        if item.get_closest_marker(name) and not found():
            message = f"needs a system program that is not here: {name}"
            if item.config.getoption("--require-programs") or os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "zh_CN")


@pytest.fixture(autouse=True)
def _state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a workspace that sends keeps outside itself does not go into the developer's own account."""
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path_factory.getbasetemp() / "state"))
