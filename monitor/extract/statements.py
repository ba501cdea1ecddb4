"""What a page states of itself, collected in a pass over head and body: metas, links, headings, times, JSON-LD."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from monitor.extract import ldjson
from monitor.extract.ldjson import Item
from monitor.parse import urls
from monitor.parse.html import Document, Node, fold_space, plain, text_of
from monitor.parse.sites import site

MAX_TITLE = 500
_MAX_METAS = 500
_MAX_VALUES = 50
_MAX_HEADINGS = 12
_MAX_TIMES = 40
_MAX_META = 2_000
_MAX_TEXT = 300_000
_MAX_FOUND = 6
# Each walk over a press page's tree costs .04 ms and each selector .01 more: one for the head, one for the body.
_OF_HEAD = 'meta, title, script[type*="ld+json" i], link[rel~="canonical" i], link[rel~="amphtml" i]'
# What cannot stand in a head ends it early, and the rest of it falls into the body.
_OF_BODY = 'meta, h1, time, script[type*="ld+json" i], link[rel]'
_BETWEEN = "\x1f"
_ENDS = frozenset(".!?:)")
_WORDS = re.compile(r"\w+")
_COMMON = dict.fromkeys(
    map(ord, " \t\n!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~\xa0\xad\u2013\u2014\u2018\u2019\u201c\u201d\u2026«»·•")
)


@lru_cache(512)
def key(text: str) -> str:
    """Return the letters and digits of a text in lower case: what two forms of one title or name share."""
    small = text.lower().translate(_COMMON)
    # Four times as fast where nothing but common marks had to go.
    return small if small.isalnum() else "".join(_WORDS.findall(small))


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
        for part, wanted in ((document.head, _OF_HEAD), (document.body, _OF_BODY)):
            for node in part.css(wanted) if part is not None else ():
                if node.tag == "meta":
                    self._keep(node.attributes)
                else:
                    self._sort(node, scripts)
        items = ldjson.items(script.text() for script in scripts[: ldjson.MAX_SCRIPTS])
        self.by_id = {name: item for item in items if isinstance(name := item.get("@id"), str) and "name" in item}
        self.items = items
        self.articles = ldjson.articles(items)
        self.og_title = self.meta("og:title")[:MAX_TITLE]
        self.article: Item = self._own(self.articles)

    def _keep(self, attributes: dict[str, str | None]) -> None:
        value = attributes.get("content")
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if value and name and len(self.metas) < _MAX_METAS:
            values = self.metas.setdefault(name.strip().lower(), [])
            if len(values) < _MAX_VALUES:
                values.append(value)

    def _sort(self, node: Node, scripts: list[Node]) -> None:
        tag = node.tag
        if tag == "link":
            attributes = node.attributes
            for name in (attributes.get("rel") or "").lower().split():
                self.links.setdefault(name, []).append(attributes.get("href") or "")
        elif tag == "script":
            scripts.append(node)
        elif tag == "h1":
            if len(self.headings) < _MAX_HEADINGS and (text := _heading(node)[:MAX_TITLE]):
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

    def marked(self, selector: str) -> list[Node]:
        """Return the elements of the body that a selector names."""
        return self.document.body.css(selector) if self.document.body is not None else []

    def all(self, *names: str) -> Iterator[str]:
        """Yield every statement under the names, as it stands."""
        return (value for name in names if name in self.metas for value in self.metas[name])

    def meta(self, *names: str) -> str:
        """Return the first statement under one of the names, as text."""
        return next((text for value in self.all(*names) if (text := plain(value, _MAX_META))), "")

    @cached_property
    def claims_article(self) -> bool:
        """Whether the page says that it is one article."""
        return bool(self.article) or self.meta("og:type").lower() == "article"

    @cached_property
    def _text(self) -> str:
        body = self.document.body
        return "" if body is None else body.text(deep=True, separator="\n")[:_MAX_TEXT]

    def following(self, labels: tuple[str, ...], size: int) -> Iterator[str]:
        """Yield what follows each label anywhere in the text, a few times at most; labels are as they are written.

        Found letter by letter: a pattern takes 30 ms for the largest pages.
        """
        for label in labels:
            at = -1
            for _ in range(_MAX_FOUND):
                at = self._text.find(label, at + 1)
                if at < 0:
                    break
                yield self._text[at + len(label) : at + len(label) + size]

    def _own(self, articles: list[Item]) -> Item:
        """Return the item of this page's article: lists and related stories bring items of their own."""
        if len(articles) > 1:
            told = {key(text) for text in (*self.h1s, self.og_title)}
            for item in articles:
                if key(ldjson.string(item, "headline") or ldjson.string(item, "name")) in told:
                    return item
            for item in articles:
                places = (ldjson.string(item, name) for name in ("url", "mainEntityOfPage", "@id"))
                if any(urls.canonical(place) == self.here for place in places if place):
                    return item
        return articles[0] if articles else {}


def _heading(node: Node) -> str:
    """Return a heading's text, with a space where a small letter ends one element and a large one begins the next."""
    child = node.first_child
    if child is None or (child.next is None and child.is_text_node):
        return text_of(node)
    found: list[str] = []
    last = ""
    for part in node.text(deep=True, separator=_BETWEEN).split(_BETWEEN):
        if part[:1].isupper() and (last.islower() or last in _ENDS):
            found.append(" ")
        found.append(part)
        last = part[-1:]
    return fold_space("".join(found))
