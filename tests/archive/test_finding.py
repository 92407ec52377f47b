"""`archive find`: Chinese words of two characters and more, numbers, units, days, sectors."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circular_gen.archive.finding import Index, Text, find, query, tokens
from circular_gen.archive.making import archive_year
from circular_gen.issuing import issue

from .conftest import BAG, DAY, YEAR, answer, scan_of


def names(root: Path, words: str = "", **narrowed: str) -> list[str]:
    return sorted(hit.circular for hit in find(root, words, **narrowed).hits)


@pytest.fixture(scope="module")
def searched(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(archived, tmp_path_factory.mktemp("find") / "office"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("燃气", ["gas"]),
        ("燃气管理", ["gas"]),
        ("防汛值班", ["汛期"]),
        ("森林 防火", ["fire"]),
        ("压实责任", ["fire", "gas", "mines", "汛期"]),
        ("林防", ["fire"]),
        ("火", ["fire"]),
        ("检查 燃气", []),
        ("气燃", []),
        ("柳某", ["gas"]),
        (f"{YEAR}〕3号", ["gas"]),
        ("“燃气”OR", []),
        ('"*(', []),
    ],
)
def test_words(searched: Path, words: str, expected: list[str]) -> None:
    assert names(searched, words) == expected


def test_narrowed(searched: Path) -> None:
    assert names(searched, number="〕2号") == ["mines"]
    assert names(searched, "通知", since=f"{YEAR}", until=f"{DAY}") == ["fire", "gas", "mines", "汛期"]
    assert names(searched, "通知", until=f"{YEAR - 1}") == []
    assert names(searched, unit="城西街道办事处", sector="矿山") == ["fire", "gas", "mines", "汛期"]
    assert names(searched, sector="矿") == []


def test_a_hit_says_where_it_is(searched: Path) -> None:
    (hit,) = find(searched, "燃气管理").hits
    assert (hit.where, hit.code) == (BAG, f"Z109-WS·{YEAR}-D30-BGS-0002")
    assert "燃气管理" in hit.snippet
    assert Path(hit.path).is_file()


def test_living_papers_until_they_are_archived(desk: Path) -> None:
    (hit,) = find(desk, "燃气管理").hits
    assert (hit.where, hit.code) == ("", "")
    archive_year(desk, YEAR, as_is="年底")
    assert [hit.where for hit in find(desk, "燃气管理").hits] == [BAG]
    text = (desk / "circulars" / "gas.yaml").read_text("utf-8").replace("〕3号", "〕9号").replace("燃气", "锅炉")
    (desk / "circulars" / "boilers.yaml").write_text(text, "utf-8")
    issue(desk, "boilers")
    assert names(desk, "锅炉") == ["boilers"]
    shutil.rmtree(desk / "records" / "archive" / BAG)
    (hit,) = find(desk, "防汛值班").hits
    assert (hit.where, Path(hit.path).is_file()) == ("", True)


def test_what_came_later_is_no_second_paper(desk: Path) -> None:
    archive_year(desk, YEAR, as_is="年底")
    answer(desk, "gas", "chengxi", scan_of("late"), by="李某某")
    archive_year(desk, YEAR)
    for words in ("燃气管理", "柳林镇 燃气", f"{YEAR}〕3号"):
        assert [hit.where for hit in find(desk, words).hits] == [BAG], words
    assert [hit.where for hit in find(desk, "", number="〕3号").hits] == [BAG]
    (hit,) = find(desk, "李某某").hits
    assert (hit.where, hit.title, Path(hit.path).name) == (
        f"{BAG}-S01",
        "关于加强城镇燃气安全管理的通知",
        "receipts.pdf",
    )
    assert "李某某" in hit.snippet


def test_the_index_may_be_damaged_or_deleted(desk: Path) -> None:
    assert names(desk, "燃气") == ["gas"]
    index = desk / "out" / "find.db"
    index.write_bytes(b"no database" * 100)
    assert names(desk, "燃气") == ["gas"]
    index.unlink()
    assert names(desk, "燃气") == ["gas"]


HANZI = st.text(st.sampled_from("安全生产防火燃气管理检查通知0aＡ，。 \n"), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(HANZI, st.data())
def test_every_part_of_a_run_is_found(tmp_path_factory: pytest.TempPathFactory, body: str, data: st.DataObject) -> None:
    """Any two or more characters that stand together in a text find it; what does not stand there does not."""
    start = data.draw(st.integers(0, len(body) - 1))
    part = body[start : start + data.draw(st.integers(2, 6))]
    with closing(Index(tmp_path_factory.mktemp("index") / "find.db")) as index:
        index.take("s", "1", [Text("k", "c", "n", "1", "t", "2026-01-01", (), (), "", body)])
        hanzi = "".join(character for character in part if "\u4e00" <= character <= "\u9fff")
        if hanzi == part and len(part) >= 2:
            assert index.find(part).total == 1
        assert index.find("煤矿").total == 0
        index.take("s", "2", [])
        assert index.find("安全").total == 0


def test_pairs() -> None:
    assert list(tokens("安全生产，2026年A1")) == ["安全", "全生", "生产", "产", "2026", "年", "a1"]
    assert query("安全生产 2026") == '"安全 全生 生产" AND "2026" *'
