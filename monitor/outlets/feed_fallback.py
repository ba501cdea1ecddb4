"""Feeds that are not well-formed: what is commonly wrong is mended, the rest is feedparser's.

Mending costs a tenth of what feedparser does. feedparser reads from memory only: given bytes that look like a path it
would open that local file.
"""

from __future__ import annotations

import codecs
import html
import io
import re
from collections.abc import Iterator
from typing import Any

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets import feed_xml
from monitor.outlets.feed_items import Fields, Parsed
from monitor.parse import bytes as raw
from monitor.parse import xml

# feedparser needs 20 s for 21 MB and over 25 s for one item with 100k attributes; prescan bounds the latter.
MAX_FALLBACK = 1_000_000
# Python needs four bytes a character for a text with one emoji in it, and mending keeps three such texts at a time.
MAX_MENDED = 2_000_000
MAX_PREFIXES = 50
# A million of them cost feedparser 2 s.
MAX_AMPERSANDS = 200_000
MAX_EXPANDED = 500_000
_HEAD = 8_192
_OPEN = re.compile(r"<((?:[A-Za-z][\w.-]{0,40}:)?(?:rss|feed|rdf|channel))(?=[\s>])", re.IGNORECASE)
_FIRST = re.compile(r"<(?:[A-Za-z][\w.-]{0,40}:)?([A-Za-z][\w.-]{0,60})")
_ENTITY = re.compile(r"""<!ENTITY\s+([A-Za-z_][\w.-]{0,60})\s+("[^"&<%]{0,200}"|'[^'&<%]{0,200}')""")
# A reference, or an "&" that is none.
_AMPERSAND = re.compile(r"&(?:#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});|([A-Za-z_][\w.-]{0,60});)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_KNOWN = {"amp", "lt", "gt", "quot", "apos"}
_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}


def parse(body: bytes, page: Page) -> Parsed:
    """Read a feed that strict XML refuses. Raises ReadError(NOT_A_FEED, HOSTILE)."""
    if len(body) > MAX_MENDED:
        raise ReadError(Reason.NOT_A_FEED, f"not well-formed, and {len(body)} bytes are too many to mend")
    text = _decoded(body, page.headers.get("content-type", ""))
    opened = _OPEN.search(text, 0, _HEAD + len(text) - len(text.lstrip()))
    if opened is None:
        first = _FIRST.search(text[:_HEAD])
        page_like = first is not None and first[1].lower() in {"html", "head", "body", "script"}
        raise ReadError(Reason.NOT_A_FEED, "an HTML page" if page_like else "XML, but no feed")
    root = xml.document(_mended(text, opened).encode("utf-8", "ignore"), "utf-8")
    if root is not None:
        return feed_xml.pieces(root, page.url)
    # Without its head: feedparser takes .6 s and 55 MB for a billion laughs, and raises on an encoding of noise.
    return _feedparser(text[opened.start() :].encode("utf-8", "ignore"), page.url)


def _decoded(body: bytes, content_type: str) -> str:
    """Return text. What should be UTF-8 and is not is detected or, where little of it is wrong, read as UTF-8 with some
    Windows-1252: pasted quotes, most often.
    """
    bad = len(body) - len(body.decode("utf-8", "ignore").encode())
    # A NUL: UTF-16 or worse.
    if not bad or b"\x00" in body[:4] or raw.xml(body, content_type)[1]:
        return raw.decode(body, content_type)
    return raw.detected(body) if bad > len(body) // 20 else body.decode("utf-8", "monitor.cp1252")


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("monitor.cp1252", _as_cp1252)


def _mended(text: str, opened: re.Match[str]) -> str:
    """Return a feed from its first tag to the end of that element, its bare ampersands, HTML's entities, control
    characters and undeclared prefixes as XML wants them. Linear. Raises ReadError(HOSTILE).
    """
    entities = {name: value[1:-1] for name, value in _ENTITY.findall(text[: opened.start()])}
    text = _whole(text, opened)
    parts, at, reader = [], 0, _References(entities)
    while (start := text.find("<![CDATA[", at)) >= 0:
        stop = text.find("]]>", start)
        parts += [_AMPERSAND.sub(reader.read, text[at:start]), text[start : stop if stop >= 0 else len(text)]]
        at = stop if stop >= 0 else len(text)
    parts.append(_AMPERSAND.sub(reader.read, text[at:]))
    return _with_prefixes(_ILLEGAL.sub("", "".join(parts)))


