"""`check FILE`: the sample passes, wrong files get one clear line, the formats of findings are as promised."""

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from reportlab.pdfgen import canvas

from circular_gen.checks.files import MOST_MEMBERS
from circular_gen.checks.measuring import check_file, measure, source_of, standard
from circular_gen.checks.rules import RULES
from circular_gen.cli import cli
from circular_gen.errors import CircularGenError
from circular_gen.resources import TEMPLATES
from circular_gen.sheet.blocks import Number, Urgency
from circular_gen.typeset.style import STRENGTHS, load_style

from ..e2e.conftest import make_workspace
from .papers import changed, docx_of, edited, general, letter, pages_of, pdf_of, short, swapped, with_measure, with_type


def run(*arguments: str, workspace: Path | None = None) -> Result:
    return CliRunner().invoke(cli, ["-w", str(workspace or Path("/nowhere")), "check", *arguments])


@pytest.fixture
def paper(tmp_path: Path) -> Callable[[bytes, str], Path]:
    def write(data: bytes, name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


Write = Callable[[bytes, str], Path]


# Files that cannot be measured ---------------------------------------------------------------------------------------


def encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_of(pages_of(general())))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="geheim", owner="geheim"))
    return out.getvalue()


def scan() -> bytes:
    """The pages as pictures, as a scanner gives them."""
    pages = [page.render(scale=0.5).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf_of(pages_of(letter())))]
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def blank() -> bytes:
    out = io.BytesIO()
    drawn = canvas.Canvas(out)
    drawn.showPage()
    drawn.save()
    return out.getvalue()


def package(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


@lru_cache
def bomb() -> bytes:
    """A Word file whose text unpacks to 110 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_of(general()))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "word/document.xml":
                new.writestr(name, old.read(name))
        with new.open("word/document.xml", "w") as file:
            for _ in range(110):
                file.write(b" " * 1_000_000)
    return out.getvalue()


def lying_bomb() -> bytes:
    """The same whose directory says that it is small."""
    data = bytearray(bomb())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


def crowd() -> bytes:
    return package(**{f"word/{number}.bin": b"" for number in range(MOST_MEMBERS + 1)})


def with_entities() -> bytes:
    pattern = "<w:document "
    entity = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/hostname">]><w:document '
    return edited(docx_of(general()), r"word/document\.xml", (pattern, entity), ("通知如下", "&c;"))


def macros() -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return edited(
        docx_of(general()),
        r"\[Content_Types\]\.xml",
        (re.escape(kind), "application/vnd.ms-word.document.macroEnabled.main+xml"),
    )


WRONG: list[tuple[str, Callable[[], bytes], str]] = [
    ("random.pdf", lambda: bytes(range(256)) * 20, "既不是 Word 文件"),
    ("empty.docx", lambda: b"", "既不是 Word 文件"),
    ("text.docx", lambda: "关于做好工作的通知".encode(), "既不是 Word 文件"),
    ("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + b"0" * 500, "既不是 Word 文件"),
    ("other.docx", lambda: package(**{"[Content_Types].xml": b"<Types/>"}), "既不是 Word 文件"),
    ("encrypted.pdf", encrypted, "加密"),
    ("old.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 4000, "加密"),
    ("scan.pdf", scan, "扫描件"),
    ("blank.pdf", blank, "没有文字"),
    ("half.pdf", lambda: b"%PDF-1.7\n" + b"garbage " * 100, "损坏"),
    ("half.docx", lambda: docx_of(general())[:3000], "损坏"),
    ("broken.docx", lambda: edited(docx_of(general()), r"word/document\.xml", ("</w:body>", "")), "损坏"),
    ("bodyless.docx", lambda: edited(docx_of(general()), r"word/document\.xml", ("w:body>", "w:other>")), "损坏"),
    ("entities.docx", with_entities, "损坏"),
    ("bomb.docx", bomb, "解开"),
    ("lying.docx", lying_bomb, "解开|损坏"),
    ("crowd.docx", crowd, "解开"),
    ("macros.docx", macros, "宏"),
]


@pytest.mark.parametrize(("name", "make", "said"), [pytest.param(*wrong, id=wrong[0]) for wrong in WRONG])
def test_a_file_that_cannot_be_measured_gets_one_clear_line(
    paper: Write, name: str, make: Callable[[], bytes], said: str
) -> None:
    path = paper(make(), name)
    result = run(str(path))
    assert result.exit_code == 1
    line, count = result.output.splitlines()
    assert line.startswith(f"{path}: 错误：")
    assert re.search(said, line)
    assert line.endswith("[unreadable]")
    assert count == "1 个错误，0 个警告"
    assert "\ufffd" not in line


@pytest.mark.parametrize("seed", range(8))
def test_damage_anywhere_is_borne(paper: Write, seed: int) -> None:
    """Wrong bytes in a PDF, wrong values in a Word file's XML: findings, whatever they are, and no traceback."""
    chance = random.Random(seed)
    pdf = bytearray(pdf_of(pages_of(letter())))
    for _ in range(chance.choice([1, 10, 100])):
        pdf[chance.randrange(len(pdf))] = chance.randrange(256)
    check_file(paper(bytes(pdf), "damaged.pdf"))
    for number in range(3):
        values = ["", "-1", "0", "99999999999", "abc", "1e9", "1.5pt", "auto", "FFFFFF"]

        def other(match: re.Match[str]) -> str:
            return f'w:{match[1]}="{chance.choice(values)}"' if chance.random() < 0.05 else match[0]  # noqa: B023

        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(docx_of(general()))) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                text = re.sub(r'w:(\w+)="[^"]*"', other, old.read(name).decode("utf-8"))
                new.writestr(name, text)
        check_file(paper(out.getvalue(), f"damaged{number}.docx"))


