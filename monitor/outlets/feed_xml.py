"""XML feeds that are well-formed: RSS, RDF, Atom and CDF by the local names of their elements.

Namespaces are often missing or misspelt, so a name counts in every namespace but that of Media RSS; what stands in the
item's own namespace comes first.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets.feed_items import Fields, Parsed, literal
from monitor.parse import bytes as raw
from monitor.parse import urls, xml

ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
# Local name of an item's child → our field. Of several that say something the first counts, but see `_put`.
_FIELDS = {
    "title": "title", "link": "link", "guid": "guid", "id": "guid", "identifier": "guid", "description": "summary",
    "summary": "summary", "abstract": "summary", "tagline": "summary", "encoded": "content", "content": "content",
    "fullitem": "content", "body": "content", "pubdate": "published", "published": "published",
    "issued": "published", "date": "published", "updated": "updated", "modified": "updated", "created": "created",
    "author": "author", "creator": "author", "origlink": "origlink",
}  # fmt: skip
_ONCE = frozenset({"title", "guid", "summary", "origlink"})
MAX_AUTHORS = 500
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK = 168


def parse(body: bytes, page: Page) -> Parsed | None:
    """Read a feed; None for what is not well-formed. Raises ReadError(NOT_A_FEED) for other XML."""
    root = xml.document(*raw.xml(body, page.headers.get("content-type", "")))
    return None if root is None else pieces(root, page.url)


def pieces(root: xml.Element, url: str) -> Parsed:
    """Take a feed's tree apart. `url`: what its links are relative to where it says nothing itself."""
    kind = xml.name(root)[1]
    if kind not in ROOTS:
        raise ReadError(Reason.NOT_A_FEED, "an HTML page" if kind == "html" else f"XML, but no feed: <{kind[:60]}>")
    about: Fields = {"language": root.get(_LANG, "")}
    wishes: Fields = {}
    items: list[tuple[str, xml.Element]] = []
    quiet: set[int] = set()
    base = _based(url, root)
    channels = [(base, root)]
    for inside, channel in channels:
        if channel.get("HREF") or channel.get("href"):
            about.setdefault("link", channel.get("HREF") or channel.get("href") or "")
        for child in channel:
            name = xml.name(child)[1]
            if name in {"item", "entry"}:
                items.append((inside, child))
            elif name in {"channel", "items"}:
                channels.append((_based(inside, child), child))
            elif name == "link":
                _about_link(child, inside, about)
            elif name in {"title", "language"}:
                if not about.get(name):
                    about[name] = _value(child)
            elif name in {"ttl", "updateperiod", "updatefrequency"}:
                wishes.setdefault(name, (child.text or "").strip().lower())
            elif name in {"skiphours", "skipdays"}:
                quiet |= _skipped(child)
    about["language"] = about["language"].strip()
    read = ((inside, _item(item)) for inside, item in items)
    return Parsed(read, about, _ttl(wishes), tuple(sorted(quiet)) if len(quiet) < _WEEK else ())


def _based(base: str, element: xml.Element) -> str:
    """Return what links within an element are relative to."""
    # CDF calls it BASE.
    given = element.get(_BASE) or element.get("BASE")
    return (urls.absolute(base, given) or base) if given else base


def _about_link(child: xml.Element, base: str, about: Fields) -> None:
    given = child.get("href") or child.text or ""
    if given.strip() and child.get("rel", "alternate") == "alternate":
        about.setdefault("link", urls.absolute(_based(base, child), given) or "")


def _ttl(wishes: Fields) -> float | None:
    """Return after how many seconds the feed asks to be polled: RSS says minutes, syndication so often a period."""
    ttl = wishes.get("ttl", "")
    if ttl.isascii() and ttl.isdigit() and len(ttl) < 6 and int(ttl):
        return int(ttl) * 60.0
    often = wishes.get("updatefrequency", "1")
    times = int(often) if often.isascii() and often.isdigit() and len(often) < 6 else 1
    period = _PERIODS.get(wishes.get("updateperiod", ""))
    return period / max(times, 1) if period else None


