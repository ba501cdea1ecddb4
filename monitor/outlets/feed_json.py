"""JSON Feed 1.0 and 1.1 (jsonfeed.org). Every field may be missing or of another type than it should be."""

from __future__ import annotations

import json
from typing import Any

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets.feed_items import Fields, Parsed, literal
from monitor.parse import bytes as raw

# Python needs 232 bytes for {"a":1}: 5 MB of them would be 145 MB.
MAX_OBJECTS = 200_000


def parse(body: bytes, page: Page) -> Parsed:
    """Read a JSON Feed. Raises ReadError(NOT_A_FEED, HOSTILE)."""
    if (count := body.count(b"{") + body.count(b"[")) > MAX_OBJECTS:
        raise ReadError(Reason.HOSTILE, f"{count} objects and lists, at most {MAX_OBJECTS}")
    try:
        data = json.loads(raw.decode(body, page.headers.get("content-type", "")))
    except (ValueError, RecursionError) as error:
        raise ReadError(Reason.NOT_A_FEED, f"not JSON: {error}"[:200]) from error
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise ReadError(Reason.NOT_A_FEED, "JSON, but no JSON Feed: it has no list of items")
    about = {"title": _text(data, "title"), "language": _text(data, "language"), "link": _text(data, "home_page_url")}
    return Parsed(((page.url, _fields(item) if isinstance(item, dict) else {}) for item in data["items"]), about)


def _fields(item: dict[str, Any]) -> Fields:
    content = _text(item, "content_html")
    return {
        "link": _text(item, "url") or _text(item, "external_url"),
        "guid": _text(item, "id"),
        "title": _text(item, "title"),
        "summary": literal(_text(item, "summary")),
        "content": content or literal(_text(item, "content_text")),
        "published": _text(item, "date_published"),
        "updated": _text(item, "date_modified"),
        "author": ", ".join(_authors(item)),
    }


def _authors(item: dict[str, Any]) -> list[str]:
    # 1.1 has a list of authors, 1.0 one author.
    people = item.get("authors")
    people = people if isinstance(people, list) else [item.get("author")]
    names = [literal(_text(person, "name")) for person in people[:20] if isinstance(person, dict)]
    return [name for name in names if name]


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if isinstance(value, str):
        return value
    # Ids are often numbers; a number of 5 MB is none, and str() refuses it.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 64 else ""
