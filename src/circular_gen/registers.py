"""Registers into out/register/, as CSV, XLSX and DOCX: 发文登记簿 and 催办督办登记簿 of each year, 签收登记表 of each
circular.

In: the ledger. Out: outgoing-YEAR.*, reminders-YEAR.*, signing-NAME.*, all of one moment each and made anew every time.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from circular_gen.disk import write_whole
from circular_gen.ledger.register import Register, csv_bytes, outgoing, reminders, sheet_of, signing, xlsx_bytes
from circular_gen.output.docx import DocxMould
from circular_gen.press import office_style
from circular_gen.records import Records, open_records


def write_registers(root: Path, names: Iterable[str] = (), year: int | None = None) -> tuple[Path, ...]:
    """Write the registers: of the circulars `names`, their signing sheets alone; else of `year`, else of all years,
    everything. The files' paths. NothingIssuedError, UsageError for unknown names."""
    with open_records(root) as records:
        folder = root / "out" / "register"
        written: list[Path] = []
        for name, register in _registers(records, tuple(names), year):
            for suffix, data in _forms(records, register):
                write_whole(folder / f"{name}.{suffix}", data)
                written.append(folder / f"{name}.{suffix}")
        return tuple(written)


def _registers(records: Records, names: tuple[str, ...], year: int | None) -> Iterator[tuple[str, Register]]:
    ledger, office = records.ledger, records.office.zone
    if not names:
        numbers = ledger.numbers(year)
        for one in sorted({number.year for number in numbers if number.circular or number.void}):
            yield f"outgoing-{one}", outgoing(ledger, one, office)
        for one in sorted({event.payload["year"] for event in ledger.events(kinds=("reminder-issued",))}):
            if year in (None, one):
                yield f"reminders-{one}", reminders(ledger, one, office)
        names = tuple(number.circular for number in numbers if number.circular and not number.void)
    for name in names:
        paper = records.paper(name)
        yield f"signing-{paper.circular}", signing(ledger, paper.circular, office)


def _forms(records: Records, register: Register) -> Iterator[tuple[str, bytes]]:
    yield "csv", csv_bytes(register)
    yield "xlsx", xlsx_bytes(register)
    sheet = sheet_of(register, records.office.name)
    yield "docx", DocxMould(sheet, office_style(records.root, records.office), records.office.word_fonts.given).copy({})
