"""Where the database is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A file; with an address, a server's database (postgresql://…), whose secrets are never shown. What else is kept
    stands in the file's folder all the same: caches, tokens of the page.
    """

    path: Path
    address: str = field(default="", repr=False)


def is_address(text: str) -> bool:
    """Say whether a text is the address of a server's database."""
    return text.startswith(("postgresql://", "postgres://"))
