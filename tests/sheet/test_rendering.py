"""Templates an office changes: errors name the template and its line; what looks into a unit is still right."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from circular_gen.sheet.blocks import (
    Cell,
    Check,
    Column,
    Field,
    Fields,
    Mark,
    Paragraph,
    Qr,
    Row,
    Sheet,
    Sign,
    Signs,
    Space,
    Table,
    Title,
    bind,
)
from circular_gen.sheet.rendering import TemplateError, Templates, unit_values
from circular_gen.sheet.slots import slot
from circular_gen.workspace import Circular, Contact, Copy, Office, Unit

Own = Callable[..., tuple]

TOWNS = [
    Unit(id="chengxi", name="城西街道办事处", short="城西街道", tags=("街道",), contacts=(Contact(name="张某"),)),
    Unit(id="liulin", name="柳林镇人民政府", tags=("镇",)),
    Unit(id="shuiwu", name="市水务局"),
]


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<tabel><row><cell>甲</cell></row></tabel>", "<tabel>.*table"),
        ("<p styel='form'>甲</p>", "styel.*style"),
        ("<p style='forms'>甲</p>", "style.*forms.*body, form, hint"),
        ("<p indent='two'>甲</p>", "indent.*two"),
        ("<space lines='-1'/>", "lines"),
        ("<qr/>", "payload"),
        ("<fields><field label='时间'/></fields>", "name"),
        ("<fields><field name='时间' label='时间'/></fields>", "时间"),
        ("<fields columns='0'/>", "columns"),
        ("<fields></fields>", "<fields>"),
        ("<title></title>", "<title>"),
        ("<title>  </title>", "<title>"),
        ("<signs>甲<sign name='a' label='签字'/></signs>", "甲"),
        ("<signs><sign name='a' label='' kind='stamp'/></signs>", "stamp.*signature, seal"),
        ("<table><cell>甲</cell></table>", "<cell>"),
        ("<table><column width='0'/><row><cell/></row></table>", "width"),
        ("<table><column/><row><cell/><cell/></row></table>", "1"),
        ("<table></table>", "table"),
        ("<p>甲<br/>乙</p>", "<br>"),
        ("<annex label='附件'>甲</annex>", "title"),
        ("<annex label='附件' title='甲'><mark>甲</mark></annex>", "<mark>"),
        ("<p>甲</title>", "p"),
        ("<p>甲&nbsp;乙</p>", "nbsp"),
        ("<p>甲", "p"),
        ("{{ circular.titel }}", "titel.*title"),
        ("{{ circlar.title }}", "circlar.*circular"),
        ("{{ unit.nmae }}", "nmae.*name"),
        ("{{ circular.title", ""),
        ("{% if circular.title %}", "if"),
        ("{{ circular.title | nosuch }}", "nosuch"),
        ("{{ 1 / 0 }}", "zero"),
        ("{{ circular.date + 1 }}", ""),
        ("{% include 'heda.xml.j2' %}", "heda.xml.j2.*head.xml.j2"),
        ("{{ circular.__class__ }}", ""),
        ("{{ ''.__class__.__mro__ }}", ""),
        ("{{ circular.date.today() }}", "today"),
        ("{% set x = circular.tasks.append(1) %}", ""),
    ],
)
def test_an_error_names_the_template_and_its_line(
    line: str, expected: str, office: Office, winter: Circular, copy: Copy
) -> None:
    source = "{# 说明\n两行 #}\n<sheet>\n  <p>{{ circular.title }}</p>\n  <body>{{ circular.body }}</body>\n"
    templates = Templates({"head.xml.j2": "<p>甲</p>", "note.xml.j2": f"{source}  {line}\n</sheet>\n"})
    with pytest.raises(TemplateError) as caught:
        templates.paper("note", office, winter, copy)
    place, _, message = str(caught.value).partition(": ")
    # Jinja notices an open block or expression where the file ends
    assert place in ("note.xml.j2:6", "note.xml.j2:7")
    assert place == "note.xml.j2:6" or line in ("{{ circular.title", "{% if circular.title %}", "<p>甲")
    assert re.search(expected, message), message
    assert "Traceback" not in message


def test_all_errors_of_a_template_at_once(office: Office, winter: Circular, copy: Copy) -> None:
    source = "<sheet>\n<p styel='form'>甲</p>\n<tabel/>\n{% for n in [1, 2] %}\n<qr/>\n{% endfor %}\n</sheet>"
    with pytest.raises(TemplateError) as caught:
        Templates({"note.xml.j2": source}).paper("note", office, winter, copy)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        "note.xml.j2:2",
        "note.xml.j2:3",
        "note.xml.j2:5",
    ]


@pytest.mark.parametrize("wrong", ["<tabel/>", "{{ circular.titel }}", "{% nonsense %}"])
def test_an_error_in_an_included_template_names_that_one(
    wrong: str, office: Office, winter: Circular, copy: Copy
) -> None:
    sources = {"head.xml.j2": f"<p>甲</p>\n{wrong}\n", "note.xml.j2": "<sheet>\n{% include 'head.xml.j2' %}\n</sheet>"}
    with pytest.raises(TemplateError, match=r"^head\.xml\.j2:2: "):
        Templates(sources).paper("note", office, winter, copy)


def test_names_are_unique_in_a_sheet(own: Own) -> None:
    with pytest.raises(TemplateError, match=r"note\.xml\.j2:2: .*t1\.yes"):
        own(
            "<fields><field name='a' label='甲'><check name='t1.yes'/></field></fields>\n"
            "<table><row><cell><check name='t1.yes'/></cell></row></table>"
        )


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE sheet [<!ENTITY a "甲甲甲">]><sheet><p>&a;</p></sheet>',
        '<!DOCTYPE sheet SYSTEM "file:///etc/passwd"><sheet><p>甲</p></sheet>',
        '<!DOCTYPE sheet [<!ENTITY x SYSTEM "file:///etc/passwd">]><sheet><p>&x;</p></sheet>',
    ],
)
def test_no_document_type_no_entities_no_files(declared: str, office: Office, winter: Circular, copy: Copy) -> None:
    with pytest.raises(TemplateError, match=r"^note\.xml\.j2"):
        Templates({"note.xml.j2": declared}).paper("note", office, winter, copy)


@pytest.mark.parametrize("source", ["", "<p>甲</p>", "<sheet/>", "<sheet>"])
def test_a_template_that_is_no_sheet(source: str, office: Office, winter: Circular, copy: Copy) -> None:
    with pytest.raises(TemplateError, match=r"^note\.xml\.j2"):
        Templates({"note.xml.j2": source}).paper("note", office, winter, copy)


def test_a_missing_template_has_the_nearest_name(office: Office, winter: Circular, copy: Copy) -> None:
    with pytest.raises(TemplateError, match=r"recipt\.xml\.j2.*receipt\.xml\.j2"):
        Templates({"receipt.xml.j2": "<sheet/>"}).paper("recipt", office, winter, copy)


@pytest.mark.parametrize(
    "hidden", ["circular.path", "circular.folder", "office.ledger", "office.mail", "circular.model_dump"]
)
def test_templates_do_not_see_paths_and_servers(hidden: str, own: Own) -> None:
    with pytest.raises(TemplateError):
        own(f"<p>{{{{ {hidden} }}}}</p>")


def test_a_circular_for_all_cannot_name_one_unit(office: Office, winter: Circular) -> None:
    source = "<sheet>\n<p>{{ unit.name }}</p>\n</sheet>"
    with pytest.raises(TemplateError, match=r"^circular\.xml\.j2:2: .*unit"):
        Templates({"circular.xml.j2": source}).paper("circular", office, winter, None)


# What elements become ------------------------------------------------------------------------------------------------


def test_elements_become_blocks(own: Own) -> None:
    assert own("""
        <mark suffix="文件"><name>甲办</name><name>乙局</name></mark>
        <mark>甲办</mark>
        <table style="form">
          <column width="25%" align="center"/><column/>
          <row head="true" height="9.5"><cell colspan="2" align="right">表头</cell></row>
          <row><cell name="t1.finding"/><cell>选：<check name="t1.yes" label="是"/>或<check name="t1.no"/></cell>
          </row>
        </table>
        <fields columns="3">
          <field name="a" label="甲" value="乙" span="2" height="12"><check name="b"/></field>
        </fields>
        <signs><sign name="seal" label="盖章" kind="seal" width="40" height="40"/></signs>
        <qr payload="CG1" caption="甲" size="30" align="right"/>
        <space/><space lines="0.5"/>
        <p style="hint" align="left" indent="0">甲</p>
    """) == (
        Mark(("甲办", "乙局"), "文件"),
        Mark(("甲办",)),
        Table(
            (Column(0.25, "center"), Column()),
            (
                Row((Cell(("表头",), colspan=2, align="right"),), head=True, height=9.5),
                Row(
                    (
                        Cell((), name="t1.finding"),
                        Cell(("选：", Check("t1.yes", "是"), "或", Check("t1.no"))),
                    )
                ),
            ),
            "form",
        ),
        Fields((Field("a", "甲", "乙", (Check("b"),), 2, 12.0),), 3),
        Signs((Sign("seal", "盖章", "seal", 40.0, 40.0),)),
        Qr("CG1", "甲", 30.0, "right"),
        Space(),
        Space(0.5),
        Paragraph("甲", style="hint", align="left", indent=0.0),
    )


def test_a_table_without_columns_takes_them_from_its_first_row(own: Own) -> None:
    (table,) = own("<table><row><cell colspan='2'/><cell/></row></table>")
    assert table.columns == (Column(), Column(), Column())


def test_a_cell_over_several_rows_leaves_no_room_under_it(own: Own) -> None:
    rows = "<row><cell rowspan='2'/><cell/></row><row><cell/>{}</row><row><cell/><cell/></row>"
    assert own(f"<table>{rows.format('')}</table>")
    with pytest.raises(TemplateError, match="2"):
        own(f"<table>{rows.format('<cell/>')}</table>")


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<p>\n  请于\n  今日\n  返回\n</p>", "请于今日返回"),
        ("<p>\n  by\n  mail\n</p>", "by mail"),
        ("<p>甲 乙  丙</p>", "甲 乙  丙"),
        ("<p>{{ '甲\n  乙' }}</p>", "甲乙"),
        ("<p>&lt;甲&gt;&amp;</p>", "<甲>&"),
        ("<p>{{ '<p>甲</p> &amp; \"' }}</p>", '<p>甲</p> &amp; "'),
        ("<p>{# 不印 #}甲<!-- <p>不印</p> --></p>", "甲"),
        ("<p><![CDATA[<甲>]]></p>", "<甲>"),
        ("<p>{{ '乙' if 1 < 2 }}<!-- {{ 1 }} --></p>", "乙"),
    ],
)
def test_white_space_and_marks(xml: str, expected: str, own: Own) -> None:
    assert own(xml) == (Paragraph(expected),)


def test_line_breaks_of_values_stay_where_lines_may_break(own: Own) -> None:
    assert own("<title>\n  {{ '甲办\n关于乙' }}\n  的通知\n</title>") == (Title("甲办\n关于乙的通知"),)
    assert own("<title>甲办<br/>\n  关于乙的通知</title>") == (Title("甲办\n关于乙的通知"),)
    (table,) = own("<table><row><cell>\n{{ '甲\n乙' }}<br/>丙\n</cell></row></table>")
    assert table.rows[0].cells[0] == Cell(("甲\n乙\n丙",))
    (grid,) = own("""<fields><field name="a" label="甲" value="{{ '甲\n乙' }}"/></fields>""")
    assert grid.fields[0].value == "甲\n乙"


def test_body_text_becomes_numbered_paragraphs(own: Own) -> None:
    assert own("<body>\n  为……：\n  一、目标。\n  {{ '（一）甲。\n乙。' }}\n</body>") == (
        Paragraph("为……："),
        Paragraph("", 1, "一、目标。"),
        Paragraph("", 2, "（一）甲。"),
        Paragraph("乙。"),
    )


def test_what_a_person_writes_cannot_become_markup(office: Office, winter: Circular, copy: Copy) -> None:
    nasty = "</title><qr payload='x'/>{{ 1 + 1 }}<!DOCTYPE sheet>&#65; \"'"
    circular = winter.model_copy(update={"title": nasty})
    sheet = Templates(
        {"note.xml.j2": '<sheet title="{{ circular.title }}"><title>{{ circular.title }}</title></sheet>'}
    )
    paper = sheet.paper("note", office, circular, copy)
    assert (paper.title, paper.blocks) == (nasty, (Title(nasty),))


# Slots, and templates that look into the unit ------------------------------------------------------------------------


def papers(source: str, office: Office, circular: Circular, **more: str) -> list[Sheet]:
    templates = Templates({"note.xml.j2": f"<sheet>{source}</sheet>", **more})
    return [templates.paper("note", office, circular, Copy(unit, "addressee")) for unit in TOWNS]


def said(sheets: list[Sheet]) -> list[str]:
    return [
        "".join(block.text for block in bind(sheet, unit_values(unit)).blocks)
        for sheet, unit in zip(sheets, TOWNS, strict=True)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "<p>致{{ unit.name }}</p>",
        "{% if office.contact %}<p>致{{ unit.name }}</p>{% endif %}",
        "{% for n in [1] %}{% block a %}<p>致{{ unit.name }}</p>{% endblock %}{% endfor %}",
        "{% include 'part.xml.j2' %}",
    ],
)
def test_a_template_that_prints_units_is_rendered_once(source: str, office: Office, winter: Circular) -> None:
    sheets = papers(source, office, winter, **{"part.xml.j2": "<p>致{{ unit.name }}</p>"})
    assert len(set(map(id, sheets))) == 1
    assert sheets[0].blocks == (Paragraph("致" + slot("unit.name")),)
    assert said(sheets) == ["致城西街道办事处", "致柳林镇人民政府", "致市水务局"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>{% if unit.name == '市水务局' %}甲{% else %}乙{% endif %}</p>", ["乙", "乙", "甲"]),
        ("<p>{{ unit.name | length }}</p>", ["7", "7", "4"]),
        ("<p>{{ unit.name[:2] }}</p>", ["城西", "柳林", "市水"]),
        ("<p>{{ unit['name'] }}</p>", ["城西街道办事处", "柳林镇人民政府", "市水务局"]),
        ("<p>{{ unit.name.replace('街道', '') }}</p>", ["城西办事处", "柳林镇人民政府", "市水务局"]),
        ("<p>{{ '镇' in unit.name }}</p>", ["false", "true", "false"]),
        ("<p>{{ ('致' ~ unit.name) | length }}</p>", ["8", "8", "5"]),
        ("<p>{{ '%s收' % unit.name }}</p>", ["城西街道办事处收", "柳林镇人民政府收", "市水务局收"]),
        ("<p>{{ [unit.name, '甲'] | sort | first }}</p>", ["城西街道办事处", "柳林镇人民政府", "市水务局"]),
        ("<p>{{ '一二三四五六七八'[unit.name | length] }}</p>", ["八", "八", "五"]),
        ("<p>{% set name = unit.name %}{{ name | length }}</p>", ["7", "7", "4"]),
        ("<p>{% set u = unit %}{{ u.name | length }}</p>", ["7", "7", "4"]),
        ("<p>{% set name %}{{ unit.name }}{% endset %}{{ name | length }}</p>", ["7", "7", "4"]),
        ("<p>{% filter upper %}{{ unit.id }}{% endfilter %}</p>", ["CHENGXI", "LIULIN", "SHUIWU"]),
        ("{% macro m() %}{{ unit.name }}{% endmacro %}<p>{{ m() | length }}</p>", ["7", "7", "4"]),
        ("{% macro m(x) %}{{ x | length }}{% endmacro %}<p>{{ m(unit.name) }}</p>", ["7", "7", "4"]),
        (
            "{% macro m() %}{{ caller() | length }}{% endmacro %}<p>{% call m() %}{{ unit.id }}{% endcall %}</p>",
            ["7", "6", "6"],
        ),
        (
            "<p>{% block a %}{{ unit.id }}{% endblock %}{{ self.a() | length }}</p>",
            ["chengxi7", "liulin6", "shuiwu6"],
        ),
        (
            "<p>{% for n in [1] recursive %}{{ loop.index }}{{ unit.id }}{% endfor %}</p>",
            ["1chengxi", "1liulin", "1shuiwu"],
        ),
        (
            "<p>{% for c in unit.name %}{{ c }}·{% endfor %}</p>",
            ["城·西·街·道·办·事·处·", "柳·林·镇·人·民·政·府·", "市·水·务·局·"],
        ),
        ("<p>{{ unit.tags | join }}。</p>", ["街道。", "镇。", "。"]),
        ("<p>{% if unit.contact.name %}有{% else %}无{% endif %}</p>", ["有", "无", "无"]),
        (
            "<p>{% if unit.short != unit.name %}{{ unit.short }}{% else %}全称{% endif %}</p>",
            ["城西街道", "全称", "全称"],
        ),
        ("{% include 'part.xml.j2' %}", ["7", "7", "4"]),
        ("{% set part = 'part' %}{% include part ~ '.xml.j2' %}", ["7", "7", "4"]),
        ("{% from 'macro.xml.j2' import m with context %}<p>{{ m() | length }}</p>", ["7", "7", "4"]),
    ],
)
def test_a_template_that_looks_into_the_unit_is_right_for_each(
    source: str, expected: list[str], office: Office, winter: Circular
) -> None:
    more = {
        "part.xml.j2": "<p>{{ unit.name | length }}</p>",
        "macro.xml.j2": "{% macro m() %}{{ unit.name }}{% endmacro %}",
    }
    assert said(papers(source, office, winter, **more)) == expected


def test_papers_that_come_out_equal_are_one_object(office: Office, winter: Circular) -> None:
    sheets = papers("<p>{% if '镇' in unit.name %}镇{% else %}其他{% endif %}</p>", office, winter)
    assert sheets[0] is sheets[2]
    assert sheets[0] is not sheets[1]


def test_the_cache_never_gives_another_circulars_paper(office: Office, winter: Circular, copy: Copy) -> None:
    templates = Templates({"note.xml.j2": "<sheet><p>{{ circular.title }}</p></sheet>"})
    for number in range(1000):  # models come and go, and their ids are used again
        circular = winter.model_copy(update={"title": f"通知{number}", "annexes": (), "tasks": ()})
        assert templates.paper("note", office, circular, replace(copy)).blocks == (Paragraph(f"通知{number}"),)
