"""Bookmarks → a PDF's outline, its levels nested."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from circular_gen.output.pdf_objects import Objects, decimal, text_string


@dataclass(slots=True, eq=False)
class Entry:
    """An entry of the outline: `level` from 1; `page`: the page's object; `top`: pt from the page's lower edge."""

    level: int
    text: str
    page: int
    top: float
    number: int = 0
    kids: list["Entry"] = field(default_factory=list)

    def inside(self) -> str:
        """The links to the entries under this one, all of them shown."""
        if not self.kids:
            return ""
        return f"/First {self.kids[0].number} 0 R/Last {self.kids[-1].number} 0 R/Count {self.count()}"

    def count(self) -> int:
        return sum(1 + kid.count() for kid in self.kids)


def add_outline(objects: Objects, entries: Sequence[Entry]) -> int:
    """Add the outline, each entry under the nearest one before it of a higher level; its number."""
    root = Entry(0, "", 0, 0.0, objects.reserve())
    path = [root]
    for entry in entries:
        entry.number = objects.reserve()
        while path[-1].level >= entry.level:
            path.pop()
        path[-1].kids.append(entry)
        path.append(entry)
    _put_kids(objects, root)
    objects.put(root.number, b"<</Type/Outlines%b>>" % root.inside().encode())
    return root.number


def _put_kids(objects: Objects, parent: Entry) -> None:
    for place, entry in enumerate(parent.kids):
        links = f"/Parent {parent.number} 0 R"
        links += f"/Prev {parent.kids[place - 1].number} 0 R" if place else ""
        links += f"/Next {parent.kids[place + 1].number} 0 R" if place + 1 < len(parent.kids) else ""
        links += f"/Dest[{entry.page} 0 R/XYZ 0 {decimal(entry.top)} null]" + entry.inside()
        objects.put(entry.number, b"<</Title%b%b>>" % (text_string(entry.text), links.encode()))
        _put_kids(objects, entry)
