"""Listing pages: HTML whose links lead to articles, for outlets that have neither feed nor sitemap.

With a selector, the links that it chooses. Without, those that look like articles by how they are built, never by a
word: a headline's length or a heading, an address with a date, a number or the words of a headline, a date beside
them, and siblings of one template. What a link says for itself counts in points; its siblings settle what is near.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import unquote

from monitor.errors import ReadError, Reason
from monitor.model import Entry, Feed, Page
from monitor.outlets.cards import HEADING_TAGS, MAX_LINKS, MOST_UP, Card, Cards, heading_around, links, size
from monitor.parse import bytes as raw
from monitor.parse import html, language, urls
from monitor.parse.html import Node, attribute
from monitor.parse.sites import path, same_site, site

MAX_ENTRIES = 1_000
# Points from which a link is an article's by itself; the median of a template whose links are articles, and those that
# each of them then needs, by what else it has; a template below the last has none, however long one of its links is.
_ENOUGH, _USUAL, _USUAL_HEADED, _ODD = 4.0, 3.0, 2.5, 1.0
_NEED, _NEED_LONG, _NEED_MARKED = 2.0, 0.0, -2.0
_SIBLINGS = 3
_HEADLINE, _SHORT, _WORD = 45, 25, 12

_DAY = re.compile(
    r"(?<!\d)(?:19|20)\d{2}(?:[-/_]?(?:0?[1-9]|1[0-2])[-/_]?(?:0?[1-9]|[12]\d|3[01])|/[^\W\d_]{3,9}/\d{1,2})(?!\d)"
)
_YEAR = re.compile(r"(?:^|/)(?:19|20)\d{2}(?:[-_/](?:0?[1-9]|1[0-2]))?/")
_ARCHIVE = re.compile(r"(?:^|/)(?:19|20)\d{2}(?:[-/]\d{1,2}){0,2}$")
_NUMBER = re.compile(r"\d{5,}|(?:^|[/=_.-])\d{3,}(?=$|[/&_.-])")
_CODE = re.compile(r"(?:^|/)(?=[a-z]*\d[a-z]*\d)(?=\d*[a-z])[a-z\d]{9,}$", re.IGNORECASE)
_PAGE = re.compile(r"\.(?:s?html?|php\d?|aspx?|jsp|ece)$", re.IGNORECASE)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|xml|rss|json|ics|apk)$", re.IGNORECASE)
# What content systems put before a person's or a keyword's name, and before the number of a list's page.
_OF_A_LIST = re.compile(
    r"(?:^|/)(?:authors?|autor(?:es|en)?|auteurs?|people|persons?|profiles?|staff|users?|contributors?|by"
    r"|tags?|topics?|categor(?:y|ies)|search|page)/[^/]+$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W_]+")
_KEYS = re.compile(r"(?:^|&)([^=&]*)")

_Anchor = tuple[Node, str]


@dataclass(frozen=True, slots=True)
class _Address:
    """What an address says for an article's, in points; below 0: the front of a section; None: never one's. `marked`:
    it has a date or a number, `daily`: a whole date; `form`: what addresses of one template have in common.
    """

    points: float | None
    marked: bool = False
    daily: bool = False
    form: tuple[str, ...] = ()


def read(page: Page, selector: str = "") -> Feed:
    """Read the links of a listing page, in its order, each once: 14 ms a page of 200 kB. Raises ReadError: NOT_A_FEED
    where there is none, EMPTY, HOSTILE, TOO_LARGE.
    """
    body = raw.inflate(page)
    markup = raw.utf8(body, page.headers.get("content-type", ""))
    start = markup[:200].lstrip()
    if not markup.strip():
        raise ReadError(Reason.EMPTY, "the answer has no body")
    if not start.startswith(b"<") and b"<" not in markup[:4_000]:
        raise ReadError(Reason.NOT_A_FEED, f"no HTML ({raw.mime(page) or 'no content type'})")
    raw.prescan(markup)
    document = html.parse(markup)
    every = list(links(document, _base(document, page)))
    entries = _chosen(document, every, selector, page) if selector else _automatic(document, every, page)
    if not entries:
        what = "the selector chooses no link" if selector else f"none of {len(every)} links looks like an article"
        raise ReadError(Reason.NOT_A_FEED, what)
    return Feed(
        tuple(Entry(card.url, card.title, card.published) for card in entries[:MAX_ENTRIES]),
        title=_title(document),
        language=_language(document),
        dropped=max(0, len(entries) - MAX_ENTRIES),
    )


def _base(document: html.Document, page: Page) -> str:
    node = document.css_first("base[href]")
    return (urls.absolute(page.url, attribute(node, "href")) if node else None) or page.url


def _title(document: html.Document) -> str:
    node = document.css_first("title")
    return html.text_of(node)[:500] if node else ""


def _language(document: html.Document) -> str | None:
    return language.primary(attribute(document.root, "lang")) if document.root else None


def _automatic(document: html.Document, every: Sequence[_Anchor], page: Page) -> list[Card]:
    addresses = {url: _address(url, page.url) for _, url in every}
    strong = [(node, url) for node, url in every if (addresses[url].points or 0) > 0]
    sections = {box.mem_id for node, url in every if (box := heading_around(node))}
    sections -= {box.mem_id for node, url in strong if (box := heading_around(node))}
    headings = [node for node in document.css(HEADING_TAGS) if node.mem_id not in sections]
    cards = Cards(strong, page.fetched_at, others=every, headings=headings)
    found = (cards.card(node, url) for node, url in every if addresses[url].points is not None)
    return list(_likely(_each_once(found), addresses))


def _chosen(document: html.Document, every: Sequence[_Anchor], selector: str, page: Page) -> list[Card]:
    """Return the card of each element that a selector chooses: a link, what stands in one, or what holds one."""
    try:
        html.check_selector(selector)
    except ValueError as error:
        raise ReadError(Reason.NOT_A_FEED, f"the selector of its links is not {error}") from error
    boxes = {node.mem_id: node for node in document.css(selector)[:MAX_LINKS]}
    held: dict[int, _Anchor] = {}
    for node, url in every:
        # An element gives one link: that in a heading, else the first.
        box = next((one.mem_id for one in _outward(node) if one.mem_id in boxes), None)
        if box is not None and (box not in held or (heading_around(node) and not heading_around(held[box][0]))):
            held[box] = node, url
    known = {node.mem_id: (node, url) for node, url in every}
    for box, node in boxes.items():
        around = next((known[one.mem_id] for one in _outward(node) if one.mem_id in known), None)
        if box not in held and around is not None:
            held[box] = around
    cards = Cards(list(held.values()), page.fetched_at)
    return _each_once(cards.card(*held[box], within=node) for box, node in boxes.items() if box in held)


def _outward(node: Node) -> Iterator[Node]:
    box: Node | None = node
    for _ in range(MOST_UP + 1):
        if box is None:
            return
        yield box
        box = box.parent


def _each_once(cards: Iterable[Card]) -> list[Card]:
    """Return one card an address, where the first stands: one in the content before one in a menu, a heading before a
    text, the longer before the shorter.
    """
    best: dict[str, Card] = {}
    for card in cards:
        key = urls.canonical(card.url)
        if key not in best or _rank(card) > _rank(best[key]):
            best[key] = card
    return list(best.values())


def _rank(card: Card) -> tuple[bool, bool, bool, int]:
    return not card.apart, card.headed, card.published is not None, len(card.title)


def _likely(cards: Sequence[Card], addresses: Mapping[str, _Address]) -> Iterator[Card]:
    """Yield the cards of articles: by their own points, or as siblings of such."""
    templates: defaultdict[tuple[str, ...], list[Card]] = defaultdict(list)
    for card in cards:
        templates[card.shape + addresses[card.url].form].append(card)
    likely: set[str] = set()
    for alike in templates.values():
        worth = [_worth(card, addresses[card.url]) for card in alike]
        many, headed = len(alike) >= _SIBLINGS, all(card.headed for card in alike)
        # Headlines in a row; the headings of a front page's sections are short.
        if many and headed and median(size(card.title) for card in alike) >= _SHORT:
            worth = [points + 1 for points in worth]
        usual = median(worth) if many else _ODD
        for card, points in zip(alike, worth, strict=True):
            marked = card.headed or card.rich or card.published is not None or addresses[card.url].marked
            need = _NEED_MARKED if marked else _NEED_LONG if size(card.title) >= _SHORT else _NEED
            if many and usual >= (_USUAL_HEADED if headed else _USUAL):
                enough = points >= need
            else:
                enough = points >= _ENOUGH and usual >= _ODD
            if enough:
                likely.add(card.url)
    return (card for card in cards if card.url in likely and not card.apart)


def _leads_on(url: str, own: str) -> bool:
    """Say whether an address is that of another page of the site, and of none above this one."""
    here, there = path(own), path(url)
    above = here.partition("?")[0].startswith(there.partition("?")[0] + "/")
    return bool(there) and there != here and not above and same_site(site(url), site(own))


def _address(url: str, own: str) -> _Address:
    """Weigh an address as seen from the page: a date, a number or the words of a headline in it."""
    way, _, query = unquote(path(url)).partition("?")
    way = way.strip("/")
    if not _leads_on(url, own) or any(found.search(way) for found in (_FILE, _OF_A_LIST, _ARCHIVE)):
        return _Address(None)
    parts = way.split("/")
    bare = _PAGE.sub("", way)
    words = max(len(_WORDS.findall(part)) for part in bare.split("/")[-2:])
    dated = 4.0 if _DAY.search(way) else 2.0 if _YEAR.search(way) else 0.0
    numbered = bool(_NUMBER.search(bare) or _NUMBER.search(query) or _CODE.search(bare))
    told = dated + 2.0 * numbered + (2.0 if words >= 4 else 0.5 if words == 3 else 0.0) + 1.0 * (bare != way)
    told = min(told, 4.0) + 1.0 * way.startswith(path(own).partition("?")[0] + "/")
    marked = bool(dated) or numbered
    if not marked:
        told -= 2.0 if words <= 2 else 1.0 * (len(parts) == 1)
    return _Address(told, marked, dated > 2, (str(bare != way), *_KEYS.findall(query)[:5]))


def _worth(card: Card, address: _Address) -> float:
    """Return what speaks for a link in points: its address, a headline's length, a heading, a date, a summary; less
    what speaks against it: a text that it is part of, a menu's name, a section below it.
    """
    chars = size(card.title)
    length = 2.0 if chars >= _HEADLINE else 1.0 if chars >= _SHORT else 0.0 if chars >= _WORD or address.daily else -2.0
    shown = 2.0 * card.headed + 1.0 * (card.published is not None) + 1.0 * card.rich
    return (address.points or 0.0) + length + shown - 3.0 * card.named - 2.0 * card.heads - 3.0 * card.running
