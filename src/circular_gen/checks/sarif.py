"""Findings as SARIF 2.1.0, which code hosts and editors read.

In: findings of drafts and of finished files. Out: the log as a value for `json.dumps`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from circular_gen import __version__
from circular_gen.checks.measuring import FileFinding, source_of, standard
from circular_gen.checks.rules import RULES
from circular_gen.messages import _
from circular_gen.workspace.findings import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Iterable[Finding | FileFinding]) -> dict[str, Any]:
    """One run with all `findings`."""
    listed = list(findings)
    known = {rule.name: rule for rule in RULES}
    codes = list(dict.fromkeys(_code(finding) for finding in listed))
    rules = []
    for code in codes:
        record: dict[str, Any] = {"id": code}
        if code in known:
            source = source_of(known[code].source, standard())
            record["shortDescription"] = {"text": _(known[code].what)}
            record["properties"] = {"clause": source.clause, "strength": source.strength}
        rules.append(record)
    driver = {"name": "circular-gen", "version": __version__, "rules": rules}
    results = [_result(finding, codes.index(_code(finding))) for finding in listed]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _code(finding: Finding | FileFinding) -> str:
    return finding.code if isinstance(finding, Finding) else finding.rule


def _result(finding: Finding | FileFinding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
    result: dict[str, Any] = {
        "ruleId": _code(finding),
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": location}],
    }
    if isinstance(finding, Finding):
        location["region"] = {"startLine": finding.line, "startColumn": finding.column}
    else:
        if finding.where:
            result["locations"][0]["message"] = {"text": finding.where}
        result["properties"] = dict(_properties(finding))
    return result


def _uri(path: Path) -> str:
    return path.resolve().as_uri() if path.is_absolute() else quote(path.as_posix())


def _properties(finding: FileFinding) -> Iterator[tuple[str, Any]]:
    for name in ("clause", "strength", "measured", "expected", "unit"):
        value = getattr(finding, name)
        if value not in ("", None):
            yield name, value
    for name in ("page", "paragraph", "x", "y", "width", "height"):
        value = getattr(finding.place, name)
        if value:
            yield name, round(value, 2)
