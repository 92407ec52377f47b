"""The table of conformance: every row of gbt9704.yaml that has a clause or a check, the code that sets it, the check
that measures it, the tests that plant its fault or measure it, and what came out on papers of all four formats.

make_conformance.py conformance.md

Nothing in the table is written by hand but which module keeps a requirement without a number, and which tests measure
on finished files; both are looked up, so that a name that is gone is an error.
"""

import ast
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.checks import papers, test_files_faults  # noqa: E402

from circular_gen.checks.looks.eye import Eye, Seen  # noqa: E402
from circular_gen.checks.measuring import in_words, measure, shown, standard  # noqa: E402
from circular_gen.checks.rules import RULES, Rule  # noqa: E402
from circular_gen.sheet.blocks import Sheet  # noqa: E402

SOURCE = ROOT / "src" / "circular_gen"
STRENGTHS = {
    "required": "规定",
    "usual": "一般",
    "recommended": "推荐",
    "optional": "可以",
    "practice": "实务",
    "derived": "推算",
}

PAPERS: dict[str, Callable[[], Sheet]] = {
    "通用格式下行文": papers.general,
    "通用格式上行文": papers.upward,
    "通用格式，不加盖印章": papers.unsealed,
    "通用格式，签名章": papers.chop,
    "通用格式，联合行文，有印章图片": papers.joint_seals,
    "通用格式，有印章图片": papers.with_seal,
    "通用格式，名单都长": papers.crowded,
    "信函格式": papers.letter,
    "命令（令）格式": papers.order,
    "纪要格式": test_files_faults._many_present,
}
UNITS = {"mm": "毫米", "pt": "磅", "line": "行", "cell": "字", "em": "字（自身）", "share": "", "count": "", "": ""}
FACES = {"fangsong": "仿宋", "xiaobiaosong": "小标宋", "hei": "黑体", "kai": "楷体", "song": "宋体"}
HELD = {  # a requirement without a number → the modules that keep it
    "page.tolerance": "checks/looks/page.py",
    "copy_number": "—（涉密公文不用本程序）",
    "text.colour": "typeset/style.py",
    "urgency.place": "typeset/head.py output/docx.py",
    "urgency.word": "workspace/circular.py",
    "mark.place": "typeset/head.py output/docx.py",
    "mark.letter": "workspace/office.py typeset/head.py",
    "mark.joint": "typeset/head.py output/docx.py",
    "number.form": "workspace/circular.py",
    "number.place": "typeset/head.py output/docx.py",
    "approver": "typeset/head.py output/docx.py",
    "approver.upward": "workspace/circular.py checks/drafts.py",
    "rule.gap.letter": "typeset/head.py output/docx_measures.py",
    "letter.rule": "typeset/head.py output/docx_measures.py",
    "letter.page_number": "typeset/furniture.py output/docx.py",
    "letter.colophon": "typeset/colophon.py output/docx_tables.py",
    "order.colophon": "workspace/circular.py",
    "title": "typeset/title.py",
    "addressees": "typeset/elements.py output/docx.py",
    "body.first_page": "typeset/pages.py",
    "heading": "sheet/numbering.py typeset/elements.py output/docx.py",
    "heading.numbers": "sheet/numbering.py checks/drafts.py",
    "indent.characters": "typeset/elements.py output/docx.py checks/drafts.py",
    "annex_list": "typeset/elements.py output/docx.py",
    "annex": "sheet/completing.py typeset/elements.py output/docx.py",
    "seal": "typeset/signature.py typeset/elements.py output/docx_measures.py",
    "signature.centre": "typeset/signature.py output/docx_measures.py",
    "signature.company": "typeset/flow.py",
    "signature.statement": "typeset/flow.py",
    "date.form": "workspace/circular.py",
    "attendance.align": "typeset/elements.py output/docx.py",
    "note.brackets": "typeset/elements.py output/docx.py",
    "colophon": "typeset/flow.py typeset/colophon.py output/docx_tables.py",
    "copies": "typeset/colophon.py output/docx_tables.py",
    "printed.form": "typeset/colophon.py output/docx_tables.py",
    "page_number": "typeset/furniture.py output/docx.py",
    "keywords": "—（没有这个要素）",
    "red": "typeset/style.py output/pdf.py output/docx_measures.py",
}
MEASURED = {  # row → tests that measure finished files without this checker
    "page.left": ["test_a_full_page_has_22_lines_of_28_hanzi"],
    "area.width": [
        "test_a_full_page_has_22_lines_of_28_hanzi",
        "test_the_red_rule_lies_4_mm_under_the_numbers_ink_and_is_156_mm_long",
    ],
    "grid.lines": ["test_a_full_page_has_22_lines_of_28_hanzi"],
    "grid.cells": ["test_a_full_page_has_22_lines_of_28_hanzi"],
    "grid.line": ["test_a_full_page_has_22_lines_of_28_hanzi"],
    "mark.top": ["test_the_marks_ink_begins_72_mm_from_the_papers_top"],
    "mark.top.letter": ["test_a_letters_mark_begins_30_mm_from_the_papers_top"],
    "rule.gap": ["test_the_red_rule_lies_4_mm_under_the_numbers_ink_and_is_156_mm_long"],
    "blank.title": ["test_the_title_stands_two_lines_under_the_rule_and_is_no_wider_than_twenty_characters"],
    "title.cells": ["test_the_title_stands_two_lines_under_the_rule_and_is_no_wider_than_twenty_characters"],
    "title.place": ["test_the_title_stands_two_lines_under_the_rule_and_is_no_wider_than_twenty_characters"],
    "blank.addressees": ["test_the_addressees_follow_one_line_under_the_title"],
    "addressees.place": ["test_the_addressees_follow_one_line_under_the_title"],
    "indent.sealed": ["test_a_sealed_papers_date_ends_4_cells_from_the_right_and_the_signature_is_centred_on_it"],
    "blank.sealed": ["test_a_sealed_papers_date_ends_4_cells_from_the_right_and_the_signature_is_centred_on_it"],
    "signature.centre": ["test_a_sealed_papers_date_ends_4_cells_from_the_right_and_the_signature_is_centred_on_it"],
    "colophon.foot": ["test_the_colophon_lies_on_the_lower_edge_of_the_last_page"],
    "colophon.rule.outer": ["test_the_colophon_lies_on_the_lower_edge_of_the_last_page"],
    "colophon.rule.inner": ["test_the_colophon_lies_on_the_lower_edge_of_the_last_page"],
    "page_number.gap": ["test_page_numbers_stand_7_mm_under_the_type_area_at_the_outer_edge"],
    "page_number.inset": ["test_page_numbers_stand_7_mm_under_the_type_area_at_the_outer_edge"],
    "page_number.side": ["test_page_numbers_stand_7_mm_under_the_type_area_at_the_outer_edge"],
    "letter.rule.width": ["test_a_letters_double_rules_are_170_mm_and_its_first_page_has_no_number"],
    "letter.rule.foot": ["test_a_letters_double_rules_are_170_mm_and_its_first_page_has_no_number"],
    "letter.page_number": ["test_a_letters_double_rules_are_170_mm_and_its_first_page_has_no_number"],
    "annex.page": ["test_annexes_begin_a_page_with_their_label_and_their_title_on_the_third_line"],
    "blank.annex_title": ["test_annexes_begin_a_page_with_their_label_and_their_title_on_the_third_line"],
}
CHECKED_BY = {  # a row that another row's check measures too
    "page.height": "page.width",
    "page.tolerance": "page.left",
    "indent.number": "number.place",
    "date": "signature",
}
FOLLOWS = {"grid.cells": "grid.cell", "grid.lines": "grid.line"}
"""A row that follows from another one, which the writers take."""
BY_EYE = {"chop.gap": "签名章是图片，由人看"}
NAMES = {"chop.gap": "签发人职务与签名章相距", "mark": "发文机关标志的字体（字号不限）"}
ELEMENTS = {
    "urgency": "紧急程度",
    "mark": "发文机关标志",
    "number": "发文字号",
    "approver": "签发人",
    "letter": "信函",
    "title": "标题",
    "addressees": "主送机关",
    "annex_list": "附件说明",
    "annex": "附件",
    "signature": "落款",
    "seal": "印章",
    "date": "成文日期",
    "attendance": "纪要人员名单",
    "colophon": "版记",
    "copies": "抄送机关",
    "printed": "印发日期",
    "page_number": "页码",
}
"""What a row without a number speaks of, where its comment does not say it."""
MEASURING = "tests/e2e/test_measured.py"
PLANTING = "tests/checks/test_files_faults.py"


