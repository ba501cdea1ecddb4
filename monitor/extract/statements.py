"""What a page states of itself, collected in a pass over head and body: metas, links, headings, times, JSON-LD."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from monitor.extract import ldjson
from monitor.extract.ldjson import Item
from monitor.extract.site import site
from monitor.parse import urls
from monitor.parse.html import Document, Node, plain, text_of

MAX_TITLE = 500
_MAX_METAS = 500
_MAX_VALUES = 50
_MAX_HEADINGS = 12
_MAX_TIMES = 40
_MAX_META = 2_000
# Each walk over a press page's tree costs .04 ms and each selector .01 more: one for the head, one for the body.
_OF_HEAD = 'meta, title, script[type*="ld+json" i], link[rel~="canonical" i], link[rel~="amphtml" i]'
# What cannot stand in a head ends it early, and the rest of it falls into the body.
_OF_BODY = 'meta, h1, time, script[type*="ld+json" i], link[rel]'
_WORDS = re.compile(r"\w+")


@lru_cache(256)
def key(text: str) -> str:
    """Return the letters and digits of a text in lower case: what two forms of one title or name share."""
    return "".join(_WORDS.findall(text.lower()))


class Statements:
    """The raw statements of a page, each list in document order."""

    def __init__(self, document: Document, url: str) -> None:
        self.document = document
        self.url = url
        self.host = site(url)
        self.metas: dict[str, list[str]] = {}
        self.headings: list[tuple[Node, str]] = []
        self.h1s: list[str] = []
        # Whether a heading of the first level stood before it, the element.
        self.times: list[tuple[bool, Node]] = []
        self.links: dict[str, list[str]] = {}
        self.document_title = ""
        scripts: list[Node] = []
        head, body = document.head, document.body
        for node in head.css(_OF_HEAD) if head is not None else ():
            self._sort(node, scripts)
        for node in body.css(_OF_BODY) if body is not None else ():
            self._sort(node, scripts)
        items = ldjson.items(script.text() for script in scripts[: ldjson.MAX_SCRIPTS])
        self.by_id = {name: item for item in items if isinstance(name := item.get("@id"), str) and "name" in item}
        self.items = items
        self.articles = ldjson.articles(items)
        self.article: Item = self._own(self.articles)

    def _sort(self, node: Node, scripts: list[Node]) -> None:
        tag = node.tag
        if tag == "meta":
            if len(self.metas) < _MAX_METAS:
                attributes = node.attributes
                value = attributes.get("content")
                if value and (
                    name := attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
                ):
                    values = self.metas.setdefault(name.strip().lower(), [])
                    if len(values) < _MAX_VALUES:
                        values.append(value)
        elif tag == "link":
            attributes = node.attributes
            for name in (attributes.get("rel") or "").lower().split():
                self.links.setdefault(name, []).append(attributes.get("href") or "")
        elif tag == "script":
            scripts.append(node)
        elif tag == "h1":
            if len(self.headings) < _MAX_HEADINGS and (text := text_of(node)[:MAX_TITLE]):
                self.headings.append((node, text))
                self.h1s.append(text)
        elif tag == "title":
            # An <svg> has titles of its own.
            if not self.document_title and node.parent is not None and node.parent.tag == "head":
                self.document_title = text_of(node)[:MAX_TITLE]
        elif len(self.times) < _MAX_TIMES:
            self.times.append((bool(self.headings), node))

    @cached_property
    def here(self) -> str:
        """The key of the page's own address."""
        return urls.canonical(self.url)

    def all(self, *names: str) -> Iterator[str]:
        """Yield every statement under the names, as it stands."""
        return (value for name in names if name in self.metas for value in self.metas[name])

    def meta(self, *names: str) -> str:
        """Return the first statement under one of the names, as text."""
        return next((text for value in self.all(*names) if (text := plain(value, _MAX_META))), "")

    def _own(self, articles: list[Item]) -> Item:
        """Return the item of this page's article: lists and related stories bring items of their own."""
        if len(articles) > 1:
            told = {key(text) for text in (*self.h1s, self.meta("og:title"))}
            for item in articles:
                if key(ldjson.string(item, "headline") or ldjson.string(item, "name")) in told:
                    return item
            for item in articles:
                places = (ldjson.string(item, name) for name in ("url", "mainEntityOfPage", "@id"))
                if any(urls.canonical(place) == self.here for place in places if place):
                    return item
        return articles[0] if articles else {}
