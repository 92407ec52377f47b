"""recipients.yaml and office.yaml: whom, and who. Every mistake of both files at once, each with its place."""

import pytest

from circular_gen.workspace import Registry

from ..desk import OFFICE, RECIPIENTS, Desk, place_of, places


def unit(lines: str) -> str:
    return RECIPIENTS.replace("groups:", f"  - {lines}\ngroups:", 1)


def group(lines: str) -> str:
    return RECIPIENTS + f"  {lines}\n"


WRONG = [
    (unit("{id: chengxi, name: 甲}"), "chengxi, name: 甲", "duplicate-id", ["chengxi", "2"]),
    (unit("{代号: liulin, 名称: 甲}"), "liulin, 名称", "duplicate-id", ["liulin", "6"]),
    (unit("{id: Cheng Xi, name: 甲}"), "Cheng Xi", "bad-id", ["Cheng Xi", "cheng-xi"]),
    (unit("{id: 城西, name: 甲}"), "城西, name", "bad-id", ["chengxi"]),
    (unit("{id: a--b, name: 甲}"), "a--b", "bad-id", ["a-b"]),
    (unit(f"{{id: {'a' * 61}, name: 甲}}"), "aaaa", "bad-id", ["a" * 60]),
    (unit("{id: con, name: 甲}"), "con,", "bad-id", ["con", "Windows"]),
    (unit("{id: x}"), "{id: x}", "missing", ["name（名称）"]),
    (unit("{name: 甲}"), "{name: 甲}", "missing", ["id（代号）"]),
    (unit("甲"), "- 甲", "wrong-type", ["units（单位）", "甲"]),
    (unit("{id: x, name: 甲, sector: [矿山]}"), "sector:", "unknown-key", ["sectors（行业）"]),
    (unit("{id: x, name: 甲, 电话: 1}"), "电话", "unknown-key", []),
    (unit("{id: x, name: 甲, deliver: [传真]}"), "[传真]", "unknown-word", ["传真", "email（邮件）", "print（打印）"]),
    (unit("{id: x, name: 甲, contacts: [{email: 张某}]}"), "张某}]}\ng", "bad-email", ["张某"]),
    (unit("{id: x, name: 甲, contacts: {name: 乙}}"), "{name: 乙}", "wrong-type", ["contacts（联系人）"]),
    (unit("{id: x, name: 甲, contacts: [{tel: 1}]}"), "tel:", "unknown-key", ["phone（电话）"][:0]),
    ("units: []\n", "[]", "empty", ["units（单位）"]),
    ("groups: {}\n", "groups", "missing", ["units（单位）"]),
    (group("甲、乙: {tags: [镇]}"), "甲、乙", "bad-group", ["甲、乙"]),
    (group("柳林镇: {tags: [镇]}"), "柳林镇: ", "ambiguous-name", ["柳林镇"]),
    (group("各镇(街道): {tags: [镇]}"), "各镇（街道）:", "ambiguous-name", ["各镇(街道)"]),
    (group("企业: {}"), "{}", "empty-choice", ["标签", "行业"]),
    (group("企业: {tag: [镇]}"), "tag: [镇]", "unknown-key", ["tags（标签）"]),
    (group("企业: {units: [柳林, chengxi]}"), "[柳林", "unknown-unit", ["柳林", "柳林镇"]),
    (group("企业: [镇]"), "[镇]\n", "wrong-type", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "code", "named"), WRONG, ids=[f"{w[2]}-{n}" for n, w in enumerate(WRONG)])
def test_a_mistake_among_the_units_has_its_place(
    desk: Desk, text: str, where: str, code: str, named: list[str]
) -> None:
    desk.recipients(text)
    (found,) = desk.complaints()
    skip = 2 if where.startswith("- ") else 0
    assert (found.line, found.column) == place_of(text, where, skip), str(found)
    assert (found.severity, found.code) == ("error", code)
    assert all(name in found.message for name in named), found.message
    assert found.path.name == "recipients.yaml"


