"""docs/conformance.md says what is: it is the table that the program's own figures, rules, tests and measures give."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from circular_gen.checks.measuring import check_file, measure, standard

ROOT = Path(__file__).parent.parent.parent
FIGURE = re.compile(r"\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_conformance", ROOT / "docs" / "make_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        spec.loader.exec_module(module)
    return module


def test_the_table_is_current_and_nothing_fails(maker: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words exactly; figures within a tenth, for other versions of the library that reads PDFs."""
    monkeypatch.setenv("CIRCULAR_GEN_LANG", "zh_CN")
    written = (ROOT / "docs" / "conformance.md").read_text("utf-8").splitlines()
    made = maker.document().splitlines()
    assert len(written) == len(made), "make conformance"
    for old, new in zip(written, made, strict=True):
        assert FIGURE.sub("0", old) == FIGURE.sub("0", new), "make conformance"
        assert [float(x) for x in FIGURE.findall(old)] == pytest.approx(
            [float(x) for x in FIGURE.findall(new)], abs=0.11
        ), "make conformance"
    assert not [line for line in made if "份不符" in line]


def test_every_clause_of_the_measures_has_a_row_with_code_and_a_test(maker: ModuleType) -> None:
    rows = list(maker.rows())
    style = maker.standard()
    sources = {name: measure.source for name, measure in style.measures.items()}
    sources |= {name: type_.source for name, type_ in style.types.items()} | dict(style.rules)
    assert {name for name, source in sources.items() if source.clause} <= {row.key for row in rows}
    assert {row.key for row in rows if not maker.checks(row)} == set(maker.BY_EYE)
    assert {row.key for row in rows if maker.tests(row) == "—"} == set(maker.BY_EYE)
    assert all(maker.code(row) for row in rows)


@pytest.mark.long
def test_the_papers_of_docs_are_passed_in_silence_in_every_format(tmp_path: Path) -> None:
    """General, upward, joint, letter, order, minutes, and one that issues another; PDF and DOCX."""
    spec = importlib.util.spec_from_file_location("make_papers", ROOT / "docs" / "make_papers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.papers()
    assert len(made) >= 7
    formats = set()
    for name, files in made.items():
        assert set(files) == {"pdf", "docx"}
        for kind, data in files.items():
            path = tmp_path / f"{name}.{kind}"
            path.write_bytes(data)
            found = [one for one in check_file(path) if one.severity != "note"]
            assert found == [], (path.name, found)
            formats.add(measure(path, standard()).format)
    assert formats == {"general", "letter", "order", "minutes"}
