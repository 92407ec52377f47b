"""Header injection: whatever stands in the YAML files, a mail has our headers and our recipients, and no others."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from circular_gen.workspace import WorkspaceError, open_workspace

from ..dispatch.servers import Inbox, smtp_server
from .conftest import Commands, OfficeClock

pytestmark = pytest.mark.usefixtures("english")

EVIL = "Bcc: evil@example.org"
BREAKS = ("\n", "\r\n", "\r", "\u2028", "\x85", "\v", "\0", "\n\n")
FILES: dict[str, Any] = {
    "office.yaml": {
        "name": "清河市安全生产委员会办公室",
        "mark": "清河市安全生产委员会办公室文件",
        "code": "清安办发",
        "contact": {"name": "综合科", "phone": "0359-0000000", "email": "office@example.org"},
        "printed_by": "清河市安全生产委员会办公室",
        "timezone": "Asia/Shanghai",
        "mail": {"smtp": "smtp://127.0.0.1:25", "from": "office@example.org", "done": "已处理"},
        "dispatch": {"folder": "shared", "word_forms": True},
        "reminders": {"first": 1, "superior": "市政府办公室", "basis": "《工作规则》"},
    },
    "recipients.yaml": {
        "units": [
            {
                "id": "chengxi",
                "name": "城西街道办事处",
                "short": "城西街道",
                "address": "滨河路1号",
                "superior": "市政府办公室",
                "tags": ["街道"],
                "sectors": ["矿山"],
                "deliver": ["email"],
                "contacts": [{"name": "张某", "phone": "13800000001", "email": "a@example.org", "duty": "站长"}],
            }
        ],
        "groups": {"各街道": {"tags": ["街道"]}},
    },
    "circulars/notice.yaml": {
        "kind": "通知",
        "number": "清安办发〔2027〕1号",
        "urgency": "加急",
        "title": "清河市安全生产委员会办公室关于做好安全工作的通知",
        "date": "2027-01-18",
        "approver": "王某某",
        "addressees": "各街道",
        "body": "现将有关事项通知如下：\n一、抓紧检查。请立即检查。\n",
        "note": "此件公开发布",
        "annexes": [
            {"title": "一览表", "table": {"columns": ["序号"], "rows": [["1"]]}},
            {"title": "方案", "body": "一"},
        ],
        "tasks": [{"id": "t1", "text": "是否检查", "basis": "一", "method": "现场", "for": {"sectors": ["矿山"]}}],
        "receipt": {"ask": "acknowledge", "by": "2027-02-03 17:00", "needs": ["signature"], "basis": "本通知"},
        "retention": "30年",
        "reminders": True,
    },
}


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each text stands."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(one, (*path, key))
    elif isinstance(value, str):
        yield path


def _changed(value: Any, path: tuple[Any, ...], change: Callable[[str], str]) -> Any:
    new = copy.deepcopy(value)
    place = new
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = change(place[path[-1]])
    return new


def _write(root: Path, name: str, value: Any) -> None:
    (root / name).write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")


def _taken(root: Path) -> bool:
    try:
        open_workspace(root).circular("notice")
    except WorkspaceError:
        return False
    return True


def test_no_value_begins_a_header(tmp_path: Path, clock: OfficeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCULAR_GEN_STATE", str(tmp_path / "state"))
    root = tmp_path / "office"
    (root / "circulars").mkdir(parents=True)
    for name, value in FILES.items():
        _write(root, name, value)
    open_workspace(root).circular("notice")
    hostile, kept = copy.deepcopy(FILES), []
    for name in FILES:
        for path in _leaves(FILES[name]):
            for between in BREAKS:
                tried = _changed(hostile[name], path, lambda text, between=between: f"{text}{between}{EVIL}")  # type: ignore[misc]
                _write(root, name, tried)
                if _taken(root):  # what is refused cannot reach a mail; what is not, goes into this one
                    hostile[name] = tried
                    kept.append(path)
                    break
            _write(root, name, hostile[name])
    assert ("title",) in kept, "a title may have lines"
    assert ("body",) in kept
    lines = {"name", "short", "mark", "phone", "email", "from", "smtp", "number", "approver", "address"}
    assert not {path[-1] for path in kept} & lines, "what is one line stays one"
    run = Commands(root)
    clock("2027-01-18 09:00")
    run("issue", "notice")
    with smtp_server(box := Inbox()) as port:
        hostile["office.yaml"]["mail"]["smtp"] = f"smtp://127.0.0.1:{port}"
        _write(root, "office.yaml", hostile["office.yaml"])
        run("dispatch", "notice", "--via", "email")
        run("dispatch", "notice", "--reissue", "chengxi", "--cause", f"缺页\r\n{EVIL}")
        clock("2027-02-04 09:00")
        run("remind", "notice")
        run("remind", "--send", "--by", f"王某某\r\n{EVIL}")
    assert len(box.got) == 3
    for got in box.got:
        assert got.to == ["a@example.org"]
        head = got.data.partition(b"\n\n")[0].decode("ascii")
        assert {key.lower() for key in got.message} == {
            *("from", "to", "subject", "date", "mime-version", "message-id", "content-type")
        }
        assert "\nbcc" not in head.lower()
        for part in got.message.walk():
            assert not part.defects
            assert not {key.lower() for key in part} & {"bcc", "cc"}
