"""OPML 2.0, the list that feed readers exchange. Folders are tags; attributes of our own carry what OPML cannot say.

An outlet stands in the folder of its first tag, the others in `category`. A source that is no feed has `url` in place
of `xmlUrl`, so that readers pass it by. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import quoteattr

from monitor.errors import ReadError, Reason
from monitor.model import Outlet
from monitor.outlets.exchange import MAX_ROWS, Row, decoded
from monitor.parse import xml

SPACE = "urn:news-monitor:opml"
MAX_BYTES = 10_000_000
_MAX_TAGS = 20
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_LOOSE = re.compile(r"&(?!#\d+;|#x[0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)")
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"%": "%25", ",": "%2C", "/": "%2F"}


def read(body: bytes) -> tuple[Row, ...]:
    """Return the outlines that name a source, in the order of the file. Raises ReadError for what is no OPML.

    Entities are never declared for it: a DOCTYPE is refused, and text that means a bare "&" is mended.
    """
    if len(body) > MAX_BYTES:
        raise ReadError(Reason.TOO_LARGE, f"{len(body):,} bytes, at most {MAX_BYTES:,}")
    text = _DECLARATION.sub("", decoded(body), count=1)
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise ReadError(Reason.HOSTILE, "it has a DOCTYPE, which no OPML needs")
    root = _root(text)
    if root is None or xml.name(root)[1] != "opml":
        raise ReadError(Reason.WRONG_TYPE, "not OPML: no well-formed XML whose outermost element is <opml>")
    rows = []
    for row in _rows(root):
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise ReadError(Reason.TOO_LARGE, f"more than {MAX_ROWS:,} outlines")
    return tuple(rows)


def _root(text: str) -> xml.Element | None:
    root = xml.document(_UNFIT.sub("", text).encode())
    if root is None and _LOOSE.search(text):
        # Addresses with "&" as it is, and names of HTML's entities: both are common, neither is XML.
        root = xml.document(_LOOSE.sub("&amp;", _UNFIT.sub("", text)).encode())
    return root


def _rows(root: xml.Element) -> Iterator[Row]:
    """Yield outlines in the order of the file; those without an address are folders."""
    waiting: list[tuple[xml.Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        inside = folders
        if xml.name(element)[1] == "outline":
            said = {str(name).lower(): str(value) for name, value in element.attrib.items()}
            name = said.get("text") or said.get("title") or ""
            row = _row(element, said, name, folders)
            if row is not None:
                yield row
            else:
                inside = (*folders, name)[:_MAX_TAGS]
        waiting.extend((child, inside) for child in reversed(element))


def _row(element: xml.Element, said: dict[str, str], name: str, folders: tuple[str, ...]) -> Row | None:
    kind = said.get("type", "").strip().lower()
    url = said.get("xmlurl", "")
    if kind in {"sitemap", "listing"}:
        url = url or said.get("url", "")
    elif url:
        kind = "feed"
    if not url and (len(element) or not (kind or said.get("htmlurl"))):
        return None
    own = [part for path in said.get("category", "").split(",") for part in path.split("/")]
    return Row(
        line=xml.line(element), url=url, kind=kind if kind in {"sitemap", "listing"} else "feed",
        id=said.get(f"{{{SPACE}}}id", ""), name=name, homepage=said.get("htmlurl", ""),
        language=said.get("language", ""), tags=(*folders, *map(_unescaped, own))[:_MAX_TAGS],
        links=said.get(f"{{{SPACE}}}links", ""),
    )  # fmt: skip


def write(outlets: Iterable[Outlet]) -> str:
    """Return outlets as OPML, in their order; a folder is opened again where its outlets do not stand together."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:monitor="{SPACE}">',
        "  <head><title>Outlets of monitor</title></head>",
        "  <body>",
    ]
    for folder, members in groupby(outlets, key=lambda outlet: outlet.tags[:1]):
        indent = "    "
        if folder:
            lines.append(f"    <outline text={_quoted(folder[0])}>")
            indent = "      "
        lines += [f"{indent}<outline {attributes}/>" for outlet in members for attributes in _outlines(outlet)]
        lines += ["    </outline>"] if folder else []
    return "\n".join([*lines, "  </body>", "</opml>"]) + "\n"


def _outlines(outlet: Outlet) -> Iterator[str]:
    for source in outlet.sources:
        feed = source.kind == "feed"
        said = {
            "type": "rss" if feed else source.kind,
            "text": outlet.name or outlet.id,
            "title": outlet.name or outlet.id,
            "xmlUrl" if feed else "url": source.url,
            "htmlUrl": outlet.homepage,
            "language": outlet.language or "",
            "category": ",".join(map(_escaped, outlet.tags[1:])),
            "monitor:id": outlet.id,
            "monitor:links": source.links,
        }
        yield " ".join(f"{name}={_quoted(value)}" for name, value in said.items() if value)


def _escaped(tag: str) -> str:
    return re.sub("[%,/]", lambda found: _ESCAPES[found[0]], tag)


def _unescaped(tag: str) -> str:
    return re.sub("%25|%2C|%2F", lambda found: chr(int(found[0][1:], 16)), tag)


def _quoted(text: str) -> str:
    return quoteattr(_UNFIT.sub("", text), {"\n": " ", "\t": " ", "\r": " "})
