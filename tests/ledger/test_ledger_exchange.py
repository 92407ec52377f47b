"""Export and import: the same ledger in another database, and what is refused with its line."""

import json
from pathlib import Path

import pytest
from tests.ledger.conftest import issue

from circular_gen.ledger import Ledger, LedgerError, draft, open_ledger
from circular_gen.ledger.exchange import export_lines, import_lines
from circular_gen.ledger.verification import verify


@pytest.fixture
def lines(file_ledger: Ledger) -> list[str]:
    (wrong,) = file_ledger.append(
        draft("received", "综合科", "winter", "chengxi", "k", by='张"某', note="第一行\n第二行")
    )
    file_ledger.append(draft("corrected", "综合科", event=wrong.sequence, reason="错行"))
    file_ledger.void_number("清安办发", 2026, 2, actor="综合科", reason="印错")
    return list(export_lines(file_ledger))


def test_an_export_is_the_same_ledger_elsewhere(ledger: Ledger, file_ledger: Ledger, lines: list[str]) -> None:
    assert import_lines(ledger, lines) == 8
    assert ledger.checkpoint() == file_ledger.checkpoint()
    assert ledger.events() == file_ledger.events()
    assert ledger.standings("winter") == file_ledger.standings("winter")
    assert ledger.numbers() == file_ledger.numbers()
    assert verify(ledger).ok
    assert list(export_lines(ledger)) == lines
    issue(ledger, "next")
    assert ledger.paper("next").ordinal == 3  # type: ignore[union-attr]
    with pytest.raises(LedgerError, match="import"):
        import_lines(ledger, lines)


def test_an_empty_ledger_travels_too(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as one, open_ledger(tmp_path / "b.db") as other:
        assert import_lines(other, [line.encode() for line in export_lines(one)]) == 0
        assert other.head() == one.head()
        issue(other, "winter")
        assert verify(other).ok


def test_many_events_travel(tmp_path: Path, file_ledger: Ledger) -> None:
    file_ledger.append(*[draft("noted", "x", text=str(n)) for n in range(10_500)])
    with open_ledger(tmp_path / "b.db") as other:
        import_lines(other, export_lines(file_ledger))
        assert other.checkpoint() == file_ledger.checkpoint()


def changed(line: str, **fields: object) -> str:
    return json.dumps({**json.loads(line), **fields}, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: [], "1"),
        (lambda lines: ["x"], "1"),
        (lambda lines: lines[1:], "1"),
        (lambda lines: [changed(lines[0], version=2), *lines[1:]], "1"),
        (lambda lines: [changed(lines[0], origin="other"), *lines[1:]], "1"),
        (lambda lines: lines[:-1], "cut"),
        (lambda lines: [*lines, lines[-1]], "10|11"),
        (lambda lines: [*lines[:3], "[]", *lines[4:]], "4"),
        (lambda lines: [*lines[:3], lines[4], *lines[5:]], "3"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "3"),
        (lambda lines: [*lines[:3], changed(lines[3], actor="y"), *lines[4:]], "3"),
        (lambda lines: [*lines[:3], changed(lines[3], kind="celebrated"), *lines[4:]], "4"),
        (lambda lines: [*lines[:3], changed(lines[3], key=5), *lines[4:]], "4"),
        (lambda lines: [*lines[:3], changed(lines[3], hash="xy"), *lines[4:]], "4"),
        (lambda lines: [*lines[:3], changed(lines[3], payload="x"), *lines[4:]], "4"),
        (lambda lines: [*lines[:-1], changed(lines[-1], size=7)], "checkpoint"),
        (lambda lines: [*lines[:-1], changed(lines[-1], root="00")], "checkpoint"),
    ],
)
def test_a_damaged_export_is_refused_whole(tmp_path: Path, lines: list[str], damage: object, said: str) -> None:
    with open_ledger(tmp_path / "b.db") as other:
        with pytest.raises(LedgerError, match=said):
            import_lines(other, damage(lines))  # type: ignore[operator]
        assert other.head().size == 0
        assert verify(other).ok
        assert import_lines(other, lines) == 8
