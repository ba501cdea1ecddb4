"""Where a site may list its articles: what its pages and robots.txt name, and where such lists usually stand.

The order in which they are worth trying: what the page declares, a robots.txt's sitemaps, well-known paths, and last
what is hardly the outlet's list of articles (comments, the feed of one article). Pure; pages are read in the readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from urllib.parse import urlsplit

from monitor.errors import ReadError, Reason
from monitor.model import Candidate, Candidates, Page
from monitor.outlets.kinds import KINDS
from monitor.parse import bytes as raw
from monitor.parse import html, language, urls

MAX_FOUND = 60
MAX_TITLE = 200
# Links that are looked at; section pages have some hundreds.
_MAX_LINKS = 3_000
# A consent or login wall links to its terms, a challenge to nothing.
_FRONT_LINKS = 15
_TYPES = {
    "application/rss+xml": "RSS", "application/atom+xml": "Atom", "application/rdf+xml": "RDF", "text/rss": "RSS",
    "application/feed+json": "JSON Feed", "application/json": "JSON", "application/xml": "XML", "text/xml": "XML",
    "application/x-rss+xml": "RSS", "text/xml+rss": "RSS",
}  # fmt: skip
# What both Miniflux and reader apps ask for, and the names of news sitemaps that are common.
_WELL_KNOWN = (
    ("feed", "feed rss feed.xml rss.xml atom.xml index.xml rss/feed.xml feed.json index.rss"),
    ("sitemap", "news-sitemap.xml sitemap-news.xml sitemap_news.xml sitemap.xml sitemap_index.xml"),
)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:rss|feed|feeds|atom|rdf)(?:[/.]|$)|\.(?:rss|rdf|atom)$|(?:rss|feed|atom)[\w.-]*\.(?:xml|json)$|"
    r"^/(?:index|news)\.xml$|[?&](?:feed|format)=(?:rss|atom|rss2|feed|xml)\b",
    re.IGNORECASE,
)
_SITEMAP_PATH = re.compile(r"sitemap[\w./-]*\.xml(?:\.gz)?$|/sitemap_?news|/news_?sitemap", re.IGNORECASE)
_ASIDE = re.compile(r"\bcomments(?:\b|_)|\bkommentare\b|\bcommentaires\b|\bcomentarios\b", re.IGNORECASE)
# WordPress gives each article a feed of its comments: /2026/11/24/a-headline-of-words/feed/
_OF_ARTICLE = re.compile(r"/(?:[^/]*\d{4,}[^/]*|[^/-]+(?:-[^/-]+){3,})/(?:feed|rss|atom)/?$", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_NEWS = re.compile(r"news|nachricht|actu|noticia|notizie", re.IGNORECASE)
_NO_NAME = frozenset(
    "home homepage news startseite aktuell nachrichten accueil actualités inicio portada noticias início notícias "
    "notizie voorpagina nieuws forside nyheter etusivu главная новости головна новини".split()
)
_CUT = re.compile(r"\s+[|–—·•:»-]+\s+|:\s+|\s*\|\s*")


class Tier(IntEnum):
    """How much speaks for a candidate before it was asked, the most first."""

    DECLARED = 0
    ELSEWHERE = 1
    ROBOTS = 2
    GUESSED = 3
    ASIDE = 4


def candidates(page: Page) -> Candidates:
    """Return what a page names: for a robots.txt its sitemaps, for a source its kind, for a page its feeds.

    Raises ReadError for bytes that no parser may or can use.
    """
    body = raw.inflate(page)
    if not body.strip():
        raise ReadError(Reason.EMPTY, "the answer has no body")
    if urlsplit(page.url).path == "/robots.txt":
        return Candidates(found=sitemaps_of(body))
    if not _is_html(body):
        for kind, read in KINDS.items():
            if kind != "listing":
                try:
                    feed = read(page, "")
                except ReadError:
                    continue
                return Candidates(kind, feed.title, feed.language)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        raise ReadError(Reason.WRONG_TYPE, f"neither a page nor a feed (content type {raw.mime(page) or 'unknown'})")
    raw.prescan(body)
    document = html.parse(raw.utf8(body, page.headers.get("content-type", "")))
    return Candidates("", _title(document, page.url), _language(document), _found(document, page.url))


def sitemaps_of(body: bytes) -> tuple[Candidate, ...]:
    """Return what the Sitemap: lines of a robots.txt name, those for news first."""
    named = _SITEMAP_LINE.findall(raw.decode(body[:512_000]))
    places = dict.fromkeys(place for line in named if (place := urls.absolute("", line)))
    ordered = sorted(places, key=lambda place: not of_news(place))
    return tuple(Candidate(place, "sitemap", why="named in robots.txt") for place in ordered[:MAX_FOUND])


def well_known(url: str) -> tuple[Candidate, ...]:
    """Return where feeds and sitemaps of a site usually stand; where `url` is a section, its own feed first."""
    found: dict[str, Candidate] = {}
    path = urlsplit(url).path.rstrip("/")
    if path and "." not in path.rsplit("/", 1)[-1]:
        for name in ("feed", "rss"):
            _guess(found, url, f"{path}/{name}", "feed")
    for kind, names in _WELL_KNOWN:
        for name in names.split():
            _guess(found, url, f"/{name}", kind)
    return tuple(found.values())


def _guess(found: dict[str, Candidate], url: str, path: str, kind: str) -> None:
    place = urls.absolute(url, path)
    if place and kind in KINDS:
        found.setdefault(place, Candidate(place, kind, why=f"guessed: {path}"))


def tier(candidate: Candidate, home: str) -> Tier:
    """Return how much speaks for what a page named."""
    path = urlsplit(candidate.url).path
    if _ASIDE.search(path) or _ASIDE.search(candidate.title) or _OF_ARTICLE.search(path):
        return Tier.ASIDE
    return Tier.DECLARED if same_site(candidate.url, home) else Tier.ELSEWHERE


def same_site(one: str, other: str) -> bool:
    """Say whether two URLs are of one site: the same host, but for "www.", or one below the other."""
    first, second = (urls.host(url).removeprefix("www.") for url in (one, other))
    return bool(first) and (first == second or first.endswith(f".{second}") or second.endswith(f".{first}"))


def of_news(url: str) -> bool:
    """Say whether a sitemap's path calls it one of news; others list every page a site ever had."""
    return bool(_NEWS.search(urlsplit(url).path))