@dataclass(frozen=True)
class Row:
    """A line of gbt9704.yaml. `kind`: measures, types, rules or colours."""

    kind: str
    key: str
    clause: str
    strength: str
    value: str
    says: str


def rows() -> Iterator[Row]:
    """What the standard asks, and what is checked besides, in the file's order."""
    kind, checked = "", {rule.source for rule in RULES}
    for line in (ROOT / "templates" / "gbt9704.yaml").read_text("utf-8").split("\nvariants:")[0].splitlines():
        if found := re.match(r"(\w+):", line):
            kind = found[1]
        found = re.match(r"  ([\w.]+): +\{(.*?)\}(?: +# (.*))?$", line)
        if found is None:
            continue
        key, fields, comment = found.groups()
        clause = re.search(r'clause: "([\d.]+)"', fields)
        strength = re.search(r"strength: (\w+)", fields)
        if strength is not None and (clause or key in checked):
            yield Row(kind, key, clause[1] if clause else "", strength[1], _value(fields), _says(kind, key, comment))


def _value(fields: str) -> str:
    if number := re.search(r"value: ([\d.]+), +unit: (\w+)", fields):
        return f"{number[1]} {UNITS[number[2]]}".strip()
    if type_ := re.search(r"face: (\w+), +size: ([\d.]+)", fields):
        return f"{FACES[type_[1]]} {type_[2]} 磅"
    return "C0 M80 Y80 K0" if "cmyk" in fields else ""


