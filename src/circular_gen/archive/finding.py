"""`archive find`: full text over archives and living papers.

In: words; perhaps number, unit, dates, sector. Out: papers with a snippet, best first. The index is SQLite FTS5 in
out/find.db, which may be deleted at any time: it is brought up to date before each search, from the bags and the issued
originals that it does not have yet.

Chinese has no spaces between words, and the words people look for have two characters. So texts are indexed by pairs
of neighbouring characters (安全生产 as 安全 全生 生产), and a word becomes the phrase of its pairs; a single character
is a prefix. Letters and digits stay whole words.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circular_gen.archive.chain import read_events
from circular_gen.archive.items import ARCHIVE
from circular_gen.archive.reading import page_texts, read_json
from circular_gen.disk import disk_errors
from circular_gen.errors import CircularGenError
from circular_gen.messages import _
from circular_gen.records import Records, open_records

INDEX = "find.db"
_VERSION = 2
_HANZI = r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKENS = re.compile(rf"[{_HANZI}]+|[^\W_{_HANZI}]+")
_AROUND = 24
"""Characters of a snippet before and after what was found."""
_SCHEMA = """
CREATE TABLE papers (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, circular TEXT NOT NULL,
    number TEXT NOT NULL, title TEXT NOT NULL, date TEXT NOT NULL, sectors TEXT NOT NULL, units TEXT NOT NULL,
    path TEXT NOT NULL, body TEXT NOT NULL, follows TEXT NOT NULL, UNIQUE (source, key));