def is_front(page: Page) -> bool:
    """Say whether a page links to as many pages of its own site as front pages do. Raises ReadError."""
    document = html.parse(raw.utf8(raw.inflate(page), page.headers.get("content-type", "")))
    hrefs = [html.attribute(node, "href") for node in document.css("a[href]")[:_MAX_LINKS]]
    own = {place for href in hrefs if (place := urls.absolute(page.url, href)) and same_site(place, page.url)}
    return len(own) >= _FRONT_LINKS


def _is_html(body: bytes) -> bool:
    head = body[:1_000].lower()
    return b"<html" in head or b"<!doctype html" in head


# ---- what a page says


def _found(document: html.Document, url: str) -> tuple[Candidate, ...]:
    base = document.css_first("base[href]")
    root = (urls.absolute(url, html.attribute(base, "href")) if base else None) or url
    found: dict[str, Candidate] = {}
    for candidate in (*_declared(document, root), *_visible(document, root)):
        # WordPress declares its API as application/json.
        if candidate.kind in KINDS and "/wp-json" not in candidate.url:
            found.setdefault(urls.canonical(candidate.url), candidate)
    found.pop(urls.canonical(url), None)
    return tuple(sorted(found.values(), key=lambda one: tier(one, url)))[:MAX_FOUND]


def _declared(document: html.Document, root: str) -> Iterator[Candidate]:
    for node in document.css("link[rel][href]")[:_MAX_LINKS]:
        rels = html.attribute(node, "rel").lower().split()
        name = _TYPES.get(html.attribute(node, "type").split(";", 1)[0].strip().lower(), "")
        place = urls.absolute(root, html.attribute(node, "href"))
        if place is None:
            continue
        if "sitemap" in rels:
            yield Candidate(place, "sitemap", why="the page declares it as its sitemap")
        elif "feed" in rels or ("alternate" in rels and name):
            title = html.fold_space(html.attribute(node, "title"))[:MAX_TITLE]
            yield Candidate(place, "feed", title, f"the page declares it ({name or 'feed'})")


def _visible(document: html.Document, root: str) -> Iterator[Candidate]:
    for node in document.css("a[href]")[:_MAX_LINKS]:
        href = html.attribute(node, "href")
        name = _TYPES.get(html.attribute(node, "type").strip().lower())
        kind = "feed" if name or _FEED_PATH.search(href) else "sitemap" if _SITEMAP_PATH.search(href) else ""
        place = urls.absolute(root, href) if kind else None
        if place:
            text = html.text_of(node) or html.fold_space(html.attribute(node, "title"))
            yield Candidate(place, kind, text[:MAX_TITLE], "the page links to it")


def _title(document: html.Document, url: str) -> str:
    """Return what a site calls itself: og:site_name, application-name, else that part of the page's title."""
    for selector in ('meta[property="og:site_name"]', 'meta[name="application-name"]'):
        node = document.css_first(selector)
        text = html.fold_space(html.attribute(node, "content")) if node else ""
        if text:
            return text[:MAX_TITLE]
    node = document.css_first("title")
    parts = _CUT.split(html.text_of(node)[:500] if node else "")
    pieces = [part for part in parts if part.strip() and part.strip().lower() not in _NO_NAME]
    host = re.sub(r"[^a-z0-9]", "", urls.host(url))
    # "Home | The Daily Example" on dailyexample.com: the piece that the host is made of.
    own = (piece for piece in pieces if len(name := re.sub(r"[\W_]|^the ", "", piece.lower())) > 1 and name in host)
    return next(own, pieces[0] if pieces else "")[:MAX_TITLE]


def _language(document: html.Document) -> str | None:
    said = [("html[lang]", "lang"), ('meta[http-equiv="content-language" i]', "content"),
            ('meta[property="og:locale"]', "content")]  # fmt: skip
    for selector, name in said:
        node = document.css_first(selector)
        if node and (code := language.primary(html.attribute(node, name))):
            return code
    return None
