"""A page's tree as a row of segments: the text between two block boundaries, in reading order, with its boxes.

One walk over the tree by first_child and next (.3 ms a page by itself; comparing nodes would serialise them). Nothing
is judged here: features.py describes a segment, body.py decides.
"""

from __future__ import annotations

import re

from monitor.extract.marks import Mark, named
from monitor.parse.html import Node, fold_space, tag_numbers

__all__ = ["Box", "Mark", "Segment", "density", "segments"]

MAX_SEGMENTS = 4_000
# Characters of a page that are looked at; of 1,013 pages the longest has 76,168. At 5 M, which fit into a page, the
# look at words, sentences and names that follows took 350 MB and 7 s.
MAX_CHARS = 200_000
MAX_LINKS = 4
# Deeper boxes are taken as part of the last one; real pages stay below 60, and every climb is bounded by it.
MAX_DEPTH = 200


_SKIP = frozenset(
    "script style noscript template svg iframe object embed video audio canvas select option button input textarea "
    "nav dialog img picture source rt rp head map progress meter math-field datalist link meta -comment".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby rb s samp small span "
    "strike strong sub sup time tt u var wbr nobr math mi mn mo".split()
)
# Those that most boxes are; whatever else is neither skipped nor inline is a box too.
_BOXES = (
    "div li p ul ol td h1 h2 h3 h4 h5 h6 figure figcaption section article tr header footer form aside th main table "
    "tbody thead summary details blockquote dl dt dd fieldset address center pre font"
).split()
_TAGS = {
    "ul": Mark.LIST,
    "ol": Mark.LIST,
    "dl": Mark.LIST,
    "blockquote": Mark.QUOTE,
    "td": Mark.TABLE,
    "th": Mark.TABLE,
    "figure": Mark.FIGURE,
    "figcaption": Mark.CAPTION,
    "caption": Mark.CAPTION,
    "aside": Mark.ASIDE,
    "footer": Mark.FOOTER,
    "header": Mark.HEADER,
    "form": Mark.FORM,
    "article": Mark.ARTICLE,
}
# What a node is to the walk; those up to _PLAIN are entered, _DEEP are boxes within MAX_DEPTH others.
_DEEP, _BOX, _LINK, _STRONG, _PLAIN, _TEXT, _SKIPPED, _BREAK, _RULE = range(9)
_SPECIAL = {"a": _LINK, "b": _STRONG, "strong": _STRONG, "br": _BREAK, "hr": _RULE, "-text": _TEXT}


def _kind(tag: str) -> int:
    if tag in _SPECIAL:
        return _SPECIAL[tag]
    if tag in _SKIP:
        return _SKIPPED
    return _PLAIN if tag in _INLINE or "-" in tag else _BOX


# Plain numbers: an IntFlag's & costs ten times theirs, and a page has some thousand boxes.
_TAG_MARKS = {tag: mark.value for tag, mark in _TAGS.items()}
# By number: reading an element's name costs twice as much. What is not here is asked for its name.
_NUMBERS = tag_numbers((*_SKIP, *_INLINE, *_BOXES, *_TAGS, "br", "hr", "-text"))
_KINDS = {number: _kind(tag) for tag, number in _NUMBERS.items()}
_NAMES = {number: (tag, _TAG_MARKS.get(tag, 0)) for tag, number in _NUMBERS.items()}
_NAMING = ("id", "itemprop", "role")
_HIDDEN_MARK = Mark.HIDDEN.value
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SCRIPTS_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# Boxes around a text: the node, its tag's number, and how many boxes began up to it.
_Open = tuple[Node, int, int]


def density(text: str) -> float:
    """Return a factor that makes characters of scripts without word spaces count as much as Latin ones."""
    sample = text[:80]
    if sample.isascii():
        return 1.0
    return 2.5 if len(_SCRIPTS_WITHOUT_SPACES.findall(sample)) * 3 > len(sample) else 1.0


