"""The documents tell the truth: their commands, targets, links, markers, codes and YAML are those of the program."""

import importlib.util
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from circular_gen.cli import COMMANDS
from circular_gen.workspace import open_workspace
from circular_gen.workspace.keys import SECTIONS

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = (
    *READMES,
    "CHANGELOG.md",
    "docs/guide.zh-CN.md",
    "docs/conformance.md",
    "docs/developers.md",
    "docs/decisions.md",
    "docs/deployment.md",
)
GUIDE = "docs/guide.zh-CN.md"


def text_of(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def yaml_blocks(document: str) -> list[dict[str, Any]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", text_of(document), re.MULTILINE | re.DOTALL)
    loaded = [yaml.load(block, yaml.BaseLoader) for block in blocks]
    return [block for block in loaded if isinstance(block, dict)]


@pytest.mark.parametrize("document", READMES)
def test_the_table_of_commands_is_the_programs(document: str) -> None:
    section = re.split(r"^## (?:Commands|命令)$", text_of(document), flags=re.MULTILINE)[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {command for cell in cells for command in re.findall(r"`([a-z]+)", cell)} == set(COMMANDS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_that_are_shown_exist(document: str) -> None:
    shown = re.findall(r"circular-gen(?: -w \S+)? ([a-z]+)\b", text_of(document))
    assert {command for command in shown if command not in COMMANDS} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_that_are_shown_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    shown = re.findall(r"(?:^|`|&& )make ([a-z-]+)", text_of(document), re.MULTILINE)
    assert set(shown) <= targets
    if document in READMES:
        assert "circulars" in shown


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "docs" / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = {ROOT / "docs" / "pictures" / f"{name}.png" for name in (*module.SAMPLE, *module.FORMATS)}
    folder = (ROOT / document).parent
    headings = re.findall(r"^#+ (.*)$", text_of(document), re.MULTILINE)
    anchors = {re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https://"):
            assert (folder / link).exists() or (folder / link).resolve() in made, link


def test_the_markers_are_those_of_pytest() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    markers = {marker.partition(":")[0] for marker in project["tool"]["pytest"]["ini_options"]["markers"]}
    table = text_of("docs/developers.md").split("| marker |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == markers


def test_the_guide_explains_codes_that_exist() -> None:
    rooms = ("workspace", "checks", "annexes")
    source = "\n".join(
        path.read_text("utf-8") for room in rooms for path in (ROOT / "src" / "circular_gen" / room).glob("*.py")
    )
    table = text_of(GUIDE).split("| 代码 |")[1].split("\n\n")[0]
    codes = [code for row in table.splitlines()[2:] for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])]
    assert len(codes) > 20
    assert [code for code in codes if f'"{code}"' not in source] == []


def workspace_with(tmp_path: Path, circular: dict[str, Any], **files: dict[str, Any]) -> Path:
    """A copy of the sample with this circular, and with these files in place of the sample's."""
    for name in ("office", "recipients"):
        if name in files:
            (tmp_path / f"{name}.yaml").write_text(yaml.dump(files[name], allow_unicode=True), "utf-8")
        else:
            shutil.copyfile(ROOT / f"{name}.yaml", tmp_path / f"{name}.yaml")
    (tmp_path / "circulars").mkdir()
    (tmp_path / "circulars" / "shown.yaml").write_text(yaml.dump(circular, allow_unicode=True), "utf-8")
    return tmp_path


@pytest.mark.parametrize("document", READMES)
def test_the_circular_in_the_readme_is_right(document: str, tmp_path: Path) -> None:
    (circular,) = yaml_blocks(document)
    opened = open_workspace(workspace_with(tmp_path, circular))
    assert opened.circular("shown").tasks[0].for_ is not None
    assert opened.circular("shown").receipt.ask == "acknowledge"


def test_the_yaml_in_the_guide_is_right(tmp_path: Path) -> None:
    circular: dict[str, Any] = {"正文": "正文。"}
    files: dict[str, dict[str, Any]] = {}
    more: dict[str, Any] = {}
    office_keys = {spelling for key in SECTIONS["office"].values() for spelling in key.spellings}
    for block in yaml_blocks(GUIDE):
        if "机关代字" in block:
            files["office"] = block
        elif "单位" in block:
            files["recipients"] = block
        elif set(block) <= office_keys:
            more |= block
        elif "字体文件" not in block:
            annexes = circular.get("附件", []) + block.get("附件", [])
            circular |= block | {"附件": annexes}
    files["office"] |= {key: value for key, value in more.items() if key not in ("字体文件", "印章")}
    assert set(files) == {"office", "recipients"}
    units = files["recipients"]
    units["单位"] += [
        {"代号": str(number), "名称": name, "标签": tag, "行业": "道路交通"}
        for number, (name, tag) in enumerate(
            (("市委办公室", "抄送"), ("市政府办公室", "抄送"), ("市教育局", "成员单位"), ("经开区", "开发区"))
        )
    ]
    units["分组"]["各开发区管委会"] = {"标签": "开发区"}
    opened = open_workspace(workspace_with(tmp_path, circular, **files))
    for annex in circular["附件"]:
        if "文件" in annex:
            (tmp_path / "circulars" / annex["文件"]).write_bytes(b"")
    read, findings = opened.read("shown")
    assert [str(finding) for finding in findings] == []
    assert read is not None
    assert (len(read.annexes), len(read.tasks), read.receipt.ask) == (8, 2, "acknowledge")


def test_the_table_of_the_word_files_names_every_element() -> None:
    """`make docx-table` writes it, where LibreOffice is; here only that nothing was left out or unmeasured."""
    source = (ROOT / "docs" / "make_docx_table.py").read_text(encoding="utf-8")
    elements = re.findall(r'    Row\(\s*"([^"]+)"', source)
    rows = [line.split(" | ") for line in (ROOT / "docs" / "docx.md").read_text(encoding="utf-8").splitlines()]
    table = {row[0].removeprefix("| "): row for row in rows if len(row) == 5}
    assert len(elements) > 15
    assert set(elements) == set(table) - {"要素"}
    assert all(re.search(r"\d", row[4]) for element, row in table.items() if element in elements)


def test_every_picture_that_is_made_is_shown() -> None:
    made = {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
    texts = "".join(
        path.read_text(encoding="utf-8") for path in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md"))
    )
    assert {name for name in made if f"pictures/{name}" not in texts} == set()
