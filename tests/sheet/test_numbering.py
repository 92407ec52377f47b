"""Body text as pasted: levels and headings are found, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circular_gen.sheet.blocks import Paragraph
from circular_gen.sheet.numbering import numbering, numeral, paragraphs, sign

MARKS = "一二十、（）()1203.．。，；：”' \t\u3000A镇安"
body = st.text(st.one_of(st.sampled_from(MARKS + "\n"), st.characters(codec="utf-8")))


@given(body)
def test_no_character_is_lost_or_added(text: str) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert [paragraph.heading + paragraph.text for paragraph in paragraphs(text)] == lines


@given(body)
def test_a_heading_has_a_level_and_reaches_to_the_first_stop(text: str) -> None:
    for paragraph in paragraphs(text):
        if paragraph.heading:
            assert 1 <= paragraph.level <= 4
            assert "。" not in paragraph.heading.rstrip("”’）》」』").removesuffix("。")
        if paragraph.level in (1, 2):
            assert paragraph.heading


@pytest.mark.parametrize(
    ("line", "level", "heading"),
    [
        ("一、提高认识，压实责任。各镇要……。", 1, "一、提高认识，压实责任。"),
        ("二十一、附则", 1, "二十一、附则"),
        ("　　（三）道路交通。公安、交通运输部门……。", 2, "（三）道路交通。"),
        ("(三)道路交通。公安……。", 2, "(三)道路交通。"),
        (
            "（一）通报2026年以来全市安全生产情况和近期检查发现的突出问题。",
            2,
            "（一）通报2026年以来全市安全生产情况和近期检查发现的突出问题。",
        ),
        ("1.全面检查。逐户检查。", 3, "1.全面检查。"),
        ("1．全面检查。逐户检查。", 3, "1．全面检查。"),
        ("12、全面检查。逐户检查。", 3, "12、全面检查。"),
        ("2.自查要求。", 3, "2.自查要求。"),
        ("1.开展整改情况回头看，已销号的隐患按一成比例抽查。", 3, ""),
        ("（1）主要负责人亲自组织，从业人员全员参与。", 4, ""),
        ("(12)组织保障。成立专班。", 4, "(12)组织保障。"),
        ("一、牢记“安全第一。”各单位……。", 1, "一、牢记“安全第一。”"),
    ],
)
def test_levels(line: str, level: int, heading: str) -> None:
    (paragraph,) = paragraphs(line)
    assert (paragraph.level, paragraph.heading) == (level, heading)
    assert paragraph.heading + paragraph.text == line.strip()


@pytest.mark.parametrize(
    "line",
    [
        "1.5万人参加演练。",
        "1、2号机组停机。",
        "2026年汛期已经结束。",
        "一是提高认识。",
        "（含街道）各单位。",
        "一一、乱写",
        "十月、十一月",
    ],
)
def test_what_only_looks_like_a_number_is_text(line: str) -> None:
    assert paragraphs(line) == (Paragraph(line),)


def test_blank_lines_and_indents_go() -> None:
    assert [p.text for p in paragraphs("\n　　甲。\n\n \t乙。 \r\n\n")] == ["甲。", "乙。"]


@given(st.integers(1, 99), st.sampled_from([1, 2]))
def test_numerals_are_read_as_they_are_written(value: int, level: int) -> None:
    text = sign(level, value, "一")
    found = numbering(text)
    assert found is not None
    assert (found.level, found.value, found.text) == (level, value, text)
    assert numeral(found.digits) == value
