"""What a run has measured, what has happened to it and what it is asked to do: SQLite with write-ahead logging.

The training process is the one writer of metrics and events. Anybody may write a command; the training answers it.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from trainer.runs.rows import Command, Event, Metric, command_of, event_of, metric_of
from trainer.util import old_names
from trainer.util.errors import UserError
from trainer.util.reading import is_own_file, place, reason

FORMAT = 2
MAX_BYTES = 2**30  # of a database that is read
MAX_ROWS = 1_000_000  # of one answer
MAX_TEXT = 2**25  # characters of the events of one answer
MAX_VALUE = 2**20  # bytes of one text
SECONDS = 5.0  # that one query may take
STEPS = 10_000  # of SQLite's machine from one look at the clock to the next
T = TypeVar("T")
COMMANDS = ("pause", "resume", "snapshot", "stop", "set")  # that a training handles
MEASURED = ("verdict", "alert", "resolved")  # events that a run which resumes further back meets again

# The column `images` holds what `Metric` and `Event` call images_seen: the files keep the name that they began with.
SCHEMA = """
CREATE TABLE IF NOT EXISTS metrics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, images INTEGER, name TEXT, value REAL);
CREATE INDEX IF NOT EXISTS metrics_by_name ON metrics (name, images);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, images INTEGER, time REAL, kind TEXT, text TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL, kind TEXT, argument TEXT, answer TEXT);
"""
TABLES = ("metrics", "events", "commands", "sqlite_sequence")
INSERT_METRIC = "INSERT INTO metrics (images, name, value) VALUES (?, ?, ?)"
INSERT_EVENT = "INSERT INTO events (images, time, kind, text, detail) VALUES (?, ?, ?, ?, ?)"


def is_ours(kind: str, name: str, sql: str | None) -> bool:
    """Whether a line of SQLite's own list of tables is one that `SCHEMA` makes."""
    return kind == "index" or (kind == "table" and name in TABLES and not str(sql).upper().startswith("CREATE VIRTUAL"))


