"""Opening: new, older and newer ledgers, and what is none."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from tests.ledger.conftest import START, issue

from circular_gen.ledger import Ledger, LedgerError, draft, open_ledger
from circular_gen.ledger.engine import MIGRATIONS, writing
from circular_gen.ledger.failures import LedgerDamagedError, LedgerNewerError
from circular_gen.ledger.opening import REVISION
from circular_gen.ledger.tables import metadata
from circular_gen.ledger.verification import verify


def execute(ledger: Ledger, *statements: str) -> None:
    with writing(ledger._database.engine) as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))


def make_older(ledger: Ledger) -> None:
    """What a ledger looked like before the projection."""
    tables = ("papers", "standings", "tallies", "numbers", "intents", "installations")
    execute(ledger, *[f"DROP TABLE {name}" for name in tables], "UPDATE alembic_version SET version_num = '0001'")


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [REVISION]


def test_the_migrations_make_the_tables_of_the_program(ledger: Ledger) -> None:
    found = inspect(ledger._database.engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert list(columns) == [column.name for column in table.columns]
        assert [c["nullable"] for c in columns.values()] == [bool(c.nullable) for c in table.columns], table.name
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        for column in table.columns:
            kind = columns[column.name]["type"]
            assert kind.python_type is column.type.python_type, (table.name, column.name)
    assert set(found.get_table_names()) == {*metadata.tables, "alembic_version"}


def test_an_older_ledger_is_upgraded_and_a_copy_kept(place: str) -> None:
    with open_ledger(place) as ledger:
        issue(ledger, "winter")
        ledger.append(draft("received", "x", "winter", "chengxi", by="张某"))
        expected = (ledger.checkpoint(), ledger.standings("winter"), ledger.circulars(START), ledger.numbers())
        make_older(ledger)
    with pytest.raises(LedgerError):
        open_ledger(place, readonly=True)
    with open_ledger(place) as ledger:
        assert (ledger.checkpoint(), ledger.standings("winter"), ledger.circulars(START), ledger.numbers()) == expected
        assert verify(ledger).ok
    if "://" not in place:
        copies = list(Path(place).parent.glob("*.backup"))
        assert [copy.name for copy in copies] == ["ledger.db.0001.backup"]
        with closing(sqlite3.connect(copies[0])) as copy:
            assert copy.execute("SELECT count(*), max(version_num) FROM events, alembic_version").fetchone() == (
                6,
                "0001",
            )
        with open_ledger(place) as ledger:
            make_older(ledger)
        open_ledger(place).close()
        assert len(list(Path(place).parent.glob("*.backup"))) == 2, "an older copy is never written over"


def test_an_upgrade_that_fails_leaves_the_older_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "ledger.db"
    with open_ledger(place) as ledger:
        issue(ledger, "winter")
        make_older(ledger)

    def fail(connection: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("circular_gen.ledger.writing.rebuild", fail)
        with pytest.raises(OSError, match="power cut"):
            open_ledger(place)
    with closing(sqlite3.connect(place)) as found:
        assert found.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert found.execute("SELECT count(*) FROM sqlite_master WHERE name = 'papers'").fetchone() == (0,)
    with open_ledger(place) as ledger:
        assert verify(ledger).ok
        assert ledger.head().size == 5


def test_a_newer_ledger_is_refused_and_left_alone(place: str) -> None:
    with open_ledger(place) as ledger:
        issue(ledger, "winter")
        execute(ledger, "UPDATE alembic_version SET version_num = '0999'")
    for readonly in (False, True):
        with pytest.raises(LedgerError) as raised:
            open_ledger(place, readonly=readonly)
        assert readonly or isinstance(raised.value, LedgerNewerError)
        assert "0999" in str(raised.value) or readonly


def test_what_is_no_ledger(tmp_path: Path) -> None:
    place = tmp_path / "other.db"
    with closing(sqlite3.connect(place)) as other:
        other.execute("CREATE TABLE accounts (id)")
        other.commit()
    with pytest.raises(LedgerDamagedError):
        open_ledger(place)
    (tmp_path / "text.db").write_text("this is a text " * 100, encoding="utf-8")
    with pytest.raises(LedgerDamagedError):
        open_ledger(tmp_path / "text.db")


def test_many_open_a_new_ledger_at_once(place: str) -> None:
    def origin(_n: int) -> str:
        with open_ledger(place) as ledger:
            return ledger.head().origin

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(origin, range(12)))) == 1


def test_a_folder_with_odd_signs(tmp_path: Path) -> None:
    folder = tmp_path / "记录 50% ?#"
    folder.mkdir()
    with open_ledger(folder / "ledger.db") as ledger:
        issue(ledger, "winter")
    assert (folder / "ledger.db").stat().st_size > 0
