"""What reading an annex file gives: its blocks, or one line about why there are none.

Values only, so that the process that reads files of unknown origin can hand them over.
"""

from dataclasses import dataclass

from circular_gen.sheet.blocks import Block

FILE_LIMIT = 50_000_000
"""Bytes of an annex file."""


class UnreadableError(Exception):
    """A file that cannot be an annex: `message` says why and what to do, in office words, without the file's name."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds. `landscape`: its pages want to lie; `notices`: what of it does not appear on the paper, or not
    as it was."""

    blocks: tuple[Block, ...]
    landscape: bool = False
    notices: tuple[str, ...] = ()
