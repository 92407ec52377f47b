"""四性检测: the list of checks under which a bag is reported, and the verdict.

In: findings. Out: a result for each check. A check has the code PHASE-PROPERTY-NUMBER; phases are GD (归档, when it is
archived), YJ (移交, when it is handed over) and CQ (长期保存, while it is kept). Those that only a person can say stay
open: the machine never ticks them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

PHASES: Mapping[str, str] = {"GD": "归档", "YJ": "移交", "CQ": "长期保存"}
PROPERTIES = ("真实性", "完整性", "可用性", "安全性")
Severity = Literal["fail", "warn", "unchecked"]
Result = Literal["合格", "不合格", "警告", "无法检测", "待人工确认", "不适用"]


@dataclass(frozen=True, slots=True)
class Check:
    """`key`: the word that findings name; `number`: PROPERTY-NUMBER; `basis`: what it rests on; `person`: only a person
    can say it."""

    key: str
    number: str
    name: str
    basis: str
    person: bool = False

    @property
    def property(self) -> str:
        return PROPERTIES[int(self.number[0]) - 1]


CHECKS: tuple[Check, ...] = (
    Check("manifest", "1-01", "每个文件的摘要与清单一致", "RFC 8493；SHA-256、SHA-512"),
    Check("tags", "1-02", "清单、标签文件未被改动", "RFC 8493；bag-info.txt 可由目录和台账重新生成"),
    Check("anchor", "1-03", "文件清单与台账登记的一致", "台账 archiving 事件"),
    Check("chain", "1-04", "事件链完整，终止于载明的链首", "台账哈希链、默克尔树"),
    Check("outside", "1-05", "与包外留存的校验点、签名或时间戳一致", "校验点、签名证书、RFC 3161"),
    Check("agrees", "1-06", "元数据与正文一致（文号、标题、日期）", "从 PDF 正文读出"),
    Check("form", "1-07", "元数据的格式、长度、值域", "DA/T 22 档号结构"),
    Check("codes", "1-08", "回执编码与公文、单位相符", "回执二维码"),
    Check("witness", "1-09", "收回的回执上印的校验点与台账相符", "回执二维码、默克尔树"),
    Check("origin", "1-20", "电子件与用印的纸质原件一致", "", person=True),
    Check("numbers", "2-01", "件号连续无空号", "DA/T 22"),
    Check("catalogue", "2-02", "目录与内容一一对应", "归档文件目录"),
    Check("metadata", "2-03", "元数据必备要素齐全", "DA/T 46、GB/T 33480"),
    Check("evidence", "2-04", "每份回执的凭据都在", "台账事件"),
    Check("originals", "2-05", "正文、附件、分发单、回执表单都在", "印发时的清单"),
    Check("pages", "2-06", "页数与登记一致", "归档文件目录"),
    Check("all-filed", "2-20", "应归档的文件没有遗漏", "", person=True),
    Check("pdfa", "3-01", "版式文件符合 PDF/A", "ISO 19005-2、-3"),
    Check("opens", "3-02", "每个文件能打开", ""),
    Check("text", "3-03", "正文文字可提取", ""),
    Check("encrypted", "3-04", "没有加密", ""),
    Check("readable", "3-05", "元数据可按 XML、JSON 读出", ""),
    Check("legible", "3-20", "扫描件清晰可辨", "", person=True),
    Check("active", "4-01", "没有脚本、宏、外部链接等活动内容", ""),
    Check("strangers", "4-02", "没有清单以外的文件", ""),
    Check("names", "4-03", "文件名各系统通用", ""),
    Check("classified", "4-04", "没有密级标志", ""),
    Check("virus", "4-20", "载体和文件经过病毒检测", "", person=True),
)
BY_KEY: Mapping[str, Check] = {check.key: check for check in CHECKS}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. `check`: its key; `path`: the file, as it stands in the bag."""

    check: str
    path: str
    message: str
    severity: Severity = "fail"

    def record(self) -> dict[str, str]:
        return {"check": self.check, "path": self.path, "message": self.message, "severity": self.severity}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report. `count`: objects that were looked at."""

    check: Check
    code: str
    count: int
    result: Result
    details: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "property": self.check.property,
            "name": self.check.name,
            "basis": self.check.basis,
            "by": "person" if self.check.person else "machine",
            "objects": self.count,
            "result": self.result,
            "details": list(self.details),
        }


def lines(phase: str, counts: Mapping[str, int], findings: Iterable[Finding]) -> tuple[Line, ...]:
    """The report's lines. `counts`: objects looked at, by key; a machine's check that looked at none does not apply."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check, []).append(finding)
    made = []
    for check in CHECKS:
        own = found.get(check.key, [])
        severities = {one.severity for one in own}
        result: Result = "合格"
        if "fail" in severities:
            result = "不合格"
        elif "unchecked" in severities:
            result = "无法检测"
        elif check.person:
            result = "待人工确认"
        elif "warn" in severities:
            result = "警告"
        elif not counts.get(check.key):
            result = "待人工确认" if check.key == "outside" else "不适用"
        details = tuple([f"{one.path}：{one.message}" if one.path else one.message for one in own])
        made.append(Line(check, f"{phase}-{check.number}", counts.get(check.key, 0), result, details))
    return tuple(made)


def verdict(reported: Iterable[Line]) -> str:
    """不合格 where anything fails; 无法检测 where something could not be looked at; 待复核 while a person's item is
    open; 基本合格 with warnings; else 合格."""
    results = {line.result for line in reported}
    for result, word in (
        ("不合格", "不合格"),
        ("无法检测", "无法检测"),
        ("待人工确认", "待复核"),
        ("警告", "基本合格"),
    ):
        if result in results:
            return word
    return "合格"
