"""`circular-gen fonts` on the sample, and on a workspace with fonts of its own."""

import json
from pathlib import Path

import pdfplumber
import pytest

from circular_gen.resources import FONTS, PACKAGED_FACES

from .conftest import EACH, MEETING, Commands


def own(workspace: Path, **files: bytes) -> None:
    office = workspace / "office.yaml"
    lines = []
    for face, data in files.items():
        (workspace / f"{face}.ttf").write_bytes(data)
        lines.append(f"  {face}: {face}.ttf\n")
    text = office.read_text(encoding="utf-8")
    office.write_text(text + "\nfonts:\n" + "".join(lines), encoding="utf-8", newline="\n")


def test_each_face_with_its_file_and_what_it_lacks(run: Commands) -> None:
    faces = {face["face"]: face for face in json.loads(run("fonts", "--json").stdout)["faces"]}
    assert faces["kai"]["from"] == "program"
    assert faces["kai"]["general_use"] == 8105
    assert (faces["song"]["from"], faces["song"]["stand_in"]) == ("none", "fangsong")
    assert faces["fangsong"]["drawn_by"] == ["hei"]
    shown = run("fonts").stdout
    for words in ("仿宋", "CircularKai-Regular.ttf", "8105", "方正小标宋简体"):
        assert words in shown


def test_the_offices_own_font_is_named(run: Commands, workspace: Path) -> None:
    own(workspace, song=(FONTS / PACKAGED_FACES["xiaobiaosong"]).read_bytes())
    faces = {face["face"]: face for face in json.loads(run("fonts", "--json").stdout)["faces"]}
    assert faces["song"]["from"] == "office"
    assert faces["song"]["file"].endswith("office/song.ttf")
    assert faces["song"]["name"].startswith("Noto Serif SC")


def test_characters_and_the_faces_that_draw_them(run: Commands) -> None:
    record = json.loads(run("fonts", "check", "安全①", "--json").stdout)
    assert record["missing"] == ""
    assert [one["character"] for one in record["characters"]] == list("安全①")
    assert record["characters"][2]["drawn_by"]["fangsong"] == "hei"


def test_a_character_that_no_face_has_is_a_fault(run: Commands) -> None:
    shown = run("fonts", "check", "-", stdin="安全😀", code=1)
    assert "😀（U+1F600）" in shown.output
    assert json.loads(run("fonts", "check", "安😀", "--json", code=1).stdout)["missing"] == "😀"


@pytest.mark.parametrize("command", [("fonts",), ("build", EACH), ("check", EACH)])
def test_a_damaged_font_is_one_clear_line(run: Commands, workspace: Path, command: tuple[str, ...]) -> None:
    own(workspace, kai=(FONTS / PACKAGED_FACES["kai"]).read_bytes()[:100_000])
    result = run(*command, code=1)
    assert "kai.ttf" in str(result.exception) + result.output
    assert len(str(result.exception).splitlines()) == 1


def test_papers_are_made_with_a_font_of_a_collection(run: Commands, workspace: Path) -> None:
    from fontTools.ttLib import TTCollection, TTFont

    made = TTCollection()
    made.fonts = [TTFont(FONTS / PACKAGED_FACES[face]) for face in ("hei", "kai")]
    made.save(workspace / "two.ttc")
    office = workspace / "office.yaml"
    text = office.read_text(encoding="utf-8")
    office.write_text(text + "\nfonts:\n  song: two.ttc#1\n", encoding="utf-8", newline="\n")
    run("build", MEETING, "--format", "pdf")
    with pdfplumber.open(workspace / "out" / MEETING / "circular.pdf") as pdf:
        # the sample's letter is one of two pages, and a letter's first page shows no number (clause 10.1)
        fonts = {char["fontname"] for char in pdf.pages[1].chars if char["top"] > 262 / 25.4 * 72}
    assert [name.split("+")[1] for name in fonts] == ["CircularKai-Regular"]  # the page number