def test_one_unreadable_file_does_not_hide_the_others(paper: Write) -> None:
    wrong, fault = paper(b"nothing", "a.pdf"), paper(docx_of(general(), with_measure(mark__top=31)), "b.docx")
    output = run(str(wrong), str(fault)).output
    assert "[unreadable]" in output
    assert "[mark-top]" in output


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    result = run(str(tmp_path / "none.pdf"))
    assert isinstance(result.exception, CircularGenError)
    assert int(result.exception.exit_code) == 2
    assert "none.pdf" in str(result.exception)


def test_files_are_recognised_by_content(paper: Write) -> None:
    path = paper(pdf_of(pages_of(letter())), "公文")
    assert run(str(path)).exit_code == 0
    disguised = paper(docx_of(general()), "公文.pdf")
    assert run(str(disguised)).exit_code == 0


# Findings ------------------------------------------------------------------------------------------------------------


def test_a_finding_has_rule_clause_strength_figures_and_place(paper: Write) -> None:
    path = paper(pdf_of(pages_of(general(), with_measure(mark__top=31))), "paper.pdf")
    result = run(str(path), "--json")
    assert result.exit_code == 1
    found = [record for record in json.loads(result.output) if record["severity"] != "note"]
    (record,) = found
    assert record["code"] == "mark-top"
    assert (record["severity"], record["clause"], record["strength"]) == ("error", "7.2.4", "required")
    assert record["measured"] == pytest.approx(31, abs=0.4)
    assert (record["expected"], record["unit"]) == (35, "mm")
    assert record["place"]["page"] == 1
    assert record["place"]["y"] == pytest.approx(68, abs=0.5)
    assert run(str(path)).output.startswith(f"{path}：第1页")


def test_a_letters_own_clause_is_named(paper: Write) -> None:
    path = paper(pdf_of(pages_of(letter(), with_measure(mark__top__letter=35))), "letter.pdf")
    (finding,) = [one for one in check_file(path) if one.severity != "note"]
    assert (finding.rule, finding.clause, finding.expected) == ("mark-top-letter", "10.1", 30)


def test_only_what_the_standard_requires_fails(paper: Write) -> None:
    usual = paper(docx_of(general(), with_type("body", face="kai")), "usual.docx")
    result = run(str(usual))
    assert result.exit_code == 0
    assert "警告" in result.output
    assert "一般" in result.output


def test_practice_never_claims_the_standard(paper: Write) -> None:
    path = paper(docx_of(general(), with_measure(grid__line=28.5)), "practice.docx")
    (finding,) = [one for one in check_file(path) if one.severity != "note"]
    assert finding.strength == "derived"
    assert finding.clause == ""
    assert "9704" not in finding.message
    assert "标准未规定" in finding.message


