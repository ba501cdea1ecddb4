"""One writing process a database: a lock of the kernel's, which the death of its holder releases."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from monitor.errors import BusyError, StoreError


class DatabaseLock:
    """Holds `<database>.lock` with this process's id in it. The file stays: removing it would race with others."""

    def __init__(self, database: Path) -> None:
        # Two names of one file (a symbolic link) must be one lock.
        self.database = database.resolve()
        if not self.database.name:
            raise StoreError(f"{database} is no place for a database: name a file")
        self.path = self.database.with_name(f"{self.database.name}.lock")
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock without waiting. Raises BusyError naming the process that holds it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"the lock {self.path} cannot be made: {error}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)
        except BlockingIOError as error:
            holder = os.pread(fd, 20, 0).decode("ascii", "replace").strip() or "its id is not known yet"
            os.close(fd)
            raise BusyError(f"another process ({holder}) holds {self.database}: stop it first") from error
        except OSError as error:
            os.close(fd)
            raise StoreError(f"the lock {self.path} cannot be taken: {error}") from error
        self._fd = fd

    def release(self) -> None:
        """Give it back; twice is once."""
        if self._fd is not None:
            # Closing alone would not do while a forked child still has the descriptor.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> DatabaseLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(database: Path) -> int:
    """Return the id of the process that holds a database's lock; 0: none does."""
    lock = DatabaseLock(database)
    try:
        fd = os.open(lock.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        written = os.pread(fd, 20, 0).decode("ascii", "replace").strip()
        return int(written) if written.isdecimal() else 0
    else:
        return 0
    finally:
        os.close(fd)
