"""The structure of a tagged PDF (ISO 32000-1, 14.7 and 14.8): what a screen reader goes by, and what PDF/A-2a asks for.

In: the elements of the pages' parts (`typeset.page.Element`) with the objects of their pages. Out: the structure tree's
objects. A part's marked-content identifier is its index among the parts of its page, so that equal pages stay equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from circular_gen.output.pdf_objects import Objects, references, text_string
from circular_gen.typeset.page import Element, PageShape

ARTEFACT = "/Artifact BMC"
_KINDS = {"title": "H1", "heading1": "H2", "heading2": "H3", "heading3": "H4", "heading4": "H5"}


class TaggedPage(NamedTuple):
    """`number`: the page's object; `elements`: of each of its parts."""

    number: int
    elements: tuple[Element | None, ...]


@dataclass(slots=True)
class _Node:
    """A structure element. `places`: its contents as (page's object, identifier)."""

    kind: str
    attributes: str = ""
    alternative: str = ""
    places: list[tuple[int, int]] = field(default_factory=list)
    kids: list["_Node"] = field(default_factory=list)
    number: int = 0


def kind(element: Element) -> str:
    """The standard structure type of what the element itself shows."""
    if element.alternative:
        return "Figure"
    if element.role == "cell":
        return "TH" if element.entry and element.entry.head else "TD"
    return _KINDS.get(element.role, "LBody" if element.entry else "P")


def elements(page: PageShape) -> tuple[Element | None, ...]:
    """Of each part of a page."""
    return page.elements or tuple(
        None if part.role == "artefact" else Element(index, part.role) for index, part in enumerate(page.parts)
    )


def marks(elements: Iterable[Element | None]) -> list[str]:
    """The operator that begins each part of a page."""
    return [
        f"/{kind(element)} <</MCID {index}>> BDC" if element else ARTEFACT for index, element in enumerate(elements)
    ]


def add_structure(objects: Objects, pages: Sequence[TaggedPage]) -> int:
    """Add the structure of `pages`, the first of which has the /StructParents 0 and so on; its root's object."""
    leaves: dict[Element, _Node] = {}
    for page in pages:
        for index, element in enumerate(page.elements):
            if element is not None:
                leaves.setdefault(element, _leaf(element)).places.append((page.number, index))
    document = _Node("Document", kids=[_paper(list(group)) for _, group in groupby(leaves.items(), _paper_of)])
    root = objects.reserve()
    _reserve(objects, document)
    tree = objects.reserve()
    _put(objects, document, root)
    parents = b"".join(
        [
            b"%d[%b]" % (index, b" ".join([b"%d 0 R" % leaves[e].number if e else b"null" for e in page.elements]))
            for index, page in enumerate(pages)
        ]
    )
    objects.put(tree, b"<</Nums[%b]>>" % parents)
    objects.put(
        root,
        b"<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>"
        % (document.number, tree, len(pages)),
    )
    return root


def _paper_of(leaf: tuple[Element, _Node]) -> int:
    return leaf[0].paper


def _leaf(element: Element) -> _Node:
    attributes = ""
    if element.role == "cell" and (entry := element.entry):
        given = [f"/Scope/{entry.head.capitalize()}"] if entry.head else []
        given += [f"/RowSpan {entry.rows}"] if entry.rows > 1 else []
        given += [f"/ColSpan {entry.columns}"] if entry.columns > 1 else []
        attributes = f"/A<</O/Table{''.join(given)}>>" if given else ""
    return _Node(kind(element), attributes, element.alternative)


def _paper(leaves: list[tuple[Element, _Node]]) -> _Node:
    """A paper's elements in its order: those of a block that has entries under a list or a table."""
    kids: list[_Node] = []
    for (_block, whole), group in groupby(leaves, lambda leaf: (leaf[0].block, leaf[0].entry is not None)):
        members = list(group)
        if not whole:
            kids += [node for _element, node in members]
        elif members[0][0].role == "cell":
            kids.append(_Node("Table", kids=_rows(members)))
        else:
            kids.append(_Node("L", kids=[_Node("LI", kids=[node]) for _element, node in members]))
    return _Node("Part", kids=kids)


def _rows(cells: list[tuple[Element, _Node]]) -> list[_Node]:
    rows: dict[int, list[_Node]] = {}
    for element, node in cells:
        rows.setdefault(element.entry.row if element.entry else 0, []).append(node)
    return [_Node("TR", kids=row) for row in rows.values()]


def _reserve(objects: Objects, node: _Node) -> None:
    node.number = objects.reserve()
    for kid in node.kids:
        _reserve(objects, kid)


def _put(objects: Objects, node: _Node, parent: int) -> None:
    alternative = b"/Alt%b" % text_string(node.alternative) if node.alternative else b""
    pages = {page for page, _identifier in node.places}
    if len(pages) == 1:
        identifiers = b" ".join([b"%d" % identifier for _page, identifier in node.places])
        contents = b"/Pg %d 0 R/K[%b]" % (pages.pop(), identifiers)
    elif pages:
        spots = [b"<</Type/MCR/Pg %d 0 R/MCID %d>>" % place for place in node.places]
        contents = b"/K[%b]" % b"".join(spots)
    else:
        contents = b"/K[%b]" % references([kid.number for kid in node.kids]) if node.kids else b""
    objects.put(
        node.number,
        b"<</Type/StructElem/S/%b/P %d 0 R%b%b%b>>"
        % (node.kind.encode(), parent, node.attributes.encode(), alternative, contents),
    )
    for kid in node.kids:
        _put(objects, kid, node.number)
