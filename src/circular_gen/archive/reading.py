"""Files of a bag as they are read again: JSON of any shape, and the text of a paper, page by page."""

import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """The value in a file. ValueError for what is no JSON, OSError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def page_texts(path: Path) -> tuple[str, ...]:
    """Each page's text. pypdfium2's errors for what is no PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        texts = []
        for page in document:
            text = page.get_textpage()
            texts.append(str(text.get_text_bounded()))
            text.close()
            page.close()
        return tuple(texts)
    finally:
        document.close()
