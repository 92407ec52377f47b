"""Tagged PDFs: every sign on a page belongs to one element of the structure or is an artefact, and the structure says
what the paper is."""

import io
import re
from collections.abc import Iterator

import pikepdf
import pytest

from circular_gen.press import Press
from circular_gen.workspace import open_workspace
from circular_gen.workspace.codes import Codes
from circular_gen.workspace.new import new_workspace

Node = tuple[str, str, list["Node"]]
"""Type, text, kids."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> pikepdf.Pdf:
    root = tmp_path_factory.mktemp("tags") / "office"
    new_workspace(root)
    workspace = open_workspace(root)
    press = Press(workspace, workspace.circular("2026-winter-safety"), Codes(b"k" * 32))
    copy = next(copy for copy in press.copies if copy.tasks and copy.receipt)
    return pikepdf.open(io.BytesIO(press.writer.write(press.package(copy))))


def shown(page: pikepdf.Page) -> dict[int, str]:
    """Identifier → text, in the order of drawing. Fails where something is drawn outside of marks, or twice marked."""
    maps = {name: to_unicode(font) for name, font in page.Resources.Font.items()}
    texts: dict[int, str] = {}
    open_: int | None = None
    marked = False
    font = ""
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            assert not marked
            marked = True
            open_ = int(operands[1].MCID) if name == "BDC" else None
            if open_ is not None:
                assert open_ not in texts
                texts[open_] = ""
        elif name == "EMC":
            assert marked
            marked = False
        elif name == "Tf":
            font = str(operands[0])
        elif name in ("TJ", "f", "f*", "Do"):
            assert marked
            if name == "TJ" and open_ is not None:
                codes = b"".join(bytes(part) for part in operands[0] if isinstance(part, pikepdf.String))
                texts[open_] += "".join(maps[font][codes[i : i + 2]] for i in range(0, len(codes), 2))
    assert not marked
    return texts


def to_unicode(font: pikepdf.Object) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for first, last, texts in re.findall(rb"<(\w{4})> <(\w{4})> \[(.*?)\]", font.ToUnicode.read_bytes()):
        codes = range(int(first, 16), int(last, 16) + 1)
        characters = re.findall(rb"<(\w+)>", texts)
        found |= {
            code.to_bytes(2): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in zip(codes, characters, strict=True)
        }
    return found


def tree(pdf: pikepdf.Pdf) -> Node:
    """The structure with its texts, every one of which is taken once; checks what leads back."""
    texts = {page.objgen: shown(page) for page in pdf.pages}
    parents = {
        (page.objgen, index): parent
        for page, nums in zip(pdf.pages, list(pdf.Root.StructTreeRoot.ParentTree.Nums)[1::2], strict=True)
        for index, parent in enumerate(nums)
        if parent is not None
    }

    def walk(element: pikepdf.Object, parent: pikepdf.Object) -> Node:
        assert element.P.objgen == parent.objgen
        text, kids = "", []
        for kid in element.get("/K", pikepdf.Array()):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                kids.append(walk(kid, element))
                continue
            page, number = (
                (element.Pg, int(kid)) if not isinstance(kid, pikepdf.Dictionary) else (kid.Pg, int(kid.MCID))
            )
            assert parents.pop((page.objgen, number)).objgen == element.objgen
            text += texts[page.objgen].pop(number, "")
        return str(element.S)[1:], text, kids

    root = pdf.Root.StructTreeRoot
    found = walk(root.K, root)
    assert parents == {}
    assert all(left == {} for left in texts.values()), "marked content that no element has"
    return found


def every(node: Node) -> Iterator[Node]:
    yield node
    for kid in node[2]:
        yield from every(kid)


def test_the_structure_holds_all_that_is_marked_once(package: pikepdf.Pdf) -> None:
    assert package.Root.MarkInfo.Marked is True
    kind, _text, papers = tree(package)
    assert kind == "Document"
    assert [paper[0] for paper in papers] == ["Part"] * 3
    assert all(page.StructParents == number for number, page in enumerate(package.pages))


def test_titles_headings_and_paragraphs(package: pikepdf.Pdf) -> None:
    circular = tree(package)[2][0]
    texts = {kind: [text for k, text, _ in every(circular) if k == kind] for kind in ("H1", "P", "LBody")}
    assert texts["H1"][0].endswith("关于做好今冬明春安全防范工作的通知")
    assert any(text.startswith("一、提高认识，压实责任。") for text in texts["P"])
    assert all("— 1 —" not in text for text in texts["P"])
    assert len(texts["LBody"]) == 2
    assert texts["LBody"][0].startswith("附件：1.")


def test_a_table_has_rows_of_cells_under_heads_that_stand_once(package: pikepdf.Pdf) -> None:
    checklist = tree(package)[2][1]
    tables = [kids for kind, _text, kids in every(checklist) if kind == "Table"]
    rows = [[(kind, text) for kind, text, _ in cells] for _tr, _text, cells in max(tables, key=len)]
    assert [kind for kind, _text in rows[0]] == ["TH"] * len(rows[0])
    assert all(len(row) == len(rows[0]) and {kind for kind, _ in row} == {"TD"} for row in rows[1:])
    heads = [text for kind, text, _ in every(checklist) if kind == "TH"]
    assert heads.count(rows[0][1][1]) == 1, "a head that is repeated on the next page is read out once"


def test_a_picture_says_what_it_shows(package: pikepdf.Pdf) -> None:
    figures = [node for node in package.objects if isinstance(node, pikepdf.Dictionary) and node.get("/S") == "/Figure"]
    assert figures
    assert all(str(figure.Alt) == "二维码" for figure in figures)