def test_an_offices_own_measures_hold(tmp_path: Path, paper: Write) -> None:
    """An office that sets its type area by the other reading is not told that its own papers are wrong."""
    root = make_workspace(tmp_path / "office")
    office = root / "office.yaml"
    style = load_style((TEMPLATES / "gbt9704.yaml").read_text("utf-8"), cell="natural", margins="gb33476")
    made = paper(docx_of(general(), style), "other.docx")
    assert run(str(made), workspace=root).exit_code == 1
    text = office.read_text("utf-8").replace("  cell: grid", "  cell: natural").replace(": plain", ": gb33476")
    office.write_text(text, "utf-8")
    assert "0 个错误，0 个警告" in run(str(made), workspace=root).output
    office.write_text("name: [", "utf-8")
    broken = run(str(made), workspace=root)
    assert broken.exit_code == 1
    assert "没有用本单位的数值" in broken.stderr


def test_an_offices_older_file_of_measures_will_do(tmp_path: Path, paper: Write) -> None:
    """A copy made before the checker's entries were added: clauses come from the packaged one."""
    root = make_workspace(tmp_path / "office")
    text = (TEMPLATES / "gbt9704.yaml").read_text("utf-8")
    older = re.sub(r"(?ms)^rules:\n.*?^# 颜色", "# 颜色", re.sub(r"(?m)^  page\.tolerance:.*\n", "", text))
    assert len(older) < len(text) - 1000
    (root / "templates").mkdir()
    (root / "templates" / "gbt9704.yaml").write_text(older, "utf-8")
    wrong = changed(general(), Number, text="清安办发[2026]12号")
    result = run(str(paper(docx_of(wrong), "paper.docx")), "--json", workspace=root)
    (record,) = [one for one in json.loads(result.output) if one["severity"] != "note"]
    assert (record["code"], record["clause"]) == ("number-brackets", "7.2.5")


def test_every_rule_has_a_source_that_says_how_binding_it_is() -> None:
    assert len(RULES) >= 90
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        source = source_of(rule.source, standard())
        assert source.strength in STRENGTHS
        assert bool(source.clause) == (source.strength not in ("practice", "derived")), rule.name


def test_many_findings_of_a_rule_are_five_and_a_count(paper: Write) -> None:
    docx = edited(
        docx_of(general()), r"word/styles\.xml", (r'(w:styleId="GwBody">.*?)w:sz w:val="32"', r'\g<1>w:sz w:val="30"')
    )
    docx = edited(docx, r"word/document\.xml", ("GwHeading[1-4]", "GwBody"))
    path = paper(docx, "small.docx")
    found = [one for one in check_file(path) if one.rule == "body-size"]
    assert len(found) == 5
    assert found[-1].more >= 5
    (line,) = [one for one in run(str(path)).output.splitlines() if one.endswith("[body-size]")]
    assert f"另有{found[-1].more}处" in line


def test_what_a_pdf_cannot_tell_is_said_once(paper: Write) -> None:
    path = paper(pdf_of(pages_of(short())), "paper.pdf")
    notes = [one for one in check_file(path) if one.severity == "note"]
    assert {note.rule for note in notes} >= {"area-height", "grid-lines"}
    assert {note.measured for note in notes} == {None}
    assert run(str(path)).output.count("版心高") == 1


def test_what_only_a_renderer_knows_is_not_guessed(paper: Write) -> None:
    """Lines of free height above the mark: nobody knows where it will stand."""
    docx = edited(
        docx_of(general()),
        r"word/styles\.xml",
        ('(w:styleId="GwUrgency">.*?)w:lineRule="exact"', r'\g<1>w:lineRule="auto"'),
    )
    notes = {one.rule for one in check_file(paper(docx, "free.docx")) if one.severity == "note"}
    assert "mark-top" in notes


