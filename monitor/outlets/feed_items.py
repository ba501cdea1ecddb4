"""What every dialect of feed is read into before it becomes entries: texts by field, as markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Fields = dict[str, str]
"""Of an item: title, link, page ("yes" where the link is known to lead to a page), base and linkbase (xml:base of the
item and of its link, as written), guid, permalink ("true", "false" or not said), summary, content, author, published,
updated, created, origlink. All texts are markup: what a dialect means literally is escaped.
"""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A feed in pieces. `about`: title, language and link of the feed itself. `items`: each with the URL that it
    is relative to. `ttl` in seconds and `quiet` as in Feed.
    """

    items: Iterable[tuple[str, Fields]]
    about: Fields = field(default_factory=dict)
    ttl: float | None = None
    quiet: tuple[int, ...] = ()


def literal(text: str) -> str:
    """Return text as markup that reads as exactly this text."""
    return text.replace("&", "&amp;").replace("<", "&lt;") if "&" in text or "<" in text else text
