"""A page becomes an article: bytes, metadata, body, and the refusal of pages that hold none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.errors import ExtractError, Reason
from monitor.extract import body, live, memory, metadata, selected
from monitor.extract import explain as explaining
from monitor.extract.body import Body
from monitor.extract.explain import Told
from monitor.extract.metadata import Metadata
from monitor.extract.obstacle import Signs, in_part, refuse
from monitor.extract.segment import density
from monitor.extract.selected import Selected
from monitor.extract.wire import wire
from monitor.model import OWN_ROLES, Article, Block, Failure, Memory, Page, Role, Selectors
from monitor.parse import html, urls
from monitor.parse.bytes import inflate, mime, prescan, utf8
from monitor.parse.language import checked, primary
from monitor.parse.sites import bare, port, same_site, site

_HTML = {"text/html", "application/xhtml+xml"}
# Types under which servers also send HTML: these are looked into.
_UNSURE = {"", "text/plain", "text/xml", "application/xml", "application/octet-stream"}
_FOREIGN = re.compile(
    rb"%PDF-|%!PS|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|RIFF|\x1f\x8b|ID3|....ftyp|OggS|\xd0\xcf\x11\xe0|[{\[]|(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)?"
    rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|svg|Error)\b",
    re.DOTALL,
)
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|main|article|div|h1|p)\b", re.IGNORECASE)
# What stands in no text, whatever its charset; \x1b does in ISO-2022-JP.
_CONTROLS = bytes(code for code in range(32) if chr(code) not in "\t\n\x0b\x0c\r\x1b")
_BINARY = 50
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# The page's own blocks may be this short beside JSON-LD's articleBody before that is believed instead.
_FAR_SHORTER = 0.5
_LD_LEAST = 200
_LEAD_CHARS = 3_000
# What is no letter, digit or underscore: beyond ASCII (its range first: else twice as slow), and in it.
_SIGN = re.compile(r"[^\x00-\x7f\w]")
_SPACES = re.compile(rb"  +")
_SPACED = bytes(code if code > 127 or chr(code).isalnum() or chr(code) == "_" else 32 for code in range(256))


@dataclass
class Hints:
    """What is known from elsewhere, the feed above all. `outlet` is the outlet's id, which rules compare."""

    outlet: str = ""
    language: str | None = None
    title: str = ""
    published: datetime | None = None
    url: str = ""
    selectors: Selectors | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article, what its outlet's memory learns from its page, and its claim to stand on another site."""

    article: Article
    gain: Memory
    claim: str


@dataclass(frozen=True, slots=True)
class Explained:
    """An article, or why there is none; what became of each segment; the outlet's selectors that found nothing."""

    article: Article | Failure
    told: tuple[Told, ...]
    nothing: tuple[str, ...]


def extract(page: Page, *, hints: Hints | None = None, memory: Memory | None = None) -> Article:
    """Read the article of a page. Raises ReadError for bytes no parser may have, ExtractError for pages without one.
    `memory`: what the outlet's other pages taught.
    """
    return read_page(page, hints or Hints(), memory).article


def read_page(page: Page, hints: Hints, known: Memory | None) -> Extracted:
    """Read the article of a page, and what it teaches where there is a memory to teach; raises as `extract` does."""
    url, markup, document, said, meta = _opened(page, hints)
    root = said.body or document.body
    found = body.read(root, meta.context(url), chosen=said.body is not None) if root else Body()
    entries = live.read(root, found.blocks, meta.entries) if root and meta.entries else None
    blocks = entries or (found.blocks if said.body else _completed(found.blocks, meta.ld_body))
    text = "\n\n".join(block.text for block in blocks if block.role in OWN_ROLES)
    signs = _signs(found, blocks)
    refuse(document, markup, url, meta, text, signs)
    words = _words(text)
    people = _own_authors(meta, blocks, root)
    title = meta.title or hints.title
    # The page alone decides what is refused and what is a revision: what the memory knows changes from day to day.
    gain = Memory()
    if known is not None:
        blocks, gain = memory.apply(blocks, urls.canonical(hints.url or url), (meta.title, hints.title), known)
    article = Article(
        url=url,
        title=title,
        language=checked(meta.language or primary(hints.language), text),
        blocks=blocks,
        canonical_url=meta.canonical_url,
        authors=people,
        published=meta.published or hints.published or meta.updated,
        updated=meta.updated,
        section=meta.section,
        outlet=hints.outlet or meta.outlet,
        wire=wire(people, meta.organisation, meta.outlet, text),
        paywalled=meta.paywalled,
        standfirst=_standfirst(meta, text, words),
        live=meta.live or entries is not None,
        reason=Reason.PAYWALL if in_part(meta, signs) else None,
        content_hash=_digest(title, words),
    )
    return Extracted(article, gain, meta.claim)


def own_canonical(page: Page, url: str) -> str:
    """Return the canonical URL of a page that answered for `url` and names itself so; "" where it names another or
    none. Raises ReadError as `extract` does.
    """
    # An address that leads to another site says nothing for its own: some sites redirect wherever they are told.
    if not same_site(site(page.url), site(url)) or port(page.url) != port(url):
        return ""
    for link in html.parse(_markup(page)).css('link[rel~="canonical" i]')[:1]:
        named = urls.canonical(urls.absolute(page.url, html.attribute(link, "href")) or "")
        if bare(named) == bare(url) and len(named) <= urls.MAX_URL:
            return named
    return ""