def among_kinds(kinds: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The SQL condition that an event is of these kinds, whatever a store calls them, and its values."""
    spelled = tuple(spelling for kind in kinds for spelling in old_names.spellings(kind))
    return f"kind IN ({', '.join('?' * len(spelled))})", spelled


class Store:
    """One run's database. Making the object touches nothing on the disk, and reading never makes a database."""

    def __init__(self, path: Path):
        self.path = path

    @contextmanager
    def connected(self, *, writing: bool = True) -> Iterator[sqlite3.Connection]:
        """A connection that commits at the end, or not at all.

        Raises UserError for a disk or file that is unfit, for a store of another version, which is left as it is, and
        for one in which anything but our tables stands: a view may go on for ever.
        """
        if self.path.is_symlink() and not is_own_file(self.path):
            raise UserError(f"{place(self.path)} is a link that leads out of its folder. Put the file itself there.")
        for beside in ("-journal", "-wal", "-shm"):  # a pipe among them would be waited for
            path = self.path.with_name(self.path.name + beside)
            if (path.exists() or path.is_symlink()) and not is_own_file(path):
                raise UserError(f"{place(path)} is not a file of the store. Remove it.")
        address = f"{self.path.absolute().as_uri()}?mode={'rwc' if writing else 'ro'}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection, connection:
                if not writing:
                    self.limit(connection)
                self.prepare(connection, writing)
                yield connection
        except (sqlite3.Error, OverflowError) as error:
            raise self.unfit(error, "Free some space, or move") from error

    def unfit(self, error: Exception, advice: str = "Move") -> UserError:
        """The UserError for a file that is no store of ours."""
        return UserError(
            f"Cannot use {place(self.path)}: {reason(error)}. {advice} that file away: it contains only measurements."
        )

    def limit(self, connection: sqlite3.Connection) -> None:
        """Let a query end, and a value have an end. Raises UserError for a database that is too large."""
        if self.path.stat().st_size > MAX_BYTES:
            raise self.unfit(ValueError(f"it has over {MAX_BYTES / 1e6:,.0f} MB"))
        end = time.monotonic() + SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        connection.execute("PRAGMA trusted_schema = OFF")

    def prepare(self, connection: sqlite3.Connection, writing: bool) -> None:
        """Create the tables in an empty file. Raises UserError for another format or foreign tables."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        found = connection.execute("SELECT type, name, sql FROM sqlite_master LIMIT 100").fetchall()
        empty = not found
        if empty and writing:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")
        elif version != FORMAT and not empty:
            raise UserError(
                f"{place(self.path)} was written by another version of the trainer (format {version}; this one reads "
                f"{FORMAT}). Use that version, or move the file away: it contains only measurements."
            )
        elif strange := [name for kind, name, sql in found if not is_ours(kind, name, sql)]:
            raise self.unfit(ValueError(f"{strange[0]!r:.60} is not a table of the store"))

    def rows(self, query: str, values: tuple = ()) -> list[tuple]:
        """What a query gives; nothing where there is no store yet. Raises UserError for more than can be held."""
        if not self.path.is_symlink() and not (self.path.is_file() and self.path.stat().st_size):
            return []
        with self.connected(writing=False) as connection:
            found = connection.execute(query, values).fetchmany(MAX_ROWS + 1)
        if len(found) > MAX_ROWS:
            raise self.unfit(ValueError(f"it holds more than {MAX_ROWS:,} rows"))
        return found

    def parsed(self, rows: list[tuple], parse: Callable[[tuple], T]) -> list[T]:
        """Rows as what they should be. Raises UserError for any that is not."""
        try:
            if sum(len(part) for row in rows for part in row if isinstance(part, str | bytes)) > MAX_TEXT:
                raise ValueError(f"it holds more than {MAX_TEXT / 1e6:,.0f} MB of text")
            return [parse(row) for row in rows]
        except (ValueError, TypeError, AttributeError) as error:
            raise self.unfit(error) from error

    # ---- metrics

    def add(self, images_seen: int, values: dict[str, float]) -> None:
        """Append one row a value."""
        rows = [(images_seen, name, value) for name, value in values.items()]
        with self.connected() as connection:
            connection.executemany(INSERT_METRIC, rows)

    def forget_after(self, images_seen: int) -> None:
        """Drop what a killed run had measured beyond the state it resumes from."""
        with self.connected() as connection:
            connection.execute("DELETE FROM metrics WHERE images > ?", (images_seen,))
            among, kinds = among_kinds(MEASURED)
            connection.execute(f"DELETE FROM events WHERE images > ? AND {among}", (images_seen, *kinds))

    def read(self, name: str) -> list[tuple[int, float]]:
        """(images seen, value) in order."""
        found = self.rows("SELECT id, images, name, value FROM metrics WHERE name = ? ORDER BY images, id", (name,))
        return [(metric.images_seen, metric.value) for metric in self.parsed(found, metric_of)]

    def metrics(self, after: int = 0) -> list[Metric]:
        """Every row written after the one with this id, in order."""
        found = self.rows("SELECT id, images, name, value FROM metrics WHERE id > ? ORDER BY id", (after,))
        return self.parsed(found, metric_of)

    # ---- events

    def tell(self, images_seen: int, kind: str, text: str, detail: dict[str, Any] | None = None) -> None:
        """Append an event."""
        row = (images_seen, time.time(), kind, text, json.dumps(detail or {}))
        with self.connected() as connection:
            connection.execute(INSERT_EVENT, row)

    def events(self, after: int = 0) -> list[Event]:
        """Every event written after the one with this id, in order."""
        query = "SELECT id, images, time, kind, text, detail FROM events WHERE id > ? ORDER BY id"
        found = self.rows(query, (after,))
        return self.parsed(found, event_of)

    def last(self, kinds: Sequence[str]) -> Event | None:
        """The newest event of these kinds."""
        among, spelled = among_kinds(kinds)
        query = f"SELECT id, images, time, kind, text, detail FROM events WHERE {among} ORDER BY id DESC LIMIT 1"
        found = self.rows(query, spelled)
        return self.parsed(found, event_of)[0] if found else None

    def of_kind(self, kind: str, after: int = 0) -> list[Event]:
        """Every event of a kind written after the one with this id, in order."""
        among, spelled = among_kinds([kind])
        query = f"SELECT id, images, time, kind, text, detail FROM events WHERE {among} AND id > ? ORDER BY id"
        return [event_of(row) for row in self.rows(query, (*spelled, after))]

    def images_seen(self) -> int:
        """Real images seen at the newest measurement."""
        found = self.rows("SELECT id, images, name, value FROM metrics ORDER BY id DESC LIMIT 1")
        return self.parsed(found, metric_of)[0].images_seen if found else 0

    def take_from(self, other: "Store", images_seen: int) -> None:
        """Copy what another store has measured up to so many images."""
        metrics = [metric[1:] for metric in other.metrics() if metric.images_seen <= images_seen]
        events = [e for e in other.events() if e.images_seen <= images_seen and e.kind in (*MEASURED, "changed")]
        self.take(metrics, events)

    def take_all_from(self, other: "Store") -> None:
        """Copy metrics and events into a database that can be read where nothing can be written."""
        self.take([metric[1:] for metric in other.metrics()], other.events())
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # of a log beside it, a reader would need to write

    def take(self, metrics: list[tuple], events: list[Event]) -> None:
        """Append rows of another store: metrics as (images, name, value), and events."""
        rows = [(e.images_seen, e.time, e.kind, e.text, json.dumps(e.detail)) for e in events]
        with self.connected() as connection:
            connection.executemany(INSERT_METRIC, metrics)
            connection.executemany(INSERT_EVENT, rows)

    # ---- commands

    def ask(self, kind: str, argument: dict[str, Any] | None = None) -> int:
        """Write a command for the training to hear between two steps. Returns its id."""
        row = (time.time(), kind, json.dumps(argument or {}))
        with self.connected() as connection:
            written = connection.execute("INSERT INTO commands (time, kind, argument) VALUES (?, ?, ?)", row)
            return written.lastrowid or 0

    def ask_and_wait(self, kind: str, argument: dict[str, Any] | None = None, seconds: float = 30) -> str:
        """Write a command and wait for its answer. Raises UserError if none comes in time."""
        id, end = self.ask(kind, argument), time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.command(id).answer
            if answer is not None:
                return answer
            time.sleep(0.1)
        raise UserError(f"The run has not replied within {seconds:g} s. It will, unless it has ended.")

    def unheard(self) -> list[Command]:
        """Commands without an answer, in order."""
        return self.commands("WHERE answer IS NULL")

    def command(self, id: int) -> Command:
        """One command, with its answer if there is one."""
        return self.commands(f"WHERE id = {int(id)}")[0]

    def commands(self, where: str) -> list[Command]:
        """Commands that match an SQL condition, oldest first."""
        found = self.rows(f"SELECT id, kind, argument, answer FROM commands {where} ORDER BY id")
        return self.parsed(found, command_of)

    def answer(self, id: int, text: str) -> None:
        """Say what came of a command."""
        with self.connected() as connection:
            connection.execute("UPDATE commands SET answer = ? WHERE id = ?", (text, id))
