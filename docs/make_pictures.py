"""The pictures in README and docs: pages of the sample's real output, as PNG.

make_pictures.py OUT PICTURES
"""

import sys
from pathlib import Path

import pypdfium2

PICTURES = {  # picture → (file below OUT, page from 0)
    "circular-1": ("2026-winter-safety/circular.pdf", 0),
    "circular-2": ("2026-winter-safety/circular.pdf", 1),
    "letter-1": ("2026-work-meeting/circular.pdf", 0),
    "checklist": ("2026-winter-safety/chengxi/checklist.pdf", 0),
    "receipt": ("2026-winter-safety/chengxi/receipt.pdf", 0),
}
DPI = 80


def main(out: Path, pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    for name, (path, page) in PICTURES.items():
        image = pypdfium2.PdfDocument(out / path)[page].render(scale=DPI / 72).to_pil()
        image.convert("P", palette=1, colors=64).save(pictures / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
