"""Whichever engine the configuration names, opened. Nothing above knows which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.place import Place
from monitor.store.lock import DatabaseLock, holder
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import SqlStore

if TYPE_CHECKING:
    from monitor.store.pg_lock import Presence
    from monitor.store.postgres import PostgresStore

Stopped = Callable[[], bool]


def _postgres() -> type[PostgresStore]:
    try:
        from monitor.store.postgres import PostgresStore
    except ImportError as error:
        raise lacking(error) from error
    return PostgresStore


def lacking(error: ImportError) -> StoreError:
    """Return what is said where the extra is not installed."""
    return StoreError(
        "a PostgreSQL database wants the extra `cluster`: pip install 'news-monitor[cluster]' "
        f"({error.name or error} is missing)"
    )


def open_store(place: Place, stopped: Stopped | None = None, *, keeper: str = "") -> SqlStore:
    """Open for writing; a new database is made, an older one brought up to date. `stopped`: ends that, where a file is
    rewritten for minutes. `keeper`: who opens it to keep it; of a server's, who did so before writes no more. Raises
    StoreError, BusyError, DamagedError.
    """
    if not place.address:
        return SqliteStore.open(place.path, stopped)
    store = _postgres().open(place.address)
    if keeper:
        store.command(keeper)
    return store


def open_shared(address: str) -> SqlStore:
    """Open a server's database as one worker of many: it waits for no other but where both want the same rows. Raises
    StoreError, BusyError, DamagedError.
    """
    return _postgres().open(address, locking=False)


def presence(address: str, owner: str) -> Presence:
    """Return what says to the others that this process lives, while it is entered."""
    _postgres()
    from monitor.store.pg_lock import Presence

    return Presence(address, owner)


def open_readonly(place: Place, stopped: Stopped | None = None) -> SqlStore:
    """Open for reading beside who writes; none is made. `stopped`: ends the statement under way, by StoreError, once it
    says so. Raises StoreError.
    """
    if place.address:
        return _postgres().open_readonly(place.address, stopped)
    return SqliteStore.open_readonly(place.path, stopped)


@contextmanager
def writing(place: Place) -> Iterator[SqlStore]:
    """Open for one short change beside the daemon, which learns of it at its next tick. Raises StoreError."""
    # An older database is brought up to date by the daemon alone, and none is made here.
    open_readonly(place).close()
    store = open_store(place)
    try:
        yield store
    finally:
        store.close()


class Lock:
    """What one daemon alone has of a database."""

    def keep(self) -> None:
        """See that it is held. Raises ReplacedError where another has it by now, BusyError where nothing answers."""


@contextmanager
def lock(place: Place) -> Iterator[Lock]:
    """Hold what one daemon alone can hold of a database. Raises BusyError where another does. Of a server's the file's
    lock is held too: by it this machine's commands find the daemon.
    """
    with DatabaseLock(place.path):
        if not place.address:
            yield Lock()
            return
        with _keeper_lock(place.address) as held:
            yield held


def _keeper_lock(address: str) -> AbstractContextManager[Lock]:
    _postgres()
    from monitor.store.pg_lock import KeeperLock

    return KeeperLock(address)


def alone(place: Place) -> AbstractContextManager[object]:
    """Return what lets no daemon have the database while it is entered. Raises BusyError where one has it."""
    return _keeper_lock(place.address) if place.address else DatabaseLock(place.path)


def holding(place: Place) -> int:
    """Return the id of this machine's process that holds a database's lock; else, of a server's, that of the session
    which holds it there. 0: none.
    """
    here = holder(place.path)
    if here or not place.address:
        return here
    _postgres()
    from monitor.store.pg_lock import keeper

    return keeper(place.address)


def file(place: Place) -> Path:
    """Return the file of a database. Raises StoreError for a server's."""
    if place.address:
        raise StoreError("a server's database is backed up by its own means (pg_dump, pg_basebackup): docs/cluster.md")
    return place.path


def there(place: Place) -> bool:
    """Say whether there may be a database: a file can be asked for, a server must be asked itself."""
    return bool(place.address) or place.path.exists()


def title(place: Place) -> str:
    """Return a database as people know it, without secrets."""
    if place.address:
        _postgres()
        from monitor.store.postgres import named

        return str(named(place.address))
    return str(place.path)


def sizes(place: Place) -> dict[str, int]:
    """Return how many bytes a database takes: a file and its log, or a server's. 0 where that cannot be seen."""
    if not place.address:
        log = place.path.with_name(f"{place.path.name}-wal")
        return {name: path.stat().st_size if path.exists() else 0 for name, path in (("db", place.path), ("wal", log))}
    size = 0
    with suppress(StoreError), closing(open_readonly(place)) as store:
        size = store.sql.size()
    return {"db": size}
