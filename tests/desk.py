"""A clerk's desk: a small workspace written as text, and what the program says to it."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from circular_gen.checks.drafts import lint
from circular_gen.workspace import Circular, Finding, Workspace, WorkspaceError, open_workspace

TODAY = date(2026, 1, 5)
OFFICE = """\
name: 清河市安全生产委员会办公室
code: 清安办发
"""
RECIPIENTS = """\
units:
  - {id: chengxi, name: 城西街道办事处, short: 城西街道, tags: [街道], sectors: [矿山, 城镇燃气],
     contacts: [{name: 张某, phone: "13800000001"}], deliver: [email, print]}
  - {id: chengdong, name: 城东街道办事处, short: 城东街道, tags: [街道], sectors: [城镇燃气],
     contacts: [{name: 杨某, email: chengdong@example.org}]}
  - {id: liulin, name: 柳林镇人民政府, short: 柳林镇, tags: [镇], sectors: [矿山],
     contacts: [{name: 柳某, phone: "13800000003"}]}
  - {id: kaifaqu, name: 清河经济开发区管委会, tags: [开发区],
     contacts: [{name: 开某, phone: "13800000004"}]}
  - {id: shuiwu, name: 市水务局, tags: [成员单位], contacts: [{name: 水某, phone: "13800000005"}]}
groups:
  各镇（街道）: {tags: [镇, 街道]}
  市安委会有关单位: {tags: [成员单位]}
"""
CIRCULAR = """\
title: 关于做好防汛工作的通知
number: 清安办发〔2026〕1号
date: 2026-01-05
addressees: 各镇（街道），清河经济开发区管委会
body: |
  现就有关要求通知如下：
  一、提高认识。各单位要高度重视。
  二、压实责任。各单位要逐级落实责任。
"""


class Desk:
    """The workspace in `root`. Circulars are named `notice` where nothing else is said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "circulars").mkdir(parents=True)
        self.office(OFFICE)
        self.recipients(RECIPIENTS)

    def office(self, text: str) -> None:
        (self.root / "office.yaml").write_text(text, "utf-8")

    def recipients(self, text: str) -> None:
        (self.root / "recipients.yaml").write_text(text, "utf-8")

    def put(self, text: str | bytes, name: str = "notice") -> Path:
        path = self.root / "circulars" / f"{name}.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    def open(self) -> Workspace:
        return open_workspace(self.root)

    def complaints(self) -> tuple[Finding, ...]:
        """What is wrong with the two lists."""
        try:
            return self.open().warnings
        except WorkspaceError as error:
            return error.findings

    def read(self, text: str | bytes) -> tuple[Finding, ...]:
        """What is found in a circular of `text`; none of it can be made where an error is among it."""
        self.put(text)
        circular, findings = self.open().read("notice")
        assert (circular is None) == any(finding.severity == "error" for finding in findings)
        return findings

    def circular(self, text: str) -> Circular:
        self.put(text)
        return self.open().circular("notice")

    def lint(self, text: str, today: date = TODAY) -> tuple[Finding, ...]:
        self.put(text)
        return lint(self.open(), "notice", today)


def places(findings: Iterable[Finding]) -> list[tuple[int, int, str]]:
    """Line, column and code of each."""
    return [(finding.line, finding.column, finding.code) for finding in findings]


def place_of(text: str, fault: str, skip: int = 0) -> tuple[int, int]:
    """Line and column, from 1, at which `fault` stands in `text`, `skip` characters into it."""
    offset = text.index(fault) + skip
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
