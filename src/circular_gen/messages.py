"""What a clerk reads, in Chinese or English by locale (gettext): English in the source, Chinese in `locale/zh_CN`.

`_(text)` translates; named places are filled afterwards: `_("unit {unit} is unknown").format(unit=…)`.
The language is that of CIRCULAR_GEN_LANG, LC_ALL, LC_MESSAGES, LANGUAGE or LANG, else of the system; a Chinese or
unknown one gives Chinese, since that is what offices read; `en` and the C locale give English.
"""

import gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_DOMAIN = "circular_gen"
_FOLDER = Path(__file__).parent / "locale"
_written: ContextVar[str] = ContextVar("_written", default="")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, _FOLDER, [language], fallback=True)


def _language() -> str:
    if language := _written.get():
        return language
    for variable in ("CIRCULAR_GEN_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        if value := os.environ.get(variable):
            break
    else:
        value = locale.getlocale()[0] or ""
    return "en" if value.split(".")[0].split("_")[0] in ("en", "English", "C", "POSIX") else "zh_CN"


def _(text: str) -> str:
    """`text` in the clerk's language; the text itself where the catalogue has none."""
    return _catalogue(_language()).gettext(text)


@contextmanager
def in_chinese() -> Iterator[None]:
    """Texts are Chinese meanwhile, whatever the clerk reads: for what is written into records."""
    before = _written.set("zh_CN")
    try:
        yield
    finally:
        _written.reset(before)


def translate_click() -> None:
    """What click itself says (`Usage:`, `Missing argument`) comes from our catalogue too, in the language that holds
    now: click asks the process's default domain, in the language of LANGUAGE. To be called before a command is made."""
    gettext.bindtextdomain(_DOMAIN, _FOLDER)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = _language()
