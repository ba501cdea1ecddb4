"""API tokens: kept as their hashes in a file beside the database, so that a copy of the archive lets nobody in, and a
restored one brings no revoked token back.

SHA-256 without salt or cost is enough here: a token is 32 random bytes, which nobody guesses however fast they may try,
and a slow hash would take .2 s of every request.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.web.kept import write as replace

# By which scanners for secrets, and people, know what it is.
PREFIX = "monitor_"
SIZE = 32
LONGEST = 60
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    name: str
    hashed: str
    created_at: datetime


def beside(storage: Path) -> Path:
    """Return where the tokens of a database are kept."""
    return storage.with_name(storage.name + ".tokens")


def hashed(token: str) -> str:
    """Return what is kept of it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def write(tokens: Sequence[Token]) -> str:
    """Return what is kept in the file, one a line."""
    return "".join(f"{one.hashed} {one.created_at.isoformat(timespec='seconds')} {one.name}\n" for one in tokens)


def read(text: str) -> tuple[Token, ...]:
    """Read what `write` wrote. Raises ValueError for anything else: a token must not be lost by the next change."""
    found = []
    for line in text.splitlines():
        digest, at, name = line.split(" ", 2)
        if len(digest) != hashlib.sha256().digest_size * 2:
            raise ValueError(f"{line[:LONGEST]!r} is no token")
        found.append(Token(name, digest, datetime.fromisoformat(at)))
    return tuple(found)


class Tokens:
    """The tokens in a file, as they are at each moment: one that is revoked gets nobody in from then on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: dict[str, Token] = {}

    def all(self) -> tuple[Token, ...]:
        """List them as they were made. Raises ValueError for a file that is none of ours, OSError."""
        try:
            return read(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()

    def known(self, token: str) -> bool:
        """Say whether it is one. A file that cannot be read lets nobody in."""
        try:
            there = self._path.stat()
            stamp = (there.st_mtime_ns, there.st_size, there.st_ino)
            if stamp != self._stamp:
                self._known = {one.hashed: one for one in self.all()}
                self._stamp = stamp
        except (OSError, ValueError):
            self._known, self._stamp = {}, None
        return hashed(token) in self._known

    def create(self, name: str, now: datetime, random: Callable[[int], bytes]) -> str:
        """Make one and return it: nobody can look it up again. Raises ValueError for a name that is none, or taken."""
        if not name.strip() or not name.isprintable() or len(name) > LONGEST:
            raise ValueError(f"a name is 1 to {LONGEST} printable characters")
        token = PREFIX + urlsafe_b64encode(random(SIZE)).decode().rstrip("=")
        with self._changing():
            there = self.all()
            if any(one.name == name for one in there):
                raise ValueError(f"there is a token {name!r}: revoke it, or take another name")
            replace(self._path, write([*there, Token(name, hashed(token), now)]))
        return token

    def revoke(self, name: str) -> bool:
        """End one; False where there is none of this name."""
        with self._changing():
            there = self.all()
            left = [one for one in there if one.name != name]
            if len(left) < len(there):
                replace(self._path, write(left))
        return len(left) < len(there)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep others from changing the file meanwhile. The folder is locked: the file is another one after each."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