class Box:
    """A block element. `own` are its own marks, `marks` those of its ancestors too; `chars` counts all its text.
    `order` in the page, of the last one within it `last`.
    """

    __slots__ = (
        "chars", "depth", "last", "link_chars", "marks", "names", "order", "own", "parent", "segments", "tag",
    )  # fmt: skip

    def __init__(self, parent: Box | None, tag: str, names: str, own: int, order: int) -> None:
        self.parent = parent
        self.tag = tag
        self.names = names
        self.own = own
        if parent is None:
            self.marks, self.depth = own, 0
        else:
            self.marks, self.depth = parent.marks | own, parent.depth + 1
        self.order = self.last = order
        self.chars = self.link_chars = self.segments = 0


class Segment:
    """A run of text without a block boundary in it. `size`: its characters, each of a dense script counted as what
    Latin takes for it. `links`: hrefs within it, `link_chars` their characters,
    `strong_chars` those in bold, `link_share` the share of characters that stand in links, in [0, 1]; `card` whether
    it stands in a link that began outside it; `led` the characters of its first line where that is a link and others
    follow.
    """

    __slots__ = (
        "box", "card", "chars", "led", "link_chars", "link_share", "links", "order", "size",
        "strong_chars", "text",
    )  # fmt: skip

    def __init__(
        self, text: str, box: Box, order: int, link_chars: int, strong_chars: int, links: tuple[str, ...]
    ) -> None:
        self.text = text
        self.box = box
        self.order = order
        self.link_chars = link_chars
        self.strong_chars = strong_chars
        self.links = links
        self.card = False
        self.led = 0
        self.chars = chars = len(text)
        self.size = chars * density(text)
        self.link_share = min(1.0, link_chars / chars) if link_chars else 0.0


class _Walk:
    """The state of one walk: what text waits for the next boundary, and the boxes around it.

    A box is made when a text is found in it: one of five never holds any, and its attributes are never read.
    """

    __slots__ = (
        "breaks", "fresh", "href", "hrefs", "led", "link_chars", "links", "open", "path", "room", "segments", "strong",
        "strong_chars", "texts",
    )  # fmt: skip

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.texts: list[str] = []
        self.breaks = 0
        self.room = MAX_CHARS
        self.href: str | None = None
        self.fresh = False
        self.hrefs: list[str | None] = []
        self.links: list[str] = []
        self.strong = self.led = self.link_chars = self.strong_chars = 0
        # The first of the boxes around are made, below the page's own.
        self.open: list[_Open] = []
        self.path: list[Box] = [Box(None, "body", "", 0, 0)]

    def add(self, text: str) -> None:
        self.texts.append(text)
        self.breaks = 0
        href = self.href
        if href is not None:
            self.link_chars += len(text)
            links = self.links
            if not links or (len(links) < MAX_LINKS and links[-1] != href):
                links.append(href)
        if self.strong:
            self.strong_chars += len(text)

    def flush(self) -> None:
        """End the text that waits."""
        texts = self.texts
        if texts:
            text = fold_space(texts[0] if len(texts) == 1 else "".join(texts))
            if text and self.room > 0 and len(self.segments) < MAX_SEGMENTS:
                if len(text) > self.room:
                    text = text[: self.room]
                self.room -= len(text)
                self.keep(text)
            texts.clear()
            if self.links:
                self.links.clear()
            self.led = self.link_chars = self.strong_chars = 0
        self.fresh = False
        self.breaks = 0

    def keep(self, text: str) -> None:
        path, rows, opened = self.path, self.segments, self.open
        box = path[-1]
        if len(path) <= len(opened):
            for node, number, order in opened[len(path) - 1 :]:
                box = _box(box, node, number, order)
                path.append(box)
        link_chars = self.link_chars
        segment = Segment(text, box, len(rows), link_chars, self.strong_chars, tuple(self.links))
        rows.append(segment)
        segment.led = max(0, self.led)
        if self.href is not None and not self.fresh:
            segment.card = True
        box.segments += 1
        box.chars += segment.chars
        if link_chars:
            box.link_chars += min(link_chars, segment.chars)

    def line_break(self, *, paragraph: bool, blank: bool) -> bool:
        """Take a break in; return whether spaces alone wait now."""
        self.breaks += 1
        if paragraph or self.breaks == 2:
            if self.texts or blank:
                self.flush()
            self.breaks = 0
            return False
        if not self.texts:
            return True
        if self.link_chars and not self.led:
            # Looked at once: text outside the link only grows, and 20,000 breaks behind a link took 8 s.
            self.led = self.link_chars if sum(map(len, self.texts)) <= self.link_chars + 2 else -1
        self.texts.append("\n")
        return blank

    def enter(self, node: Node, kind: int) -> None:
        """Enter a link or bold text."""
        if kind == _STRONG:
            self.strong += 1
        elif kind == _LINK:
            self.hrefs.append(self.href)
            href = node.attrs.get("href")
            if href and not href.startswith("#"):
                self.href = href
                self.fresh = True

    def leave(self, kind: int) -> None:
        if kind == _STRONG:
            self.strong -= 1
        elif kind == _LINK:
            self.href = self.hrefs.pop()

    def close(self, count: int) -> None:
        """End the last box that was made, `count` boxes into the page: what it holds is its parent's too."""
        box = self.path.pop()
        box.last = count
        parent = box.parent
        if parent is not None:
            parent.segments += box.segments
            parent.chars += box.chars
            parent.link_chars += box.link_chars


