"""A clerk reads Chinese: every text of the source is translated, soundly, and errors and help come out in the language
that the environment asks for."""

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from string import Formatter

import click
import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from circular_gen.cli.help import HelpFormatter
from circular_gen.messages import _
from circular_gen.workspace import WorkspaceError, open_workspace
from circular_gen.workspace.new import new_workspace

ROOT = Path(__file__).parent.parent
CHINESE = ROOT / "src/circular_gen/locale/zh_CN/LC_MESSAGES/circular_gen.po"
HANZI = "[\u4e00-\u9fff]"


def entries() -> list[Message]:
    with CHINESE.open("rb") as file:
        return [message for message in read_po(file, locale="zh_CN") if message.id]


def english(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def chinese(message: Message) -> str:
    return message.string if isinstance(message.string, str) else message.string[0]


def places(text: str) -> set[tuple[str, str, str]]:
    """The named places of a text, with their formats and conversions."""
    return {(name, spec or "", turned or "") for _text, name, spec, turned in Formatter().parse(text) if name}


def ours() -> list[Message]:
    return [message for message in entries() if "click" not in message.user_comments]


def test_every_text_of_the_source_has_its_chinese() -> None:
    used = {str(found[2]) for found in extract_from_dir(ROOT / "src", [("**.py", "python")])}
    assert len(used) > 300
    translated = {english(message) for message in entries() if chinese(message) and not message.fuzzy}
    assert used - translated == set(), "make messages, then translate"


def test_there_is_no_chinese_without_its_text() -> None:
    used = {str(found[2]) for found in extract_from_dir(ROOT / "src", [("**.py", "python")])}
    assert {english(message) for message in ours()} - used == set(), "make messages"


def test_named_places_are_the_same_on_both_sides() -> None:
    assert [text for text in ours() if places(english(text)) != places(chinese(text))] == []


def test_clicks_texts_name_only_what_click_fills_in() -> None:
    for message in entries():
        if "click" in message.user_comments and "%(" not in english(message):
            given = message.id if isinstance(message.id, str) else "".join(message.id)
            assert {name for name, *_rest in places(chinese(message))} <= {name for name, *_rest in places(given)}


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("half-width beside Hanzi", rf"{HANZI}[,;:?!()]{HANZI}|{HANZI}[,;?!]|[,;?!]{HANZI}"),
        ("doubled", "[，。；：？！、][，。；：？！、]"),
        ("a line's end at an end", r"\A\n|\n\Z"),
    ],
)
def test_punctuation_is_that_of_chinese(what: str, pattern: str) -> None:
    texts = [re.sub(r"\{[^{}]*\}", "x", chinese(message)) for message in entries()]
    assert [text for text in texts if re.search(pattern, text)] == [], what


def test_the_header_says_how_the_file_is_written() -> None:
    header = CHINESE.read_text("utf-8").split("\n\n")[0]
    assert "charset=UTF-8" in header
    assert "Language: zh_CN" in header
    assert "Date" not in header


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh_CN", "通讯录里没有“城西街到”这个单位或分组；最接近的是：城西街道"),
        ("en", "城西街到 is neither a unit nor a group of recipients.yaml; the nearest are 城西街道"),
    ],
)
def test_an_error_comes_in_the_clerks_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    new_workspace(tmp_path / "office")
    path = tmp_path / "office/circulars/2026-winter-safety.yaml"
    path.write_text(path.read_text("utf-8").replace("各镇（街道），", "城西街到，", 1), "utf-8")
    monkeypatch.setenv("CIRCULAR_GEN_LANG", language)
    _circular, findings = open_workspace(tmp_path / "office").read("2026-winter-safety")
    assert [said in finding.message for finding in findings if finding.code == "unknown-unit"] == [True]


def test_the_language_may_change_while_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for language, said in (("zh_CN", "工作文件夹"), ("en", "workspace"), ("zh_CN", "工作文件夹")):
        monkeypatch.setenv("CIRCULAR_GEN_LANG", language)
        with pytest.raises(WorkspaceError, match=said):
            open_workspace(tmp_path)


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "错误"),
        ({"LANG": "zh_CN.UTF-8"}, "错误"),
        ({"LANG": "fr_FR.UTF-8"}, "错误"),
        ({"LANG": "en_US.UTF-8"}, "error"),
        ({"LC_ALL": "C"}, "error"),
        ({"LC_ALL": "C", "CIRCULAR_GEN_LANG": "zh_CN"}, "错误"),
        ({"LANG": "zh_CN.UTF-8", "CIRCULAR_GEN_LANG": "en"}, "error"),
    ],
)
def test_the_environment_says_which_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], text: str
) -> None:
    for name in ("CIRCULAR_GEN_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    if not variables:
        monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _("error") == text


def run(language: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CIRCULAR_GEN_LANG": language, "COLUMNS": "80", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "circular_gen", *arguments], env=environment, capture_output=True, encoding="utf-8"
    )


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def test_help_is_chinese_throughout_and_fits_the_terminal() -> None:
    text = run("zh_CN", "build", "-h").stdout
    assert text.startswith("用法：circular-gen build [选项]")
    assert "选项：" in text
    assert "显示本说明" in text
    assert not re.search("Usage|Options|Show this", text)
    assert max(map(columns, text.splitlines())) <= 80
    options = [line for line in run("zh_CN", "-h").stdout.splitlines() if line.startswith("  -")]
    assert len({columns(re.match(r"  -.*?  +", line)[0]) for line in options}) == 1  # type: ignore[index]


def test_help_is_english_where_asked_for() -> None:
    text = run("en", "build", "-h").stdout
    assert text.startswith("Usage: circular-gen build [OPTIONS]")
    assert "Show this message and exit." in text
    assert not re.search(HANZI, text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("init",), "错误：缺少参数"),
        (("build", "--nosuch"), "错误：没有选项 --nosuch。"),
        (("build", "--jobs", "x"), "错误：'--jobs' 的值不对"),
        (("statsu",), "错误：没有命令 statsu；是不是 status？"),
    ],
)
def test_wrong_use_is_told_in_chinese(arguments: tuple[str, ...], said: str) -> None:
    result = run("zh_CN", *arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert not re.search(r"Usage|Error|Try", result.stderr)


def test_a_line_of_help_neither_begins_with_a_comma_nor_ends_with_a_bracket() -> None:
    text = "登记，（一）。发出“二”、办结：三；" * 9
    for width in range(50, 60):
        formatter = HelpFormatter(width=width)
        formatter.write_text(text)
        lines = formatter.getvalue().splitlines()
        assert "".join(lines) == text
        assert len(lines) > 1
        assert all(columns(line) <= width for line in lines)
        assert not [line for line in lines if line[0] in "，。、；：）”" or line[-1] in "（“"]


def test_a_list_of_commands_says_whole_sentences() -> None:
    text = run("zh_CN", "receipts", "-h").stdout
    assert "延期，或用 --refuse 记录不予延期。" in "".join(line.strip() for line in text.splitlines())
    assert "..." not in text.partition("命令：")[2]
    assert "..." not in run("en", "receipts", "-h").stdout.partition("Commands:")[2]


def test_click_is_the_only_other_voice() -> None:
    """The help formatter is that of every command."""
    assert click.Context.formatter_class is HelpFormatter