def _whole(text: str, opened: re.Match[str]) -> str:
    """Return a feed from its first tag to its end. Of one that is cut off, all items that are whole: half a link leads
    elsewhere.
    """
    close = f"</{opened[1]}>"
    if (end := text.find(close, opened.end())) >= 0:
        return text[opened.start() : end + len(close)]
    for last in ("</item>", "</entry>"):
        if (end := text.rfind(last)) >= 0:
            text = text[: end + len(last)]
    inside = text.count("<channel") > text.count("</channel>")
    return text[opened.start() :].removesuffix(close[:-1]) + ("</channel>" if inside and "rss" in close else "") + close


class _References:
    """What stands for each reference; `_left` bounds what all entities together may become."""

    def __init__(self, entities: dict[str, str]) -> None:
        self._entities = entities
        self._left = MAX_EXPANDED

    def read(self, match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0] if len(match[0]) > 1 else "&amp;"
        if name in _KNOWN:
            return match[0]
        value = self._entities.get(name)
        if value is None:
            value = html.unescape(match[0])
            return value if value != match[0] and value not in {"&", "<"} else f"&amp;{match[0][1:]}"
        self._left -= len(value)
        if self._left < 0:
            raise ReadError(Reason.HOSTILE, f"entities that become more than {MAX_EXPANDED} characters")
        return value


def _with_prefixes(text: str) -> str:
    """Declare every namespace prefix that may be used and is not declared."""
    used: set[str] = set()
    for match in _PREFIX.finditer(text):
        used.add(match[1])
        if len(used) > MAX_PREFIXES:
            break
    tag = text.index(">") if ">" in text else len(text)
    missing = [name for name in sorted(used - {"xml", "xmlns"}) if f"xmlns:{name}=" not in text]
    declared = "".join(f' xmlns:{name}="{_SPACES.get(name, f"urn:undeclared:{name}")}"' for name in missing)
    return text[:tag].removesuffix("/") + declared + text[tag - (text[tag - 1 : tag] == "/") :]


def _feedparser(body: bytes, url: str) -> Parsed:
    raw.prescan(body)
    if len(body) > MAX_FALLBACK:
        raise ReadError(Reason.NOT_A_FEED, f"not well-formed, and {len(body)} bytes are too many to mend")
    if body.count(b"&") > MAX_AMPERSANDS:
        raise ReadError(Reason.HOSTILE, f"more than {MAX_AMPERSANDS} '&'")
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        found = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ValueError, AttributeError, TypeError, KeyError, LookupError) as error:
        # On fuzzed input it raises these instead of setting its bozo flag (59 of 815 files).
        raise ReadError(Reason.NOT_A_FEED, f"not readable as a feed: {type(error).__name__}") from error
    about = {name: str(found.feed.get(name) or "") for name in ("title", "language", "link")}
    if not found.entries and not about["title"]:
        raise ReadError(Reason.NOT_A_FEED, "not well-formed XML, and nothing in it reads as a feed")
    return Parsed(_fields(found.entries, url), about)


def _fields(entries: list[Any], base: str) -> Iterator[tuple[str, Fields]]:
    names = {"link": "link", "guid": "id", "title": "title", "summary": "summary", "author": "author",
             "published": "published", "updated": "updated", "origlink": "feedburner_origlink"}  # fmt: skip
    for entry in entries:
        # dict.get: that of feedparser's own dictionary warns, and gives "published" for "updated".
        fields = {ours: str(dict.get(entry, theirs) or "") for ours, theirs in names.items()}
        fields["content"] = max(
            (str(part.get("value") or "") for part in entry.get("content") or ()), key=len, default=""
        )
        fields["permalink"] = "" if entry.get("guidislink") else "false"
        yield base, fields
