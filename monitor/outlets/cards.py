"""What a listing page says of each of its links: the card around it, its headline, its date, where on the page it is.

A card is the largest box around a link that holds no link to another article: how sites group picture, headline,
summary and date, whatever they call it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from monitor.parse import dates, urls
from monitor.parse.html import Document, Node, attribute, fold_space
from monitor.parse.words import has_unspaced

# The largest real page has 5,000 tags. A card links to its article by picture, headline, text, "more" and comments.
MAX_LINKS = 5_000
MAX_REPEATS = 8
MAX_TITLE = 500
# Levels between a link and the edge of its card.
MOST_UP = 8
_LEAST_TITLE = 25
_LEAST_WORDS = 12
# Characters of a date, the least that a card shows beside its headline.
_RICH = 5
# Characters beside a link that make its line a text: a date, a name and a section are fewer.
_RUNNING = 80
_BARE = frozenset({"a", "script", "style", "svg", "-comment"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HEADING_TAGS = "h1, h2, h3, h4, h5, h6"
_HEADING = f"{HEADING_TAGS}, [role=heading]"
_TOO_WIDE = frozenset({"html", "body", "main", "ul", "ol", "table", "tbody", "nav"})
# No form: ASP.NET wraps whole pages in one.
_CHROME = frozenset({"nav", "footer", "aside", "dialog"})
_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"})
# A header of a page, and not of one of its parts.
_PARTS = frozenset({"article", "main", "section", "li"})
_UNREAD = frozenset({"script", "style", "noscript", "template", "svg", "title", "time", "button"})
# Elements within a line; between other elements a word ends.
_INLINE = frozenset("a abbr b bdi bdo big cite em font i ins mark q s small span strong sub sup u wbr".split())
_NAMED = re.compile(
    r"(?<![a-z])(?<!has-)(?<!with-)(?<!no-)"
    r"(?:nav|navbar|navigation|menu|footer|breadcrumbs?|sidebar|pagination|pager|masthead)(?![a-z])"
)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Card:
    """A link as the page shows it. `headed`: its title is a heading; `apart`: it stands in the page's menu, footer or
    sidebar by a tag, `named`: by a class; `heads`: it is a heading above lesser ones, as a section's name is;
    `running`: it is a few words of a text; `rich`: there is more to its card, a summary or a date, than links of one
    line; `shape`: what links of one template have in common.
    """

    url: str
    title: str
    headed: bool = False
    published: datetime | None = None
    apart: bool = False
    named: bool = False
    heads: bool = False
    running: bool = False
    rich: bool = False
    shape: tuple[str, ...] = ()


def size(text: str) -> float:
    """Return the length of a text, in Latin letters."""
    return len(text) * (2.5 if has_unspaced(text[:80]) else 1.0)


def links(document: Document, base: str) -> Iterator[tuple[Node, str]]:
    """Yield the links of a page with their addresses, without fragments; those that lead nowhere, and the many to one
    address, are left out.
    """
    seen: Counter[str] = Counter()
    for node in document.css("a[href]")[:MAX_LINKS]:
        href = attribute(node, "href").partition("#")[0].strip()
        seen[href] += 1
        if href and seen[href] <= MAX_REPEATS and (url := urls.absolute(base, href)):
            yield node, url


class Cards:
    """The cards of one page. `anchors`: the links that may be articles', so that the card of another ends before it;
    `others`: those that hardly are, whose own cards end before any link; `headings`: what may be articles' headlines.

    No box is searched more often than there are levels in a card, whatever the page: cards of a kind do not overlap.
    """

    def __init__(
        self,
        anchors: Collection[tuple[Node, str]],
        now: datetime,
        *,
        others: Iterable[tuple[Node, str]] = (),
        headings: Iterable[Node] = (),
    ) -> None:
        self._now = now
        # By the node: whether most of its line is no link.
        self._text: dict[int, bool] = {}
        # By the node: the only address within, "" where there are more; of links that may be articles', and of all.
        self._owner: dict[int, str] = {}
        self._holder: dict[int, str] = {}
        for anchor, url in anchors:
            if not self._running(anchor):
                _claim(self._owner, anchor, url)
            _claim(self._holder, anchor, url)
        for anchor, url in others:
            _claim(self._holder, anchor, url)
        # By the node: the tag of the least heading within.
        self._least: dict[int, str] = {}
        for heading in headings:
            for box in _around(heading):
                self._least[box.mem_id] = max(self._least.get(box.mem_id, ""), heading.tag or "")
        self._strong = frozenset(url for _, url in anchors)
        # By the node: whether it, or one around it, is apart by a tag and by a class.
        self._place: dict[int, tuple[bool, bool]] = {}

    def card(self, anchor: Node, url: str, *, within: Node | None = None) -> Card:
        """Return a link's card; `within`: the node at which it ends, where one was chosen."""
        levels = list(self._levels(anchor, url, within))
        around = heading_around(anchor)
        title = label(anchor) if around is not None else ""
        heads = bool(title) and around is not None and self._heads(around, url)
        if not title:
            title = _headline(levels, anchor)
        apart, named = self._apart(anchor)
        running = not title and self._running(anchor)
        date = self._date(levels)
        rich = not running and (len(lines(anchor)) > 1 or _is_rich(levels[1:5]))
        return Card(url, title or label(anchor), bool(title), date, apart, named, heads, running, rich, _shape(anchor))

    def _levels(self, anchor: Node, url: str, within: Node | None) -> Iterator[Node]:
        yield anchor
        if within is not None and within.mem_id == anchor.mem_id:
            return
        owner = self._owner if url in self._strong else self._holder
        for box in () if self._running(anchor) else _around(anchor):
            if box.tag in _TOO_WIDE or owner.get(box.mem_id, url) != url:
                return
            yield box
            if within is not None and box.mem_id == within.mem_id:
                return

    def _heads(self, heading: Node, url: str) -> bool:
        """Say whether the box that a heading shares with other articles has headings below it."""
        box = next((box for box in _around(heading) if self._owner.get(box.mem_id, url) != url), None)
        return box is not None and self._least.get(box.mem_id, "") > (heading.tag or "")

    def _running(self, anchor: Node) -> bool:
        """Say whether most of the line in which a link stands is no link."""
        box = next((box for box in _around(anchor) if box.tag not in _INLINE), None)
        if box is None:
            return False
        if box.mem_id not in self._text:
            told = [0, 0]
            for node in box.iter(include_text=True):
                if node.tag == "-text" or node.tag in _INLINE:
                    linked = node.tag == "a" or (node.tag != "-text" and node.css_first("a[href]") is not None)
                    told[linked] += len((node.text(deep=True) or "").strip())
            self._text[box.mem_id] = told[0] > max(_RUNNING, told[1])
        return self._text[box.mem_id]

    def _date(self, levels: list[Node]) -> datetime | None:
        found = next((found for box in levels if (found := box.css_first("time")) is not None), None)
        if found is None:
            return None
        stated, shown = attribute(found, "datetime"), (found.text(deep=True) or "")[:200]
        return dates.parse(stated, now=self._now) or dates.visible(shown, now=self._now)

    def _apart(self, anchor: Node) -> tuple[bool, bool]:
        """Say whether a link stands in what is marked as no part of the content, by a tag and by a name."""
        way: list[Node] = []
        node = anchor.parent
        while node is not None and node.mem_id not in self._place:
            way.append(node)
            node = node.parent
        apart, named = self._place[node.mem_id] if node is not None else (False, False)
        for node in reversed(way):
            tag = node.tag or ""
            apart = apart or tag in _CHROME or attribute(node, "role").lower() in _ROLES
            apart = apart or (tag == "header" and not _inside(node))
            named = named or (tag not in _TOO_WIDE and bool(_NAMED.search(_names(node))))
            self._place[node.mem_id] = apart, named
        return apart, named