def segments(root: Node) -> list[Segment]:  # noqa: C901, PLR0912, PLR0915 - one loop over 1,400 nodes a page
    """Return the page's segments in reading order, at most MAX_SEGMENTS and MAX_CHARS."""
    walk = _Walk()
    texts, opened, path, kind_of = walk.texts, walk.open, walk.path, _KINDS.get
    stack: list[tuple[Node, int]] = []
    count = 0
    # Only spaces wait, which make no segment but end what went before.
    blank = False
    node = root.first_child
    # Boxes and texts, which most nodes are, are dealt with in place: calls took half the time.
    while True:
        if node is None:
            if not stack:
                break
            node, kind = stack.pop()
            if kind <= _BOX:
                if blank or texts:
                    walk.flush()
                    blank = False
                if kind == _BOX:
                    opened.pop()
                    if len(path) > len(opened) + 1:
                        walk.close(count)
            elif kind != _PLAIN:
                walk.leave(kind)
            node = node.next
            continue
        number = node.tag_id
        kind = kind_of(number) or _kind(node.tag or "")
        if kind == _TEXT:
            text = node.text_content or ""
            if not text.isspace():
                walk.add(text)
            elif texts:
                texts.append(" ")
            else:
                blank = True
        elif kind <= _PLAIN:
            if kind == _BOX:
                if blank or texts:
                    walk.flush()
                    blank = False
                if len(opened) < MAX_DEPTH:
                    count += 1
                    opened.append((node, number, count))
                else:
                    kind = _DEEP
            elif kind != _PLAIN:
                walk.enter(node, kind)
            stack.append((node, kind))
            node = node.first_child
            continue
        elif kind != _SKIPPED:
            blank = walk.line_break(paragraph=kind == _RULE, blank=blank)
        node = node.next
    if texts:
        walk.flush()
    walk.close(count)
    return walk.segments


def _box(parent: Box, node: Node, number: int, order: int) -> Box:
    tag, own = _NAMES.get(number) or (node.tag or "", 0)
    attributes = node.attributes
    if not attributes:
        return Box(parent, tag, "", own, order)
    names = attributes.get("class") or ""
    # Most have a class alone.
    if len(attributes) > 1 or not names:
        for key in _NAMING:
            if key in attributes and (value := attributes[key]):
                names = f"{names} {value}"
        if "hidden" in attributes or ("style" in attributes and _HIDDEN.search(attributes["style"] or "")):
            own |= _HIDDEN_MARK
    if names:
        names, marks = named(names[:200])
        own |= marks
    return Box(parent, tag, names, own, order)
