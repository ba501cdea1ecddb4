"""The kinds of source: one file in this folder, one line here."""

from __future__ import annotations

from collections.abc import Callable

from monitor.model import Feed, Page
from monitor.outlets import feed, listing, sitemap

KINDS: dict[str, Callable[[Page, str], Feed]] = {
    "feed": lambda page, _: feed.read(page),
    "sitemap": lambda page, _: sitemap.read(page),
    "listing": listing.read,
}
"""By the kind of a Source: its page and the selector of its links → what it lists. Raises ReadError."""
