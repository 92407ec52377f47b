"""Random papers as offices write them: any number of issuers, approvers, annexes, cc units, and any lengths."""

import random

from hypothesis import strategies as st

from circular_gen.sheet.blocks import (
    Addressees,
    Annex,
    AnnexList,
    Art,
    Attendance,
    Block,
    Cell,
    Colophon,
    Column,
    Mark,
    Note,
    Number,
    Paragraph,
    Row,
    Sheet,
    Signature,
    Table,
    Title,
    Urgency,
)

PHRASES = """
安全生产 责任落实 各级各部门 进一步 排查隐患 专项整治 加强组织领导 认真做好 矿山 危险化学品 消防
城镇燃气 道路交通 建筑施工 特种设备 值班值守 应急救援 培训演练 监测预警 督导检查 及时报告
严禁违章作业 人民群众生命财产 制度 措施 标准 清单 台账 整改到位 2026年 12月31日前
24小时 3.5万元 100% GB/T9704 AQ3013 “三不停” 《条例》 （试行） ——底线
……
""".split()  # noqa: SIM905
OFFICES = """
清河市应急管理局 清河市公安局 清河市住房和城乡建设局 清河市市场监督管理局 清河市消防救援支队
清河市农业农村局 清河市教育局 清河市安全生产委员会办公室
清河市安全生产委员会危险化学品专业委员会办公室
""".split()  # noqa: SIM905
PEOPLE = ("王某某", "李某", "欧阳某某", "张某")
UNITS = [
    f"{name}{kind}"
    for name in ("城东", "城西", "柳林", "石桥", "南山", "北关", "新华", "河口")
    for kind in ("镇人民政府", "街道办事处")
]
SEAL = Art("png", "seal", 42.0, 42.0, b"")
ENDS = ("。", "；", "，请遵照执行。", "：", "！")


_seeds = st.integers(0, 2**16)
"""What a text says comes from a seed: drawn word by word, a paper would take hypothesis longer than its layout."""


def _phrase(chance: random.Random, least: int, most: int) -> str:
    return "".join(chance.choice(PHRASES) for _ in range(chance.randint(least, most)))


def _sentence(chance: random.Random) -> str:
    return "，".join(_phrase(chance, 1, 5) for _ in range(chance.randint(1, 5))) + chance.choice(ENDS)


def phrases(least: int, most: int) -> st.SearchStrategy[str]:
    return st.builds(lambda count, seed: _phrase(random.Random(seed), count, count), st.integers(least, most), _seeds)


def sentences(least: int, most: int) -> st.SearchStrategy[str]:
    def text(count: int, seed: int) -> str:
        chance = random.Random(seed)
        return "".join(_sentence(chance) for _ in range(count))

    return st.builds(text, st.integers(least, most), _seeds)


def lists_of_units(least: int, most: int) -> st.SearchStrategy[str]:
    def text(count: int, seed: int) -> str:
        chance = random.Random(seed)
        return "，".join(chance.choice(UNITS) for _ in range(count))

    return st.builds(text, st.integers(least, most), _seeds)


running = sentences(1, 5)
paragraphs = st.one_of(
    st.builds(Paragraph, running),
    st.builds(
        lambda level, title, text: Paragraph(text, level, ("", "一、", "（一）", "1.", "（1）")[level] + title + "。"),
        st.integers(1, 4),
        phrases(1, 4),
        st.one_of(st.just(""), running),
    ),
)
endless = sentences(20, 60)
"""Longer than a page in a narrow column."""
cell_texts = st.one_of(phrases(0, 3), phrases(0, 3), running, endless, st.sampled_from(["1", "12.5", "2026年1月"]))
cells = cell_texts.map(lambda text: Cell((text,)))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    count = draw(st.integers(1, 6))
    head = Row(tuple(Cell((f"栏目{number}",)) for number in range(count)), head=True)
    rows = draw(st.lists(st.lists(cells, min_size=count, max_size=count).map(tuple), min_size=1, max_size=12))
    return Table((Column(),) * count, (head, *map(Row, rows)))


@st.composite
def papers(draw: st.DrawFn) -> Sheet:
    form = draw(st.sampled_from(["general", "general", "letter", "order", "minutes"]))
    offices = tuple(draw(st.permutations(OFFICES))[: draw(st.integers(1, {"general": 8, "letter": 3}.get(form, 1)))])
    upward = form == "general" and draw(st.booleans())
    approvers = tuple(PEOPLE[number % 4] for number in range(draw(st.integers(1, 5)))) if upward else ()
    suffix = {"order": "令", "minutes": "会议纪要", "letter": ""}.get(form, draw(st.sampled_from(["文件", ""])))
    blocks: list[Block] = [
        Urgency(text) for text in draw(st.sampled_from([(), ("加急",), ("特急",), ("特急", "加急")]))
    ]
    blocks.append(Mark(offices, suffix))
    if form != "minutes" or draw(st.booleans()):
        blocks.append(Number("第3号" if form == "order" else "清安办发〔2026〕12号", approvers))
    if form != "order":
        blocks.append(Title("关于" + draw(phrases(1, 14)) + "的通知"))
        if form != "minutes":
            blocks.append(Addressees(draw(lists_of_units(1, 60))))
    blocks += draw(st.lists(paragraphs, min_size=1, max_size=draw(st.sampled_from([2, 8, 30]))))
    annexes = draw(st.integers(0, 4)) if form != "minutes" else 0
    names = tuple(draw(phrases(1, 9)) for _ in range(annexes))
    if names:
        blocks.append(AnnexList(names))
    if form == "minutes":
        blocks += [
            Attendance(label, draw(phrases(1, 12))) for label in ("出席", "请假", "列席")[: draw(st.integers(0, 3))]
        ]
    elif form == "order":
        blocks.append(Signature("chop", offices, "2026年11月25日", "市长"))
    else:
        manner = draw(st.sampled_from(["sealed", "sealed", "unsealed", "chop"]))
        date = draw(st.sampled_from(["2026年11月25日", "2026年1月5日"]))
        sealed = manner == "sealed" and draw(st.booleans())
        seals = tuple(SEAL if draw(st.integers(0, 4)) else None for _ in offices) if sealed else ()
        diameter = draw(st.sampled_from([0.0, 0.0, 36.0, 42.0, 45.0])) if sealed else 0.0
        blocks.append(Signature(manner, offices, date, "主任" if manner == "chop" else "", seals, diameter))
    if draw(st.booleans()) and form != "minutes":
        blocks.append(Note(draw(phrases(1, 12))))
    if form == "general" and draw(st.integers(0, 4)) == 0:  # the paper that a notice issues
        blocks.append(Annex("", draw(phrases(1, 9)), tuple(draw(st.lists(paragraphs, min_size=1, max_size=6)))))
    for number, name in enumerate(names):
        label = "附件" if annexes == 1 else f"附件{number + 1}"
        inside = draw(
            st.one_of(tables().map(lambda table: (table,)), st.lists(paragraphs, min_size=1, max_size=6).map(tuple))
        )
        blocks.append(Annex(label, name, inside, draw(st.booleans())))
    if form != "order":
        cc = draw(lists_of_units(0, 40))
        printed = draw(st.sampled_from([("", ""), (offices[0], "2026年11月26日")])) if form != "letter" else ("", "")
        blocks.append(Colophon(cc, *printed))
    return Sheet("circular", tuple(blocks), form, colophon=draw(st.sampled_from(["even", "last"])))