def _inside(header: Node) -> bool:
    return any(box.tag in _PARTS for box in _around(header))


def _claim(owner: dict[int, str], anchor: Node, url: str) -> None:
    for box in _around(anchor):
        if owner.setdefault(box.mem_id, url) != url:
            owner[box.mem_id] = ""


def _names(node: Node) -> str:
    return f"{attribute(node, 'class')} {attribute(node, 'id')}".lower()[:300]


def _around(node: Node) -> Iterator[Node]:
    """Yield the boxes around a node as far as a card may reach, the nearest first."""
    parent = node.parent
    for _ in range(MOST_UP):
        if parent is None:
            return
        yield parent
        parent = parent.parent


def heading_around(anchor: Node) -> Node | None:
    """Return the heading that a link stands in."""
    return next((box for box in islice(_around(anchor), 3) if box.tag in _HEADINGS), None)


def _headline(levels: list[Node], anchor: Node) -> str:
    """Return the text of the nearest heading that is this link's or nobody's: one of a headline's length if there is
    one, as a label may stand in a heading of its own.
    """
    for box in levels:
        found = [line(heading) for heading in box.css(_HEADING)[:MOST_UP] if _leads(heading, anchor)]
        if any(found):
            return next((text for text in found if size(text) >= _LEAST_TITLE), max(found, key=size))
    return ""


