import pytest


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages as the sources have them."""
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "en")
