"""Archival codes 档号 and what is named by them (DA/T 22: fonds – class·year – retention – department – item number).

In: the `archive` section of office.yaml. Out: codes by its pattern, and the names of bags, which are ASCII.
"""

import re
from collections.abc import Mapping

from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.workspace.office import Archive

RETENTIONS: Mapping[str, str] = {"永久": "Y", "30年": "D30", "10年": "D10"}
"""Retention as the circular says it → its code, in the order in which they are archived."""
DEFAULT_RETENTION = "10年"
"""Of circulars that an older program issued, which did not record it: the model's own default."""


class NoFondsError(CircularGenError):
    """office.yaml does not say the fonds."""


def fonds(archive: Archive | None) -> Archive:
    """The section, with its fonds. NoFondsError."""
    if archive is None or not archive.fonds:
        raise NoFondsError(
            _("office.yaml does not say the fonds: write archive: {fonds}").format(
                fonds="{fonds: Z109, department: BGS}"
            )
        )
    return archive


def archival_code(archive: Archive, year: int, retention: str, item: int) -> str:
    """The code of an item. `retention`: 永久 | 30年 | 10年; `item` from 1."""
    department = "-{department}" if archive.department else ""
    pattern = archive.code or "{fonds}-{category}·{year}-{retention}" + department + "-{item}"
    values = {
        "fonds": archive.fonds,
        "category": archive.category,
        "year": f"{year:04}",
        "retention": RETENTIONS[retention],
        "department": archive.department,
        "item": f"{item:04}",
    }
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)


def bag_name(archive: Archive, year: int, retention: str, supplement: int = 0) -> str:
    """The folder's name of a year's bag of a retention, or of its supplement `supplement` (from 1)."""
    name = f"{archive.fonds}-{archive.category}-{year:04}-{RETENTIONS[retention]}"
    name += f"-{archive.department}" if archive.department else ""
    return name + (f"-S{supplement:02}" if supplement else "")


def item_folder(item: int) -> str:
    """Where an item lies below data/."""
    return f"items/{item:04}"