def test_a_sarif_log_names_a_file_by_a_uri(paper: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper(docx_of(general(), with_measure(mark__top=31)), "送审 稿.docx")
    monkeypatch.chdir(tmp_path)
    run("送审 稿.docx", "--sarif", "out.sarif")
    log = json.loads((tmp_path / "out.sarif").read_text("utf-8"))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "%E9%80%81%E5%AE%A1%20%E7%A8%BF.docx"


def test_sarif(paper: Write, tmp_path: Path) -> None:
    wrong = changed(general(), Number, text="清安办发[2026]12号")
    path = paper(pdf_of(pages_of(wrong)), "paper.pdf")
    assert run(str(path), "--sarif", str(tmp_path / "out.sarif")).exit_code == 1
    log = json.loads((tmp_path / "out.sarif").read_text("utf-8"))
    assert log["version"] == "2.1.0"
    (told,) = log["runs"]
    rules = told["tool"]["driver"]["rules"]
    for result in told["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()
    (error,) = [result for result in told["results"] if result["level"] == "error"]
    assert error["ruleId"] == "number-brackets"
    assert error["properties"]["clause"] == "7.2.5"
    assert error["properties"]["page"] == 1


def test_pictures_show_the_places(paper: Write, tmp_path: Path) -> None:
    path = paper(pdf_of(pages_of(letter(), with_measure(mark__top__letter=35))), "paper.pdf")
    run(str(path), "--picture", str(tmp_path / "pictures"))
    pictures = sorted((tmp_path / "pictures").glob("*.png"))
    assert len(pictures) == len(pypdfium2.PdfDocument(path))
    (finding,) = [one for one in check_file(path) if one.severity == "error"]
    with Image.open(tmp_path / "pictures" / f"paper.pdf-{finding.place.page}.png") as image:
        assert image.width == pytest.approx((210 + 95) / 25.4 * 120, abs=3)
        scale = image.height / 297
        place = finding.place
        assert place.x is not None
        assert place.y is not None
        box = tuple(round(value * scale) for value in (place.x - 2, place.y - 2, place.x + 2, place.y + 2))
        assert (0xD0, 0, 0) in set(image.convert("RGB").crop(box).get_flattened_data())  # type: ignore[arg-type]


@pytest.mark.libreoffice
def test_a_word_file_is_drawn_by_libreoffice(paper: Write, tmp_path: Path) -> None:
    """What was found stands where the drawn page says what its paragraph says."""
    wrong = changed(letter(), Number, text="清安办发[2026]12号")
    result = run(str(paper(docx_of(wrong), "paper.docx")), "--picture", str(tmp_path / "pictures"))
    assert result.exit_code == 1
    with Image.open(tmp_path / "pictures" / "paper.docx-1.png") as image:
        page = image.convert("RGB").crop((0, 0, round(image.height * 210 / 297), image.height // 3))
        beside = image.convert("RGB").crop((round(image.height * 212 / 297), 0, image.width, image.height // 3))
        for part in (page, beside):
            assert (0xD0, 0, 0) in set(part.get_flattened_data())  # type: ignore[arg-type]


def test_a_word_file_without_libreoffice_has_no_pictures(
    paper: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_SOFFICE", "")
    result = run(str(paper(docx_of(letter()), "paper.docx")), "--picture", str(tmp_path))
    assert isinstance(result.exception, CircularGenError)
    assert "LibreOffice" in str(result.exception)


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_classified_paper_is_neither_measured_nor_drawn(paper: Write, tmp_path: Path, kind: str) -> None:
    sheet = swapped(general(), Urgency, Urgency("机密★1年"), Urgency("加急"))
    path = paper(pdf_of(pages_of(sheet)) if kind == "pdf" else docx_of(sheet), f"paper.{kind}")
    result = run(str(path), "--picture", str(tmp_path / "pictures"))
    assert result.exit_code == 1
    assert "机密" in result.output.splitlines()[0]
    assert result.output.splitlines()[0].endswith("[classified]")
    assert len(result.output.splitlines()) == 2
    assert not (tmp_path / "pictures").exists()


def test_drafts_and_files_together(tmp_path: Path, paper: Write) -> None:
    root = make_workspace(tmp_path / "office")
    fault = paper(docx_of(general(), with_measure(mark__top=31)), "b.docx")
    result = run("2026-winter-safety", str(fault), workspace=root)
    assert result.exit_code == 1
    assert "[mark-top]" in result.output


@pytest.mark.parametrize("margins", ["plain", "gb33476"])
def test_the_page_number_of_a_word_file_is_7_mm_under_either_frame(tmp_path: Path, margins: str) -> None:
    style = load_style((TEMPLATES / "gbt9704.yaml").read_text("utf-8"), margins=margins)
    path = tmp_path / "paper.docx"
    path.write_bytes(docx_of(general(), style))
    numbers = measure(path, style).sheet.numbers
    assert numbers
    assert [number.gap for number in numbers] == pytest.approx([7] * len(numbers), abs=0.3)
