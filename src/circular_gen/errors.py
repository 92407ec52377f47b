"""Errors that a person sees: one small class a cause, each with the exit code that it means.

Anything raised as a `CircularGenError` is shown as one line on standard error, never as a traceback. Other exceptions
are the program's own faults.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    FOUND = 1
    """The command worked and found something wrong, or could not do its work because of it."""
    USAGE = 2
    """The command was used wrongly (click's own code)."""
    UNCHECKED = 3
    """Something could not be checked (`archive verify`, `archive recheck`): neither good nor bad."""


class CircularGenError(Exception):
    """What is wrong and what to do, in the clerk's language."""

    exit_code = ExitCode.FOUND


class UsageError(CircularGenError):
    """The command line names something that is not there."""

    exit_code = ExitCode.USAGE