def _says(kind: str, key: str, comment: str | None) -> str:
    """The file's comment; else the words of the first rule that measures the row."""
    if key in NAMES:
        return NAMES[key]
    if comment:
        element = ELEMENTS.get(key.split(".")[0], "") if kind == "rules" else ""
        return f"{element}：{comment}" if element and element not in comment else comment
    source = CHECKED_BY.get(key, key)
    return next((in_words(rule.name) for rule in RULES if rule.source == source), key)


# Code ----------------------------------------------------------------------------------------------------------------


@cache
def _constants(path: Path) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """The texts of a module, and what those match that have a gap at their end: blank.{name}, heading{level}."""
    texts, patterns = set(), []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            prefix, *rest = node.values
            if isinstance(prefix, ast.Constant) and isinstance(prefix.value, str) and len(rest) == 1:
                gap = "[a-z0-9_.]+" if prefix.value.endswith(".") else "[0-9]"
                patterns.append(re.compile(re.escape(prefix.value) + gap))
    return frozenset(texts), tuple(patterns)


def _takes(path: Path, key: str) -> bool:
    texts, patterns = _constants(path)
    return key in texts or any(pattern.fullmatch(key) for pattern in patterns)


def code(row: Row) -> str:
    """The modules of the two writers that take the row's figure, or keep what has none."""
    held = next((HELD[name] for name in (row.key, *_stems(row.key)) if name in HELD), None)
    if row.kind in ("rules", "colours"):
        if held is None:
            raise LookupError(f"{row.key}: which module keeps it?")
        return held if held.startswith("—") else "、".join(map(_module, held.split()))
    rooms = [*sorted((SOURCE / "typeset").glob("*.py")), *sorted((SOURCE / "output").glob("docx*.py"))]
    key = FOLLOWS.get(row.key, row.key)
    found = [path for path in rooms if _takes(path, key)]
    if not found and held is not None:
        return _module(held)
    if not found:
        raise LookupError(f"{row.key}: no module takes it")
    return "、".join(f"`{path.relative_to(SOURCE).as_posix()}`" for path in found)