def explain(page: Page, *, hints: Hints | None = None) -> Explained:
    """Say what became of each block of a page and why, without a memory. Raises ReadError as `extract` does, but for
    pages that hold no article.
    """
    hints = hints or Hints()
    url, _, document, said, meta = _opened(page, hints)
    root = said.body or document.body
    told = explaining.explain(root, meta.context(url), chosen=said.body is not None) if root else []
    found: Article | Failure
    try:
        found = extract(page, hints=hints)
    except ExtractError as error:
        found = Failure(error.reason, error.detail)
    return Explained(found, tuple(told), said.nothing)


def _opened(page: Page, hints: Hints) -> tuple[str, bytes, html.Document, Selected, Metadata]:
    """Return a page's URL, its UTF-8, its tree, and what its outlet's selectors and its own metadata say of it."""
    url = page.url or hints.url
    markup = _markup(page)
    document = html.parse(markup)
    said = selected.apply(document, hints.selectors, page.fetched_at) if hints.selectors else Selected()
    meta = metadata.read(document, url, page.fetched_at)
    if said.title or said.published:
        meta = replace(meta, title=said.title or meta.title, published=said.published or meta.published)
    return url, markup, document, said, meta


def content_hash(title: str, text: str) -> str:
    """Return a digest of the words: 128 bits in hex, the same where only case, spaces or punctuation differ."""
    return _digest(title, _words(text))


def _digest(title: str, words: bytes) -> str:
    return hashlib.blake2b(_words(title) + b"\n" + words, digest_size=16).hexdigest()


def _words(text: str) -> bytes:
    """Return what `tokens` finds in a text, single spaces between; .2 ms for 10,000 characters instead of .4."""
    text = text.lower()
    if not text.isascii():
        text = _SIGN.sub(" ", text)
    return _SPACES.sub(b" ", text.encode("utf-8", "replace").translate(_SPACED)).strip()


def _markup(page: Page) -> bytes:
    """Return the page as UTF-8 that a parser may have."""
    kind = mime(page)
    if kind not in _HTML and kind not in _UNSURE:
        raise ExtractError(Reason.WRONG_TYPE, kind[:100])
    raw = inflate(page, whole=True)
    start = raw[:4_000].lstrip()
    if not start:
        raise ExtractError(Reason.EMPTY, f"{len(raw)} bytes")
    wide = start.startswith((*_MARKS[1:], b"<\0", b"\0<"))
    for mark in _MARKS:
        start = start.removeprefix(mark).lstrip()
    binary = not wide and _BINARY * (len(start) - len(start.translate(None, _CONTROLS))) > len(start)
    if binary or _FOREIGN.match(start) or (kind not in _HTML and not wide and not _MARKUP.search(start)):
        raise ExtractError(Reason.WRONG_TYPE, f"{kind or 'no content type'}, but it begins {bytes(start[:20])!r}")
    if not 200 <= page.status < 300:
        raise ExtractError(Reason.ERROR_PAGE, f"status {page.status}")
    # What the parser gets: in UTF-16 as it came, no tag would be seen.
    markup = utf8(raw, page.headers.get("content-type", ""))
    prescan(markup)
    return markup


def _completed(blocks: tuple[Block, ...], ld_body: str) -> tuple[Block, ...]:
    """Put JSON-LD's text in the place of the page's own where a script would have written the page."""
    own = sum(len(block.text) for block in blocks if block.role in OWN_ROLES)
    if len(ld_body) < max(_LD_LEAST, own / _FAR_SHORTER):
        return blocks
    stated = [text for part in html.paragraphs(ld_body) for text in part.split("\n") if text]
    if sum(map(len, stated)) < max(_LD_LEAST, own / _FAR_SHORTER):
        return blocks
    asides = tuple(block for block in blocks if block.role not in OWN_ROLES)
    return (*(Block(Role.BODY, text) for text in stated), *asides)


def _signs(found: Body, blocks: Sequence[Block]) -> Signs:
    def size(wanted: frozenset[Role]) -> float:
        return sum(len(block.text) * density(block.text) for block in blocks if block.role in wanted)

    return Signs(
        own=size(OWN_ROLES),
        teasers=size(frozenset({Role.TEASER})),
        teaser_count=sum(block.role is Role.TEASER for block in blocks),
        headline_links=found.headline_links,
        link_share=found.link_share,
    )


def _own_authors(meta: Metadata, blocks: Sequence[Block], root: html.Node | None) -> tuple[str, ...]:
    """Return the authors without those whose names the page shows in teasers alone."""
    teasers = "\n".join(block.text for block in blocks if block.role is Role.TEASER) if meta.shown else ""
    if root is None or not any(name in teasers for name in meta.authors):
        return meta.authors
    page = html.text_of(root)
    # A word alone may be a name that stands within others.
    whole = {name for name in meta.authors if " " in name or not name.isascii()}
    return tuple(name for name in meta.authors if name not in whole or page.count(name) > teasers.count(name))


def _standfirst(meta: Metadata, text: str, words: bytes) -> str:
    """Return the description where it adds to the text: not its beginning again, and not the site's slogan. `words`:
    those of the text.
    """
    described = _words(meta.description).split()
    if not described:
        return ""
    # A cut description may end inside a word.
    cut = b" ".join(described[:-1] if len(described) > 3 else described)
    title, words = b" %b " % _words(meta.title), b" %b " % words
    if b" %b " % cut == title or (b" " + cut in words and b" %b " % cut in b" %b " % _words(text[:_LEAD_CHARS])):
        return ""
    if density(meta.description) > 1.0:
        return meta.description
    telling = [word for word in _words(meta.description).decode().split(" ") if len(word) > 3]
    known = (b" %b " % word.encode() for word in telling)
    return meta.description if sum(word in words or word in title for word in known) * 4 >= len(telling) else ""
