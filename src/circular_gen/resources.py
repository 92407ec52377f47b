"""Files that come with the program: sheet and Word templates, fonts, the colour profile, the sample workspace.

In a wheel they lie inside the package; in a checkout the templates and the sample are the repository's own folders.
"""

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).parent
_REPOSITORY = PACKAGE.parent.parent


def _first(*paths: Path) -> Path:
    return next((path for path in paths if path.exists()), paths[0])


TEMPLATES = _first(PACKAGE / "templates", _REPOSITORY / "templates")
SAMPLE = _first(PACKAGE / "sample", _REPOSITORY)
FONTS = PACKAGE / "fonts"
DATA = PACKAGE / "data"

PACKAGED_FACES: dict[Literal["fangsong", "xiaobiaosong", "hei", "kai"], str] = {
    "fangsong": "CircularFangsong-Regular.ttf",
    "xiaobiaosong": "NotoSerifSC-Bold.ttf",
    "hei": "NotoSansSC-Regular.ttf",
    "kai": "CircularKai-Regular.ttf",
}
"""Face → file in FONTS. 宋体 has none of its own: 仿宋 stands in for it."""
