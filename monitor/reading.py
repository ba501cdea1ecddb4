"""The pure half of the line, run inside the reader processes: Page → Links, Page → Reading, robots.txt → verdicts.

Whatever a page does to a parser happens here and nowhere else. Nothing in this file waits, writes or dials.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from monitor.errors import ReadError, Reason
from monitor.extract import memory
from monitor.extract.article import Hints, content_hash, own_canonical, read_page
from monitor.fetch import robots
from monitor.match.engine import Matcher
from monitor.model import (
    Article,
    Block,
    Candidates,
    Entity,
    Entry,
    Failure,
    Feed,
    Link,
    Links,
    Memory,
    Page,
    Reading,
    Role,
    Rule,
    Selectors,
    TextKind,
)
from monitor.outlets import discover
from monitor.outlets.kinds import KINDS
from monitor.outlets.thin import Thinned, thin
from monitor.parse import language as languages
from monitor.parse import urls
from monitor.parse.bytes import inflate
from monitor.parse.digest import title_key
from monitor.story import fingerprint
from monitor.story.traits import traits
from monitor.views import DueSource, RobotsVerdict

# What a reply may hold at most: a feed of 1,000 entries with full text would be 100 MB.
MAX_LINKS = 1_000
MAX_FEED_TEXT = 2_000_000
MAX_ENTRY_TEXT = 50_000
MAX_ARTICLE_TEXT = 200_000
# What may answer in the place of a home page, and names no feed.
_WALLS = {Reason.CHALLENGE, Reason.CONSENT, Reason.LOGIN, Reason.ERROR_PAGE}


class Reader:
    """Compiled rules and the functions that use them; one a process."""

    def __init__(self, rules: Sequence[Rule], entities: Sequence[Entity]) -> None:
        self._matcher = Matcher(rules, entities)

    def warm(self) -> None:
        """Load what every page needs and takes long, so that readers are forked with it."""
        languages.load()
        fingerprint.tables()

    def amend(self, rules: Sequence[Rule], removed: Sequence[str]) -> None:
        """Put an edit of the rules in force. Raises QueryError, and nothing is changed."""
        self._matcher.amend(rules, removed)

    def links(self, page: Page, source: DueSource) -> Links | Failure:
        """Parse a source's answer. The newest come first where every entry says when it was published."""
        try:
            feed, cut = _listed(page, source)
        except ReadError as error:
            return Failure(error.reason, error.detail)
        entries = list(feed.entries)
        dated = [entry.published for entry in entries if entry.published]
        if len(dated) == len(entries):
            order = sorted(range(len(entries)), key=lambda index: dated[index], reverse=True)
            entries = [entries[index] for index in order]
        found: dict[str, Link] = {}
        room = MAX_FEED_TEXT
        for entry in entries:
            link = _link(entry, source, min(room, MAX_ENTRY_TEXT))
            if link.canonical not in found and len(found) < MAX_LINKS:
                found[link.canonical] = link
                room -= len(link.content)
        titles = memory.learn_titles(link.title for link in found.values())
        return Links(
            tuple(found.values()), feed.title, feed.language, feed.ttl, feed.dropped, titles, feed.quiet, feed.sitemaps,
            cut.same, cut.seen,
        )  # fmt: skip

    @staticmethod
    def candidates(page: Page) -> Candidates | Failure:
        """Say what a page names as sources, or what stands in its place."""
        try:
            found = discover.candidates(page)
        except ReadError as error:
            return Failure(error.reason, error.detail)
        if found.kind or found.found or discover.is_front(page):
            return found
        try:
            read_page(page, Hints(), Memory())
        except ReadError as error:
            if error.reason in _WALLS:
                return Failure(error.reason, error.detail)
        return found

    def article(
        self,
        page: Page,
        link: Link,
        language: str | None,
        selectors: Selectors | None = None,
        known: Memory | None = None,
    ) -> Reading | Failure:
        """Extract and match a page; where it holds no readable article, read the feed entry instead."""
        hints = Hints(link.outlet, language, link.title, link.published, link.url, selectors)
        try:
            read = read_page(page, hints, known or Memory())
        except ReadError as error:
            return self.entry(link, Failure(error.reason, error.detail), language)
        stub = read.article.reason
        if stub and len(link.content) > len(read.article.body):
            failure = Failure(stub, f"{len(read.article.body)} characters can be read")
            longer = self.entry(link, failure, language)
            return longer if isinstance(longer, Failure) else replace(longer, gain=read.gain, claim=read.claim)
        return replace(self._reading(read.article), gain=read.gain, claim=read.claim)

    def entry(self, link: Link, failure: Failure, language: str | None) -> Reading | Failure:
        """Make the article from what the feed said; the failure itself where the feed said nothing."""
        blocks = tuple(Block(Role.BODY, text) for text in link.content.split("\n\n") if text)
        if not (link.title or link.summary or blocks):
            return failure
        article = Article(
            url=link.url,
            title=link.title,
            language=language,
            blocks=blocks,
            canonical_url=link.canonical,
            authors=(link.author,) if link.author else (),
            published=link.published,
            outlet=link.outlet,
            # A full-text feed often repeats its first words as the summary.
            standfirst="" if link.content.startswith(link.summary.rstrip("….")) else link.summary,
            text=TextKind.FEED,
            reason=failure.reason,
            content_hash=content_hash(link.title, "\n\n".join([link.summary, link.content])),
            detail=failure.detail[:300],
        )
        return self._reading(article)

    @staticmethod
    def canonical(page: Page, url: str) -> str:
        """Return the canonical URL of a page that answered for `url` and names itself so; "" for any other."""
        try:
            return own_canonical(page, url)
        except ReadError:
            return ""

    @staticmethod
    def robots(body: bytes, addresses: Sequence[str], agent: str) -> RobotsVerdict | Failure:
        """Say for each address whether this robots.txt lets `agent` fetch it, and how far apart."""
        return robots.judge(body, addresses, agent)

    def _reading(self, article: Article) -> Reading:
        article = _bounded(article)
        hits = self._matcher.match(article)
        return Reading(article, tuple(hits), traits(article), self._matcher.version)