CREATE INDEX by_date ON papers (date);
CREATE VIRTUAL TABLE texts USING fts5 (title, number, units, body, content='', tokenize='unicode61', prefix='1');
CREATE TABLE sources (source TEXT PRIMARY KEY, state TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that was found. `where`: the bag, or empty for a living paper; `path`: its PDF."""

    where: str
    code: str
    circular: str
    number: str
    title: str
    date: str
    snippet: str
    path: str

    def record(self) -> dict[str, str]:
        return {
            "archive": self.where,
            "code": self.code,
            "circular": self.circular,
            "number": self.number,
            "title": self.title,
            "date": self.date,
            "snippet": self.snippet,
            "path": self.path,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """`total`: how many there are; `hits`: the first of them."""

    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paper as it goes into the index. `key`: unique in its source; `follows`: the bag that holds the paper itself,
    where this is only what came later: then it is found by its people and its own text alone."""

    key: str
    code: str
    circular: str
    number: str
    title: str
    date: str
    sectors: tuple[str, ...]
    units: tuple[str, ...]
    path: str
    body: str
    follows: str = ""


def tokens(text: str) -> Iterator[str]:
    """The words of a text as they are indexed: pairs of neighbouring Hanzi, a last one alone; others whole."""
    for run in _TOKENS.findall(unicodedata.normalize("NFKC", text).lower()):
        if re.match(f"[{_HANZI}]", run):
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield run


def query(words: str) -> str:
    """Words as FTS5 takes them: all must be there, each as the phrase of its pairs (文〔2026〕3号 is one phrase, too).
    Empty where nothing is left."""
    wanted = []
    for word in unicodedata.normalize("NFKC", words).lower().split():
        runs = _TOKENS.findall(word)
        if not runs:
            continue
        phrase = [token for run in runs[:-1] for token in tokens(run)]
        last = runs[-1]
        pairs = re.match(f"[{_HANZI}]", last) and len(last) > 1
        phrase += [last[place : place + 2] for place in range(len(last) - 1)] if pairs else [last]
        wanted.append(f'"{" ".join(phrase)}"' + " *" * (not pairs))
    return " AND ".join(wanted)


class Index:
    """The index in the file `path`; made anew where it is not there, damaged, or of another version."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = self._opened()

    def close(self) -> None:
        self._database.close()

    def _opened(self) -> sqlite3.Connection:
        for _attempt in range(2):
            database = sqlite3.connect(self._path, isolation_level=None)
            try:
                version = database.execute("PRAGMA user_version").fetchone()[0]
                if version == _VERSION:
                    return database
                if version == 0 and not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
                    return database
            except sqlite3.DatabaseError:
                pass
            database.close()
            self._path.unlink()
        raise CircularGenError(_("{path} cannot be written").format(path=self._path))

    def state(self, source: str) -> str | None:
        """The state in which a source was taken in; None where it was not."""
        row = self._database.execute("SELECT state FROM sources WHERE source = ?", (source,)).fetchone()
        return None if row is None else str(row[0])

    def sources(self) -> frozenset[str]:
        return frozenset(row[0] for row in self._database.execute("SELECT source FROM sources"))

    def take(self, source: str, state: str, papers: Iterable[Text]) -> None:
        """A source's papers, instead of those that it had, in one transaction."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            self._forget(source)
            for paper in papers:
                row = database.execute(
                    "INSERT INTO papers (source, key, code, circular, number, title, date, sectors, units, path, body,"
                    " follows) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (source, paper.key, paper.code, paper.circular, paper.number, paper.title, paper.date,
                     "\n".join(paper.sectors), "\n".join(paper.units), paper.path, paper.body, paper.follows),
                )  # fmt: skip
                database.execute("INSERT INTO texts (rowid, title, number, units, body) VALUES (?, ?, ?, ?, ?)",
                                 (row.lastrowid, *_indexed(paper)))  # fmt: skip
            database.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (source, state))
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise

    def forget(self, source: str) -> None:
        """A source that is there no more."""
        self._database.execute("BEGIN IMMEDIATE")
        self._forget(source)
        self._database.execute("DELETE FROM sources WHERE source = ?", (source,))
        self._database.execute("COMMIT")

    def _forget(self, source: str) -> None:
        columns = "id, key, code, circular, number, title, date, sectors, units, path, body, follows"
        rows = self._database.execute(f"SELECT {columns} FROM papers WHERE source = ?", (source,)).fetchall()  # noqa: S608
        for number, *values in rows:
            key, code, circular, paper_number, title, date, sectors, units, path, body, follows = values
            paper = Text(key, code, circular, paper_number, title, date, tuple(sectors.split("\n")),
                         tuple(units.split("\n")), path, body, follows)  # fmt: skip
            self._database.execute(
                "INSERT INTO texts (texts, rowid, title, number, units, body) VALUES ('delete', ?, ?, ?, ?, ?)",
                (number, *_indexed(paper)),
            )
        self._database.execute("DELETE FROM papers WHERE source = ?", (source,))

    def find(
        self,
        words: str,
        *,
        number: str = "",
        unit: str = "",
        since: str = "",
        until: str = "",
        sector: str = "",
        limit: int = 20,
    ) -> Found:
        """Papers with all the words; the best first, without words the newest. `since`, `until`: days as 2026-01-31, or
        their beginnings."""
        match = query(words)
        if words.strip() and not match:
            return Found(0, ())
        wheres, values = ["1"], list[Any]()
        for column, value in (("number", number), ("units", unit)):
            if value:
                wheres.append(f"instr(papers.{column}, ?)")
                values.append(value)
        if sector:
            wheres.append("instr(char(10) || papers.sectors || char(10), char(10) || ? || char(10))")
            values.append(sector)
        if since:
            wheres.append("papers.date >= ?")
            values.append(since)
        if until:
            wheres.append("papers.date <= ?")
            values.append(until + "\uffff")
        total, ids = self._chosen(match, " AND ".join(wheres) if values else "", values, limit)
        columns = "source, code, circular, number, title, date, units, path, body"
        rows = [
            self._database.execute(f"SELECT {columns} FROM papers WHERE id = ?", (one,)).fetchone()  # noqa: S608
            for one in ids
        ]
        hits = [
            Hit(source.removeprefix("bag:") if source.startswith("bag:") else "", code, circular, paper_number, title,
                date, snippet(words, body, units), path)
            for source, code, circular, paper_number, title, date, units, path, body in rows
        ]  # fmt: skip
        return Found(total, tuple(hits))

    def _chosen(self, match: str, where: str, values: list[Any], limit: int) -> tuple[int, list[int]]:
        """How many papers there are, and the ids of the first. Texts and papers are joined only where both decide: that
        takes longer than the search itself."""
        if not match:
            where += " AND papers.follows = ''"
            total = f"SELECT count(*) FROM papers WHERE {where}"  # noqa: S608
            chosen = f"SELECT id FROM papers WHERE {where} ORDER BY date DESC, id DESC LIMIT ?"  # noqa: S608
        elif not where:
            values = [match]
            total = "SELECT count(*) FROM texts WHERE texts MATCH ?"
            chosen = "SELECT rowid FROM texts WHERE texts MATCH ? AND rank MATCH 'bm25(8,8,2,1)' ORDER BY rank LIMIT ?"
        else:
            values = [*values, match]
            joined = f"FROM texts JOIN papers ON papers.id = texts.rowid WHERE {where} AND texts MATCH ?"
            total = f"SELECT count(*) {joined}"
            chosen = f"SELECT papers.id {joined} ORDER BY bm25(texts, 8, 8, 2, 1) LIMIT ?"
        count = self._database.execute(total, values).fetchone()[0]
        return int(count), [row[0] for row in self._database.execute(chosen, (*values, limit))]


