"""The password in force: read again when its file has changed, so that a new one ends all sessions at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from monitor.errors import ConfigError
from monitor.settings import page, replacing
from monitor.web.access import Password, read

log = logging.getLogger("monitor")


class Kept:
    """Of the file at `path`; None: nobody is asked for a password. Used on one loop."""

    def __init__(self, path: Path | None, random: Callable[[int], bytes]) -> None:
        self._path, self._spare = path, random(32)
        self._stamp: tuple[int, ...] | None = None
        self._password: Password | None = None
        self._fault: ConfigError | None = None

    @property
    def asks(self) -> bool:
        """Whether somebody is asked for a password."""
        return self._path is not None

    def password(self) -> Password | None:
        """Return it; None where nobody is asked for one. Raises ConfigError where its file cannot be used."""
        if self._path is None:
            return None
        if (stamp := _stamp(self._path)) != self._stamp:
            self._read(self._path, stamp)
        if self._fault is not None:
            raise self._fault
        return self._password

    def key(self) -> bytes:
        """Return by what sessions are signed, as `password` last found it: it is asked once for each request."""
        return self._password.key if self._password else self._spare

    def _read(self, path: Path, stamp: tuple[int, ...]) -> None:
        self._stamp, self._password, self._fault = stamp, None, None
        try:
            self._password = read(page.secret(path))
            if self._password is None:
                raise page.strange(path)
        except ConfigError as error:
            self._fault = error
            log.error("the page answers nobody: %s", str(error).replace("\n", "; "))  # noqa: TRY400 - it says all


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file, for its owner alone, in a folder for its owner alone where there is none.
    Raises ConfigError.
    """
    hint = "--file names another"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}", hint=hint) from error
    replacing.put(path, text.encode(), hint=hint)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        known = path.stat()
    except OSError:
        return ()
    return known.st_mtime_ns, known.st_ctime_ns, known.st_size, known.st_ino
