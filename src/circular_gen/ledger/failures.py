"""What can go wrong with the ledger, one small class a cause."""

from circular_gen.errors import CircularGenError


class LedgerError(CircularGenError):
    """The ledger cannot do what was asked."""


class LedgerBusyError(LedgerError):
    """Another process kept it locked for too long; nothing was recorded."""


class LedgerFullError(LedgerError):
    """The disk is full; nothing was recorded."""


class LedgerUnwritableError(LedgerError):
    """The file, its folder or the database may not be written."""


class LedgerDamagedError(LedgerError):
    """The database cannot be read, or is no ledger."""


class LedgerUnreachableError(LedgerError):
    """The database server does not answer, or refuses."""


class LedgerNewerError(LedgerError):
    """It was written by a newer version of this program."""


class KeyConflictError(LedgerError):
    """The key of a draft is that of another event. `sequence`: that event's number."""

    def __init__(self, message: str, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence


class AlreadyIssuedError(LedgerError):
    """The circular has its number already. `sequence`: the number of its `issued` event."""

    def __init__(self, message: str, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence


class NumberTakenError(LedgerError):
    """A document number that was given before, or voided."""
