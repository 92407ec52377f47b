"""The Chinese messages. As a program: collect the texts to translate from the source into the PO file, and compile it.
As a build hook: compile PO → MO before the package is put together or installed in place."""

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
CHINESE = Path("src/circular_gen/locale/zh_CN/LC_MESSAGES/circular_gen.po")
CLICK = "click"
"""The comment of the entries that click says rather than this program: they are kept by hand."""
# Babel's own header has dates, which would make every run a change.
HEADER = r"""# The Chinese of circular-gen's messages; `make messages` collects new ones.
# Entries with the comment "click" are said by the library click.
msgid ""
msgstr ""
"Project-Id-Version: circular-gen\n"
"Language: zh_CN\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


def collect_messages(root: Path) -> None:
    """Brings the PO file up to date with the source: new texts come in untranslated, unused ones go."""
    with (root / CHINESE).open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    found = Catalog()
    for _file, _line, text, _comments, _context in extract_from_dir(root / "src", [("**.py", "python")]):
        found.add(text)
    for message in catalogue:
        if CLICK in message.user_comments:
            found.add(message.id, user_comments=[CLICK])
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with (root / CHINESE).open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalogue, width=0, no_location=True, omit_header=True)


def compile_messages(root: Path) -> None:
    for source in sorted((root / "src/circular_gen/locale").glob("*/LC_MESSAGES/*.po")):
        aside = source.with_suffix(".mo.part")
        with source.open("rb") as po, aside.open("wb") as mo:
            write_mo(mo, read_po(po))
        aside.replace(source.with_suffix(".mo"))  # who runs the program meanwhile reads the old texts, not half of them


class MessagesHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_messages(Path(self.root))


if __name__ == "__main__":
    collect_messages(ROOT)
    compile_messages(ROOT)