class Lister(Reader):
    """A reader of lists and home pages alone: it loads no languages, which takes others a second."""

    def warm(self) -> None:
        """Load nothing: languages are loaded by the page that needs them."""


def _listed(page: Page, source: DueSource) -> tuple[Feed, Thinned]:
    """Read a source's answer without what it said at the last poll, where that can be told."""
    read = KINDS[source.kind]
    cut = Thinned(page.body)
    if source.kind != "listing":
        with suppress(ReadError):
            body = inflate(page)
            headers = {name: value for name, value in page.headers.items() if name.lower() != "content-encoding"}
            page = replace(page, body=body, headers=headers)
            cut = thin(body, source.seen, page.url)
    if cut.same:
        with suppress(ReadError):
            return read(replace(page, body=cut.body), source.links), cut
    return read(page, source.links), replace(cut, same=0)


def _link(entry: Entry, source: DueSource, room: int) -> Link:
    return Link(
        outlet=source.outlet_id,
        source=source.url,
        url=entry.url,
        canonical=urls.canonical(entry.url),
        guid=entry.guid,
        title=entry.title,
        summary=entry.summary,
        published=entry.published,
        author=entry.author,
        content=entry.content[: max(room, 0)],
        updated=entry.updated,
        title_key=title_key(entry.title),
    )


def _bounded(article: Article) -> Article:
    """Cut what no article has: more than MAX_ARTICLE_TEXT characters; the longest of 1,013 has 72,267."""
    room = MAX_ARTICLE_TEXT
    for index, block in enumerate(article.blocks):
        if len(block.text) > room:
            cut = replace(block, text=block.text[:room])
            return replace(article, blocks=(*article.blocks[:index], cut)[: index + bool(room)])
        room -= len(block.text)
    return article