def _skipped(element: xml.Element) -> set[int]:
    """Return the hours of the week that skipHours (GMT, 0 to 23; some write 24) or skipDays names."""
    hours: set[int] = set()
    for child in element:
        said = (child.text or "").strip().lower()
        if said in _DAYS:
            first = 24 * _DAYS.index(said)
            hours |= set(range(first, first + 24))
        elif said.isascii() and said.isdigit() and len(said) < 3 and int(said) <= 24:
            hours |= set(range(int(said) % 24, _WEEK, 24))
    return hours


@lru_cache(maxsize=512)
def _meaning(tag: str) -> tuple[str, str, str]:
    """Return (namespace, local name in lower case, our field or ""). Feeds use the same forty names throughout."""
    space, name = xml.split(tag)
    # media:title is a picture's, media:content the picture; its address has had several spellings.
    return space, name, "" if "mrss" in space or "media-rss" in space else _FIELDS.get(name, "")


def _item(item: xml.Element) -> Fields:
    own: Fields = {}
    other: Fields = {}
    space = _meaning(item.tag)[0]
    for child in item:
        where, name, field = _meaning(child.tag)
        if not field:
            continue
        fields = own if where == space else other
        if name == "link":
            _link(child, fields)
            continue
        if field in fields and field in _ONCE:
            continue
        value = _value(child)
        if not value or value.isspace():
            continue
        if name == "guid":
            fields["permalink"] = child.get("isPermaLink", "").strip().lower()
        _put(fields, field, value)
    about = item.get(_ABOUT)
    if about:
        other.setdefault("guid", about)
    if item.attrib:
        other["base"] = item.get(_BASE, "")
        _attributes(item, other)
    if other:
        if "link" in own:
            other.pop("linkbase", None)
        own = {**other, **own}
    if "created" in own:
        own.setdefault("updated", own["created"])
    return own


def _put(fields: Fields, field: str, value: str) -> None:
    known = fields.get(field)
    if known is not None and field == "author":
        if value not in known and len(known) < MAX_AUTHORS:
            fields[field] = f"{known}, {value}"
    elif known is None or field != "content" or len(value) > len(known):
        # Of two dates the later in the file counts, as with feedparser. An item may have its text and the caption of a
        # picture, both called content: the longer is the text.
        fields[field] = value


def _attributes(item: xml.Element, fields: Fields) -> None:
    """CDF keeps link and date in attributes of its item."""
    for name, value in item.attrib.items():
        field = {"href": "link", "lastmod": "updated"}.get(str(name).lower())
        if field:
            fields.setdefault(field, str(value))


def _link(child: xml.Element, fields: Fields) -> None:
    """Take an item's link: the first alternate that is a page, else the first alternate."""
    given = child.get("href") or child.text or ""
    if not given or given.isspace():
        return
    if child.attrib:
        if child.get("rel", "alternate").rpartition("/")[2] != "alternate":
            return
        is_page = "html" in child.get("type", "html")
        if "page" in fields or ("link" in fields and not is_page):
            return
        if is_page:
            fields["page"] = "yes"
        fields["link"], fields["linkbase"] = given, child.get(_BASE, "")
    elif "link" not in fields:
        fields["link"] = given


def _value(child: xml.Element) -> str:
    """Return an element's text as markup. Atom has it as text, escaped markup, XHTML or base64, and says which."""
    if len(child):
        named = next((part for part in child if xml.name(part)[1] == "name"), None)
        return literal(named.text or "") if named is not None else xml.markup(child)
    text = child.text or ""
    if child.attrib:
        kind, mode = child.get("type", "").lower(), child.get("mode", "").lower()
        if mode == "base64" or (not mode and "/" in kind and not kind.startswith("text/") and _is_binary(kind)):
            return _unpacked(text, kind)
        # A "<" in it is a character of the title.
        if kind == "text" or (kind == "text/plain" and mode == "escaped"):
            return literal(text)
    return text


def _is_binary(kind: str) -> bool:
    return not kind.endswith(("+xml", "/xml"))


def _unpacked(text: str, kind: str) -> str:
    try:
        data = base64.b64decode(text, validate=False)
    except ValueError:
        return text
    found = raw.decode(data)
    return literal(found) if kind in {"", "text", "text/plain"} else found