def _leads(heading: Node, anchor: Node) -> bool:
    """Say whether a heading is no link, or one to where a link leads."""
    inside = heading.css_first("a[href]")
    return inside is None or attribute(inside, "href") == attribute(anchor, "href")


def label(anchor: Node) -> str:
    """Return what a link says: its text, or else what it says to those who cannot see its picture."""
    image = anchor.css_first("img")
    spoken = (attribute(anchor, "aria-label"), attribute(anchor, "title"), attribute(image, "alt") if image else "")
    return line(anchor) or next((fold_space(text)[:MAX_TITLE] for text in spoken if text.strip()), "")


def line(node: Node) -> str:
    """Return a node's first line as long as a headline, else the first of a few words, else the longest."""
    every = lines(node)
    for least in (_LEAST_TITLE, _LEAST_WORDS):
        if found := next((text for text in every if size(text) >= least), ""):
            return found[:MAX_TITLE]
    return max(every, key=size, default="")[:MAX_TITLE]


def lines(node: Node) -> list[str]:
    """Return the texts of a node's blocks."""
    return [text for text in map(fold_space, _lines(node)) if text]


def _is_rich(levels: list[Node]) -> bool:
    """Say whether text that is no link stands in the boxes right around one."""
    return any(
        len((node.text(deep=True) or "").strip()) >= _RICH
        for box in levels
        for node in islice(box.iter(include_text=True), MOST_UP)
        if node.tag not in _BARE and (node.tag == "-text" or node.css_first("a[href]") is None)
    )


def _lines(node: Node) -> Iterator[str]:
    parts: list[str] = []
    block = 0
    before: Node | None = None
    for text in node.traverse(include_text=True):
        if text.tag == "br":
            block = -1
        if text.tag != "-text" or (holder := text.parent) is None or holder.tag in _UNREAD:
            continue
        here = _block(holder)
        if here != block and parts:
            yield "".join(parts)
            parts = []
        elif before is not None and _word_ends(before, holder):
            parts.append(" ")
        parts.append(text.text_content or "")
        block, before = here, holder
    yield "".join(parts)


def _word_ends(one: Node, other: Node) -> bool:
    """Say whether a word ends between two elements of one line: between spans, as a label and a headline are."""
    if "span" not in (one.tag, other.tag):
        return False
    nested = ((one, other), (one.parent, other), (one, other.parent))
    return not any(upper is not None and lower is not None and upper.mem_id == lower.mem_id for upper, lower in nested)


def _block(holder: Node) -> int:
    box: Node | None = holder
    for _ in range(MOST_UP):
        if box is None or box.tag not in _INLINE:
            break
        box = box.parent
    return box.mem_id if box is not None else 0


def _shape(anchor: Node) -> tuple[str, ...]:
    """Return tags and first classes of a link and the boxes around it, without numbers; further classes often tell one
    sibling from another ("post-71 hentry tag-boats", "card card--large").
    """
    boxes = [anchor, *islice(_around(anchor), 3)]
    return tuple(f"{box.tag} {_DIGITS.sub('', attribute(box, 'class')[:100]).partition(' ')[0]}" for box in boxes)