def _stems(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def _module(name: str) -> str:
    if not (SOURCE / name).is_file():
        raise LookupError(f"there is no {name}")
    return f"`{name}`"


def checks(row: Row) -> list[Rule]:
    source = CHECKED_BY.get(row.key, row.key)
    return [rule for rule in RULES if rule.source == source]


# Tests ---------------------------------------------------------------------------------------------------------------


@cache
def _planted() -> dict[str, Counter[str]]:
    """How many faults are planted for a rule, by kinds of file."""
    found: dict[str, Counter[str]] = {}
    tables: Iterable[tuple[Sequence[tuple[str, ...]], tuple[str, ...]]] = (
        (test_files_faults.BOTH, ("PDF", "DOCX")),  # type: ignore[arg-type]
        (test_files_faults.DRAWN, ("PDF",)),  # type: ignore[arg-type]
        (test_files_faults.EDITED, ("DOCX",)),  # type: ignore[arg-type]
    )
    for table, kinds in tables:
        for fault in table:
            found.setdefault(fault[0], Counter()).update(kinds)
    # Those with a function of their own.
    for node in ast.parse((ROOT / PLANTING).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not node.decorator_list:
            for text in ast.walk(node):
                if isinstance(text, ast.Compare) and isinstance(text.comparators[0], ast.Set):
                    for item in text.comparators[0].elts:
                        if isinstance(item, ast.Constant) and isinstance(item.value, str):
                            found.setdefault(item.value, Counter()).update(["PDF"])
    return found


def tests(row: Row) -> str:
    told = []
    for rule in checks(row):
        planted = _planted().get(rule.name, Counter())
        kinds = "、".join(f"{kind} {count}" for kind, count in planted.items())
        told.append(f"`{rule.name}`（{kinds}）")
    known = set(re.findall(r"^def (test_\w+)", (ROOT / MEASURING).read_text("utf-8"), re.MULTILINE))
    for name in MEASURED.get(row.key, ()):
        if name not in known:
            raise LookupError(f"there is no {name} in {MEASURING}")
        told.append(f"`{name}`")
    return "<br>".join(told) or "—"


# Results -------------------------------------------------------------------------------------------------------------


Looked = dict[str, dict[tuple[str, str], list[Seen]]]
"""Rule → (PDF or DOCX, paper) → what it saw."""


def measured() -> Looked:
    found: Looked = {}
    with TemporaryDirectory() as folder:
        for name, sheet in PAPERS.items():
            for kind in ("PDF", "DOCX"):
                path = Path(folder) / f"paper.{kind.lower()}"
                made = sheet()
                path.write_bytes(papers.pdf_of(papers.pages_of(made)) if kind == "PDF" else papers.docx_of(made))
                eye = Eye(measure(path, standard()), standard(), standard())
                for rule in RULES:
                    if seen := list(rule.look(eye)):
                        found.setdefault(rule.name, {})[kind, name] = seen
    return found


def result(row: Row, looked: Looked) -> str:
    """For each kind of file how many papers are right, and what was measured."""
    if row.key in BY_EYE:
        return BY_EYE[row.key]
    told = []
    for kind in ("PDF", "DOCX"):
        found = [looked.get(rule.name, {}) for rule in checks(row)]
        worst = {
            name: max((_state(one[kind, name]) for one in found if (kind, name) in one), key=_STATES.index)
            for name in PAPERS
            if any((kind, name) in one for one in found)
        }
        if worst:
            states = "、".join(f"{count} 份{state}" for state, count in Counter(worst.values()).items())
            figures = [
                _range([item for (what, _n), seen in one.items() if what == kind for item in seen]) for one in found
            ]
            shown_figures = "；".join(dict.fromkeys(figure for figure in figures if figure))
            told.append(f"{kind} {states}" + (f"（{shown_figures}）" if shown_figures else ""))
    return "<br>".join(told) or "样文中没有这种情形"


_STATES = ("量不出", "符合", "不符")


def _state(seen: Sequence[Seen]) -> str:
    if any(not one.right for one in seen):
        return "不符"
    return "量不出" if all(one.measured is None for one in seen) else "符合"


def _range(seen: Sequence[Seen]) -> str:
    """The least and the greatest measure, in the unit of the row."""
    figures = [one for one in seen if isinstance(one.measured, int | float)]
    if not figures or figures[0].unit == "off":
        return ""
    low, high = (how(float(one.measured or 0) for one in figures) for how in (min, max))
    ends = dict.fromkeys(shown(round(end, 2), figures[0].unit).replace(" ", "") for end in (low, high))
    return "—".join(ends)


# The document --------------------------------------------------------------------------------------------------------


def document() -> str:
    listed = list(rows())
    looked = measured()
    names = "；".join(PAPERS)
    planted = sum(sum(count.values()) for count in _planted().values())
    wrong = sum(_state(seen) == "不符" for papers_ in looked.values() for seen in papers_.values())
    lines = [
        "# 符合性对照表：GB/T 9704—2012",
        "",
        "由 `make conformance` 生成，不要手改；测试会核对它是不是最新的。",
        "(Generated: clause → requirement → code → tests → result on papers of all four formats, PDF and DOCX.)",
        "",
        f"- **要求**：`templates/gbt9704.yaml` 里有条款号的各项共 {sum(bool(row.clause) for row in listed)} 项；"
        "另列没有条款号但检查的，约束力为“实务”“推算”，不是标准的要求。",
        "- **代码**：`src/circular_gen/` 下按该数值（或要求）排版的模块，PDF 与 DOCX。",
        f"- **测试**：[`{PLANTING}`](../{PLANTING}) 里故意排错的文件，括号里是几份，检查只准找出这一条；"
        f"`test_…` 在 [`{MEASURING}`](../{MEASURING})，不借助检查程序，直接从成品里量。共排错 {planted} 份。",
        f"- **结果**：样文 {len(PAPERS)} 份（{names}），各做成 PDF 和 DOCX，检查程序实际量得的；"
        f"括号里是最小值和最大值。不符的共 {wrong} 处。“量不出”是这种文件里没有的信息（例如 DOCX 的换页），不猜。",
        "",
    ]
    groups: dict[str, list[Row]] = {}
    for row in sorted(listed, key=lambda row: [int(part) for part in row.clause.split(".") if part] or [99]):
        groups.setdefault(row.clause, []).append(row)
    for clause, group in groups.items():
        lines += [f"## {clause}" if clause else "## 标准没有规定的", ""]
        lines += ["| 要求 | 约束力 | 代码 | 测试 | 结果 |", "|---|---|---|---|---|"]
        for row in group:
            says = f"{row.says}：{row.value}" if row.value else row.says
            cells = (f"{says}<br>`{row.key}`", STRENGTHS[row.strength], code(row), tests(row), result(row, looked))
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ["CIRCULAR_GEN_LANG"] = "zh_CN"
    Path(sys.argv[1]).write_text(document(), encoding="utf-8", newline="\n")
