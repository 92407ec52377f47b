"""The pictures in README and docs, as PNG: pages of the sample's real output, and of a paper of every format.

make_pictures.py OUT PICTURES
"""

import io
import sys
from pathlib import Path

import pypdfium2
from make_papers import papers

SAMPLE = {  # picture → (file below OUT, page from 0)
    "circular-1": ("2026-winter-safety/circular.pdf", 0),
    "circular-2": ("2026-winter-safety/circular.pdf", 1),
    "checklist": ("2026-winter-safety/chengxi/checklist.pdf", 0),
    "receipt": ("2026-winter-safety/chengxi/receipt.pdf", 0),
}
FORMATS = {  # picture → (paper of docs/papers, page from 0)
    "format-general": ("general", 0),
    "format-upward": ("upward", 0),
    "format-joint-1": ("joint", 0),
    "format-joint-2": ("joint", 1),
    "format-letter": ("letter", 0),
    "format-order": ("order", 0),
    "format-minutes": ("minutes", 0),
    "format-issued": ("issued", 1),
    "format-landscape": ("general", 3),
}
DPI = 80


def main(out: Path, pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    for name, (path, page) in SAMPLE.items():
        draw((out / path).read_bytes(), page, pictures / f"{name}.png")
    made = papers()
    for name, (paper, page) in FORMATS.items():
        draw(made[paper]["pdf"], page, pictures / f"{name}.png")


def draw(pdf: bytes, page: int, picture: Path) -> None:
    """Page `page` of `pdf` as a PNG of few colours."""
    image = pypdfium2.PdfDocument(io.BytesIO(pdf))[page].render(scale=DPI / 72).to_pil()
    image.convert("P", palette=1, colors=64).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