def _indexed(paper: Text) -> tuple[str, ...]:
    head = ("", "") if paper.follows else (paper.title, paper.number)
    return tuple(" ".join(tokens(text)) for text in (*head, "\n".join(paper.units), paper.body))


def snippet(words: str, body: str, units: str = "") -> str:
    """What stands around the first of the words, in the text or among the units."""
    wanted = _TOKENS.findall(unicodedata.normalize("NFKC", words).lower())
    for text in (body, units.replace("\n", "、")):
        plain = "".join(text.split()) if text is body else text
        folded = plain.lower()
        for word in wanted:
            place = folded.find(word)
            if place >= 0:
                start, end = max(0, place - _AROUND), place + len(word) + _AROUND
                return "…" * (start > 0) + plain[start:end] + "…" * (end < len(plain))
    return "".join(body.split())[: 2 * _AROUND]


# -- bringing the index up to date -------------------------------------------------------------------------------------


def bring_up_to_date(index: Index, records: Records, folders: Iterable[Path]) -> None:
    """Take in bags below `folders` and issued papers that the index does not have as they are now."""
    current: set[str] = set()
    for folder in folders:
        for bag in sorted(folder.iterdir()) if folder.is_dir() else ():
            catalogue = bag / "data" / "catalogue.json"
            if bag.name.startswith(".") or not catalogue.is_file():
                continue
            source = f"bag:{bag.name}"
            current.add(source)
            state = f"{bag} {catalogue.stat().st_mtime_ns} {catalogue.stat().st_size}"
            if index.state(source) != state:
                index.take(source, state, _bag_texts(bag))
    with records.ledger.reading() as reader:
        archived: dict[str | None, str] = {}
        for event in reader.stream(kinds=("archived",)):
            archived.setdefault(event.circular, f"bag:{event.payload['bag']}")
        papers = [paper for paper in reader.papers() if paper.issued_at]
    for paper in papers:
        if archived.get(paper.circular) in current:
            continue  # a bag that was handed over and is gone leaves its papers to the originals
        source = f"paper:{paper.circular}"
        current.add(source)
        state = f"{paper.revision} {paper.number} {paper.title}"
        if index.state(source) != state:
            index.take(source, state, _living_text(records, paper.circular, paper.revision))
    for source in index.sources() - current:
        index.forget(source)


def _bag_texts(bag: Path) -> Iterator[Text]:
    for entry in read_json(bag / "data" / "catalogue.json")["items"]:
        item = read_json(bag / entry["folder"] / "item.json")
        later = entry.get("supplements", "")
        path = bag / entry["folder"] / ("receipts.pdf" if later else "paper.pdf")
        came = {event.unit for event in read_events(bag / entry["folder"] / "events.jsonl")} if later else ()
        people = {
            name
            for unit in item["distribution"]
            for name in (unit.get("name"), unit["unit"], unit.get("by"))
            if name and (not later or unit["unit"] in came)
        }
        yield Text(
            entry["code"],
            entry["code"],
            entry["circular"],
            entry["number"],
            entry["title"],
            entry["date"],
            tuple(entry.get("sectors", ())),
            tuple(sorted(people)),
            str(path) if path.is_file() else "",
            "" if later else _body(path),
            later,
        )


def _living_text(records: Records, name: str, revision: int) -> Iterator[Text]:
    paper = records.paper(name)
    folder = records.folder(name, revision)
    found = folder / "circular.pdf"
    if not found.is_file():
        found = next(iter(sorted(folder.glob("*/circular.pdf"))), found)
    standings = records.ledger.standings(name)
    from circular_gen.archive.items import sectors_of

    yield Text(
        name,
        "",
        name,
        paper.number,
        paper.title,
        paper.date or paper.issued_at[:10],
        sectors_of(folder / "_input", name),
        tuple(sorted({word for one in standings for word in (one.name, one.unit) if word})),
        str(found) if found.is_file() else "",
        _body(found),
    )


def _body(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        return "\n".join(page_texts(path))
    except Exception:  # noqa: BLE001 (a damaged PDF is told by verify, and must not hide all other papers)
        return ""


def find(root: Path, words: str, folders: Iterable[Path] = (), **narrowed: Any) -> Found:
    """Search the archives below `folders` (default: records/archive) and the living papers of the workspace at `root`.
    `narrowed`: as `Index.find`. NothingIssuedError."""
    chosen = tuple(folders) or (root / "records" / ARCHIVE,)
    with open_records(root) as records, closing(Index(root / "out" / INDEX)) as index:
        bring_up_to_date(index, records, chosen)
        return index.find(words, **narrowed)