@pytest.mark.parametrize(
    ("choice", "where", "named"),
    [
        ("{tags: [街]}", "[街]", ["街", "街道"]),
        ("{tags: [镇], sectors: [矿]}", "[矿]", ["矿", "矿山"]),
        ("{tags: 学校}", "学校}", ["学校"]),
    ],
)
def test_a_word_that_no_unit_has_warns(desk: Desk, choice: str, where: str, named: list[str]) -> None:
    text = group(f"企业: {choice}")
    desk.recipients(text)
    (found,) = desk.complaints()
    assert (found.line, found.column) == place_of(text, where)
    assert (found.severity, found.code) == ("warning", "unknown-word")
    assert all(name in found.message for name in named)
    assert ("是不是" in found.message) == (len(named) > 1)


def test_both_lists_show_everything_at_once(desk: Desk) -> None:
    desk.office("name: 办公室\ncod: 办发\n")
    desk.recipients(unit("{id: X Y, name: 甲}").replace("name: 市水务局", "nam: 市水务局"))
    found = desk.complaints()
    assert {finding.severity for finding in found} == {"error"}
    assert [(finding.path.name, finding.line, finding.code) for finding in found] == [
        ("office.yaml", 1, "missing"),
        ("office.yaml", 2, "unknown-key"),
        ("recipients.yaml", 10, "missing"),
        ("recipients.yaml", 10, "unknown-key"),
        ("recipients.yaml", 11, "bad-id"),
    ]


def test_a_name_that_two_units_share_can_only_be_written_as_id(desk: Desk) -> None:
    desk.recipients(unit("{id: nan-liulin, name: 南县柳林镇人民政府, short: 柳林镇}"))
    assert desk.complaints() == ()
    assert desk.open().registry.find("柳林镇") is None
    (found,) = desk.read("title: 关于甲的通知\ndate: 2026-01-05\naddressees: 柳林镇\nbody: 正文。\n")
    assert (found.line, found.column, found.code) == (3, 13, "ambiguous-name")
    assert "liulin, nan-liulin" in found.message
    registry = desk.open().registry
    assert registry.find("南县柳林镇人民政府") is registry.find("nan-liulin") is registry.units[-1]


def test_many_of_one_name_are_cut_short(desk: Desk) -> None:
    desk.recipients("units:\n" + "".join(f"  - {{id: u{n}, name: 城关镇}}\n" for n in range(5)))
    (found,) = desk.read("title: 关于甲的通知\ndate: 2026-01-05\naddressees: 城关镇\nbody: 正文。\n")
    assert "u0, u1, u2 …" in found.message
    assert "5" in found.message


def test_groups_choose_by_any_tag_and_any_sector_and_name(desk: Desk) -> None:
    desk.recipients(
        group("甲: {tags: [街道, 开发区]}")
        + "  乙: {tags: [街道], sectors: [矿山]}\n"
        + "  丙: {sectors: [矿山], units: [市水务局]}\n"
        + "  丁: {全部: 是}\n"
        + "  戊: {units: [市水务局, 城西街道]}\n"
    )
    registry = desk.open().registry
    members = {name: [unit.id for unit in registry.members(name)] for name in "甲乙丙丁戊"}
    assert members == {
        "甲": ["chengxi", "chengdong", "kaifaqu"],
        "乙": ["chengxi"],
        "丙": ["chengxi", "liulin", "shuiwu"],
        "丁": ["chengxi", "chengdong", "liulin", "kaifaqu", "shuiwu"],
        "戊": ["chengxi", "shuiwu"],
    }


def test_a_unit_as_it_is_written(desk: Desk) -> None:
    desk.recipients(
        "units:\n  - id: a\n    name: 甲\n    short:\n    tags: 镇、山区\n    deliver: 邮件，纸质\n"
        "    contacts:\n      - {name: 张某, phone: 013800000001, email: , duty: }\n      - {phone: 0359-1}\n"
        "  - {id: b, name: 乙}\n"
    )
    first, second = desk.open().registry.units
    assert (first.short, first.tags, first.deliver) == ("", ("镇", "山区"), ("email", "print"))
    assert first.contact is first.contacts[0]
    assert (first.contact.phone, first.contact.email) == ("013800000001", "")
    assert second.contact is None
    assert isinstance(hash(desk.open().registry), int)
    assert "甲" in Registry(units=(first,)).names


def test_thousands_of_doubled_ids_are_found_with_their_places(desk: Desk) -> None:
    desk.recipients("units:\n" + "".join(f"  - {{id: u{n % 600}, name: 甲{n}}}\n" for n in range(1200)))
    found = desk.complaints()
    assert {finding.code for finding in found} == {"duplicate-id"}
    assert places(found)[0] == (602, 10, "duplicate-id")
    assert "u0" in found[0].message
    assert len(found) == 600


