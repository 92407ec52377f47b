"""Sizes of the papers that contest.py makes: `python -m benchmarks.sizes` prints a line of JSON.

kB of a unit's package in print.pdf, of a package.pdf that stands alone (and how much of it is fonts), and of the
circular as DOCX.
"""

import json
from io import BytesIO
from typing import Any

from benchmarks.contest import pages
from benchmarks.paper import recipients
from benchmarks.peers.ours import press_and_copies

UNITS = 200
GOALS = {"print": 20.0, "package": 220.0, "docx": 12.0}
"""kB, not above these."""


def measure() -> dict[str, Any]:
    """kB."""
    press, copies = press_and_copies(UNITS)
    units = [copies[recipient] for recipient in recipients(UNITS)]
    file = BytesIO()
    printed = press.print_into(file)
    package = press.writer.write(press.package(units[0]))
    return {
        "units": len(units),
        "pages": printed / len(units),
        "package_pages": pages(package),
        "print": len(file.getvalue()) / len(units) / 1000,
        "package": len(package) / 1000,
        "fonts": len(press.writer.start()[1]) / 1000,
        "docx": len(press.paper_docx("circular", units[0])) / 1000,
    }


def table(result: dict[str, Any]) -> list[str]:
    """Markdown."""
    words = {
        "print": f"a unit in print.pdf of {result['units']} units, {result['pages']:.0f} pages each",
        "package": f"a package.pdf that stands alone, {result['package_pages']} pages; "
        f"{result['fonts']:.0f} kB of it fonts",
        "docx": "the circular as DOCX",
    }
    return [
        "| | measured | goal |",
        "|---|---:|---|",
        *(f"| {words[name]} | {result[name]:.1f} kB | ≤ {goal:g} kB |" for name, goal in GOALS.items()),
    ]


if __name__ == "__main__":
    print(json.dumps(measure()))
