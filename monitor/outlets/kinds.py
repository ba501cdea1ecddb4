"""The kinds of source: one file in this folder, one line here."""

from __future__ import annotations

from collections.abc import Callable

from monitor.model import Feed, Page
from monitor.outlets import feed

KINDS: dict[str, Callable[[Page], Feed]] = {
    "feed": feed.read,
}
