"""The Store port over one connection, whichever engine it leads to: the tables, and transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from monitor.errors import AwayError, StoreError
from monitor.store.alerts import SqlAlerts
from monitor.store.articles import SqlArticles
from monitor.store.bodies import SqlBodies
from monitor.store.calendar import SqlCalendar
from monitor.store.digests import SqlDigests, SqlSilences
from monitor.store.fulltext import SqlFulltext
from monitor.store.health import SqlHealth
from monitor.store.hits import SqlHits
from monitor.store.keeping import SqlKeeping
from monitor.store.links import SqlLinks
from monitor.store.marks import SqlMarks
from monitor.store.outbox import SqlOutbox
from monitor.store.outlets import SqlOutlets
from monitor.store.readings import SqlReadings
from monitor.store.rows import Sql
from monitor.store.search import SqlSearch
from monitor.store.spikes import SqlSpikes
from monitor.store.stories import SqlStories
from monitor.store.upkeep import SqlUpkeep


class SqlStore(ABC):
    """The tables of one connection. What an engine has of its own, it names: its full text, its search, its upkeep."""

    fulltext_kind: type[SqlFulltext] = SqlFulltext
    search_kind: type[SqlSearch] = SqlSearch
    keeping_kind: type[SqlKeeping] = SqlKeeping
    # It is opened to be filled by `db copy`: nobody else opens what that has not ended on.
    copying = False

    def __init__(self, sql: Sql, path: Path) -> None:
        self.path = path
        self._depth = 0
        self.sql = sql
        self.calendar, self.bodies = SqlCalendar(sql), SqlBodies(sql)
        self.outlets = SqlOutlets(sql, self.calendar)
        self.links = SqlLinks(sql)
        fulltext, self.search = self.fulltext_kind(sql), self.search_kind(sql)
        self.articles = SqlArticles(sql, self.bodies, fulltext, self.calendar, self.search)
        self.hits = SqlHits(sql, self.bodies, self.calendar, self.search)
        self.stories = SqlStories(sql)
        self.alerts = SqlAlerts(sql, self.hits)
        self.outbox = SqlOutbox(sql)
        self.digests = SqlDigests(sql, self.alerts, self.hits)
        self.silences = SqlSilences(sql)
        self.spikes = SqlSpikes(sql, self.hits, self.calendar)
        self.marks = SqlMarks(sql)
        self.health = SqlHealth(sql)
        self.readings = SqlReadings(sql)
        self.upkeep = SqlUpkeep(sql, self.calendar)
        self.keeping: SqlKeeping = self.keeping_kind(sql, self.bodies, fulltext, self.calendar)

    def close(self) -> None:
        """Close the connection; twice is once."""
        self.sql.close()

    @abstractmethod
    def alone(self) -> AbstractContextManager[object]:
        """Return what one process alone can hold. Entering it raises BusyError where another does."""

    def purge(self) -> list[str]:
        """Write anew what holds words of articles that were taken out; return what could not be."""
        return []

    def settle(self) -> list[str]:
        """Let go of logs of what was written; return what holds on to them."""
        return []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested ones are savepoints."""
        nested, sql = self._depth > 0, self.sql
        if nested:
            self._check_alive()
            sql.run("SAVEPOINT nested")
        else:
            sql.begin()
        self._depth += 1
        deferred = sql.deferred()
        try:
            yield
            if not nested:
                sql.carry_out()
            self._check_alive()
            sql.run("RELEASE nested" if nested else "COMMIT")
            if not nested:
                sql.undo()
        except BaseException:
            sql.undo(deferred)
            self.bodies.forget()
            self.calendar.forget()
            # Of a server that has gone meanwhile nothing is to be undone; what came first is what is said.
            with suppress(AwayError):
                if sql.in_transaction():
                    for statement in ("ROLLBACK TO nested", "RELEASE nested") if nested else ("ROLLBACK",):
                        sql.run(statement)
            raise
        finally:
            self._depth -= 1

    def _check_alive(self) -> None:
        # What follows must not be committed without what came before.
        if not self.sql.may_commit():
            raise StoreError(f"the database {self.path} undid the whole transaction after an error within it")