def test_two_units_of_one_name_are_told(desk: Desk) -> None:
    desk.recipients("units:\n  - {id: a, name: 城西街道}\n  - {代号: b, 名称: 城西 街道}\n  - {id: c, name: 丙}\n")
    (found,) = desk.complaints()
    assert (found.line, found.severity, found.code) == (3, "warning", "same-name")
    assert "2" in found.message


OFFICES = [
    ("code: 清安办发〔2026〕\n", "清安办发〔", "bad-code", ["〔"]),
    ("timezone: Asia/Shangai\n", "Asia/Shangai", "unknown-zone", ["Asia/Shanghai"]),
    ("ledger: mysql://x:secret@db/a\n", "mysql", "bad-ledger", ["postgresql://", "mysql://x:…@db"]),
    ("mail: {smtp: http://a}\n", "http://a", "bad-server", ["http://a", "smtp://", "smtps://"]),
    ("mail: {imap: imaps://me:secret@example.org/INBOX}\n", "imaps", "password", ["CIRCULAR_GEN_IMAP_PASSWORD"]),
    ("layout: {cell: 28}\n", "28}", "unknown-word", ["grid（满版）", "natural（自然）"]),
    ("layout: {margin: plain}\n", "margin", "unknown-key", ["margins（页边）"]),
    ("fonts: {fangsong: 仿宋.ttf}\n", "仿宋.ttf", "no-file", ["仿宋.ttf"]),
    ("fonts: {fansong: 仿宋.ttf}\n", "fansong", "unknown-key", ["fangsong（仿宋）"]),
    ("seal: {image: 章.png}\n", "章.png", "no-file", ["章.png"]),
    ("seal: {diameter: 42}\n", "{diameter", "missing", ["image（图片）"]),
    ("contact: 综合科\n", "综合科", "wrong-type", ["contact（联系人）"]),
    ("密级: 机密\n", "密级", "classified", ["涉密"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "where", "code", "named"), OFFICES, ids=[f"{o[2]}-{o[0][:8]}" for o in OFFICES])
def test_a_mistake_about_the_office_has_its_place(
    desk: Desk, line: str, where: str, code: str, named: list[str]
) -> None:
    text = line + "name: 办公室\n" if line.startswith("code") else OFFICE + line
    desk.office(text)
    (found,) = desk.complaints()
    assert (found.line, found.column) == place_of(text, where), str(found)
    assert (found.severity, found.code) == ("error", code)
    assert all(name in found.message for name in named), found.message
    assert "secret" not in found.message


def test_a_seal_out_of_measure(desk: Desk) -> None:
    (desk.root / "seal.png").write_bytes(b"")
    desk.office(OFFICE + "seal: {image: seal.png, diameter: 420}\n")
    assert places(desk.complaints()) == [(3, 35, "wrong-value")]
    desk.office(OFFICE + "seal: {image: seal.png, diameter: 大}\n")
    assert places(desk.complaints()) == [(3, 35, "wrong-type")]


def test_what_an_office_leaves_out_is_made_from_its_name(desk: Desk) -> None:
    office = desk.open().office
    assert office.mark == "清河市安全生产委员会办公室文件"
    assert (office.mark_name, office.mark_suffix) == ("清河市安全生产委员会办公室", "文件")
    assert office.printed_by == office.name
    assert office.zone.key == "Asia/Shanghai"
    assert office.fonts.given == {}
    assert isinstance(hash(office), int)


def test_an_office_as_it_is_written(desk: Desk) -> None:
    (desk.root / "仿宋.ttf").write_bytes(b"")
    desk.office(
        OFFICE + "mark: 清河市安委会办公室\nfonts: {fangsong: 仿宋.ttf}\nmail: {smtp: smtp://127.0.0.1:2525}\n"
        "ledger: postgresql://db/a\nportal: {port: 8000, on: true, hosts: [a, '12'], code: '012'}\n"
    )
    office = desk.open().office
    assert office.mark_suffix == ""
    assert office.fonts.given == {"fangsong": "仿宋.ttf"}
    assert office.mail is not None
    assert office.mail.smtp == "smtp://127.0.0.1:2525"
    assert office.portal == {"port": 8000, "on": True, "hosts": ["a", 12], "code": "012"}
