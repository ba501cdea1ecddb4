"""Named numbers for each segment near the article's container, before it is judged.

Features speak of shape, place, neighbours, names and of words shared with the rest of the page; no word of any language
is among them: what lists of words gained when they were measured is in docs/design.md. They are worked out column by
column: rows of Python numbers took 3 ms a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray

from monitor.extract.columns import Columns, Numbers, share
from monitor.extract.field import CLOSING, Context, telling, tokens
from monitor.extract.segment import Mark, Segment
from monitor.parse.sites import site

_FORM = (
    "bias", "log_chars", "under_25", "under_60", "under_120", "over_200", "over_400", "link_share", "all_link",
    "long_link", "strong_share", "all_strong", "commas",
)  # fmt: skip
# What holds or does not, each a bit of one number a segment.
_FLAGS = (
    "ends_sentence", "ends_ellipsis", "ends_colon", "quote_mark", "date_like", "symbol", "card",
    "is_p", "is_heading", "is_item", "is_cell", "is_div",
)  # fmt: skip
_PLACE = (
    "in_container", "levels_up", "levels_down", "same_shape", "same_shape_is_top", "shape_alone", "before_core",
    "after_core", "first_core", "gap_to_core", "near_core", "prev_core", "position", "box_small", "box_links",
    "box_segments", "prev_link", "next_link", "branch_link", "branch_small", "sisters", "sisters_core",
    "sisters_core_share", "main_parent", "main_branch", "off_level", "other_article", "heads_core", "heads_sister",
    "heads_link", "headed", "item_links", "item_size",
)  # fmt: skip
_SAID = (
    "repeated", "said_before", "is_title", "in_description", "ld_yes", "ld_no", "shares_words", "shares_title",
    "shares_description", "news", "names_outlet", "names_outlet_late", "names_author",
)  # fmt: skip
NAMES: tuple[str, ...] = (*_FORM, *_FLAGS, *_PLACE, *_SAID, *(f"mark_{(mark.name or '').lower()}" for mark in Mark))

_FLAG = {name: 1 << place for place, name in enumerate(_FLAGS)}
_OF_TAG = {
    "p": _FLAG["is_p"], "div": _FLAG["is_div"], "td": _FLAG["is_cell"], "th": _FLAG["is_cell"],
    **dict.fromkeys(("li", "dd", "dt"), _FLAG["is_item"]),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _FLAG["is_heading"]),
}  # fmt: skip
_FLAG_BITS = np.array([1 << place for place in range(len(_FLAGS))], dtype=np.int64)
_MARK_BITS = np.array([mark.value for mark in Mark], dtype=np.int64)
_ENDS = {
    **dict.fromkeys(".!?。！？।॥؟۔։።။", _FLAG["ends_sentence"]),
    "…": _FLAG["ends_sentence"] | _FLAG["ends_ellipsis"],
    **dict.fromkeys(":：", _FLAG["ends_colon"]),
}
_OPENING = frozenset("\"“„«»‘'「")
_SYMBOLS = re.compile("[©@|►▶→»›]")
_DIGIT = re.compile(r"\d")
# Of a text that is a link what it is tells more than its words: a third of the field's need not be split.
_LINKY = 0.9
_NO_WORDS: frozenset[str] = frozenset()
# A segment is looked for in JSON-LD's text by runs of so many characters.
_PIECE = 24
_LD_LEAST = 200
# A paragraph of 3.7 MB would be searched for 87 s.
_HELD_MOST = 3_000
_TABLE = Mark.TABLE.value
_NAME_LEAST = 4
_SECTIONS = frozenset({"news", "edition", "world", "blog", "blogs", "press", "about", "info"})
# What an outlet says of itself is shorter.
_NAMING_MOST = 600


def describe(columns: Columns, context: Context) -> Numbers:
    """Return one row of numbers a segment of the field, in the order of NAMES."""
    parts: list[NDArray[np.float64]] = [
        _form(columns),
        _bits(np.array([_flags(segment) for segment in columns.rows], dtype=np.int64), _FLAG_BITS),
        _place(columns),
        _said(columns, context),
        _bits(columns.marks & ~columns.found.scope.marks, _MARK_BITS),
    ]
    return np.concatenate(parts, axis=1)


def _bits(held: NDArray[np.int64], bits: NDArray[np.int64]) -> Numbers:
    found: Numbers = (held[:, None] & bits != 0).astype(np.float64)
    return found


def _columns(*values: NDArray[np.generic]) -> Numbers:
    return np.array(values, dtype=np.float64).T


def _flags(segment: Segment) -> int:
    """Return what a segment is by itself as bits of _FLAGS."""
    text = segment.text
    flags = _OF_TAG.get(segment.box.tag, 0)
    end = text[-4:].rstrip(CLOSING)
    flags |= _ENDS.get(end[-1:], 0)
    if end.endswith("..."):
        flags |= _FLAG["ends_ellipsis"]
    if text[0] in _OPENING:
        flags |= _FLAG["quote_mark"]
    if segment.chars < 50 and len(_DIGIT.findall(text)) >= 4:
        flags |= _FLAG["date_like"]
    if ("@" in text or "|" in text) if text.isascii() else _SYMBOLS.search(text):
        flags |= _FLAG["symbol"]
    return flags | _FLAG["card"] if segment.card else flags


def _form(columns: Columns) -> Numbers:
    """What a segment's text is by itself, in the order of _FORM."""
    size, links = columns.size, columns.link_share
    strong = np.minimum(1.0, share(columns.strong, columns.chars))
    return _columns(
        np.ones(len(size)),
        np.minimum(np.log1p(size), 8.0) / 4.0,
        size < 25,
        size < 60,
        size < 120,
        size > 200,
        size > 400,
        links,
        links > 0.9,
        (links > 0.8) & (size > 60),
        strong,
        strong > 0.9,
        np.minimum(1.0, np.array([_commas(one.text) for one in columns.rows]) / 4.0),
    )


def _commas(text: str) -> int:
    return text.count(",") if text.isascii() else text.count(",") + text.count("，") + text.count("、")


def _place(columns: Columns) -> Numbers:
    """Where a segment stands: to the container, to the core (its plain long paragraphs), to those next to it; in the
    order of _PLACE.
    """
    rows, core, whole = len(columns.rows), columns.core, columns.found.container
    at = np.arange(rows)
    places = np.flatnonzero(core)
    first, last = (places[0], places[-1]) if len(places) else (0, rows - 1)
    gap = columns.gap()
    parent, branch = columns.parent, columns.branch
    prose = columns.prose()
    linky = columns.link_share > 0.8
    before_core, after_core = _shifted(core, 1), _shifted(core, -1)
    heading, item = columns.heading, columns.item
    in_parent = np.bincount(parent, minlength=len(columns.boxes))[parent]
    core_chars = columns.core_chars()
    core_here = core_chars[parent]
    links = columns.box_links[parent]
    mean = share(columns.box_chars[parent], columns.box_segments[parent])
    kin = _shifted(columns.box_parent[columns.box], -1, -1) == columns.box_parent[columns.box]
    main = int(core_chars.argmax())
    level = columns.box_depth[main]
    return _columns(
        columns.depth == whole.depth,
        np.minimum(6.0, whole.depth - columns.depth) / 3.0,
        np.minimum(6.0, columns.steps) / 3.0,
        prose,
        prose >= prose.max(initial=0.0),
        prose < 0.03,
        at < first,
        at > last,
        at == first,
        np.minimum(1.0, np.log1p(gap) / 3.0),
        (at > first) & (at < last) & (gap <= 2),
        before_core,
        at / rows,
        columns.box_chars[columns.box] < 0.15 * max(1, whole.chars),
        links,
        np.minimum(1.0, np.log1p(columns.box_segments[parent]) / 4.0),
        _shifted(linky, 1),
        _shifted(linky, -1),
        columns.box_links[branch] * (columns.steps > 0),
        (columns.box_chars[branch] < 0.1 * max(1, whole.chars)) & (columns.steps > 0),
        np.minimum(1.0, np.log1p(in_parent) / 4.0),
        core_here > 0,
        np.minimum(1.0, share(core_here, columns.box_chars[parent])),
        parent == main,
        (branch == columns.box_branch[main]) & (parent != main),
        np.minimum(4.0, np.abs(columns.box_depth[parent] - level)) / 4.0,
        columns.other_article(),
        heading & after_core,
        heading & kin,
        heading & _shifted(linky, -1),
        _shifted(heading, 1),
        links * item,
        np.minimum(1.0, mean / 200.0) * item,
    )


def _shifted(values: NDArray[np.generic], by: int, beyond: float = 0) -> NDArray[np.generic]:
    """Return each one's neighbour: the one before by 1, the one after by -1; `beyond` where there is none."""
    result = np.full_like(values, beyond)
    if by > 0:
        result[by:] = values[:-by]
    else:
        result[:by] = values[-by:]
    return result


def _said(columns: Columns, context: Context) -> Numbers:
    """What the page says elsewhere of its article, and the words of its core, compared; in the order of _SAID."""
    rows = columns.rows
    texts = [segment.text for segment in rows]
    times = Counter(texts)
    firsts = dict(zip(reversed(texts), range(len(rows) - 1, -1, -1), strict=True))
    of_title, of_description = telling(context.title), telling(context.description)
    held = _held(rows, context.ld_body)
    linky = (columns.link_share > _LINKY).tolist()
    words = [_NO_WORDS if is_link else telling(text) for text, is_link in zip(texts, linky, strict=True)]
    result = np.zeros((len(rows), len(_SAID)))
    if len(times) < len(rows):
        # Cells of a table say the same again and mean it.
        told = columns.marks & _TABLE == 0
        result[:, 0] = told & np.array([times[text] > 1 for text in texts])
        result[:, 1] = told & np.array([firsts[text] < index for index, text in enumerate(texts)])
    result[:, 2] = _title(rows, context.title)
    result[:, 3] = _lead(rows, context.description)
    result[:, 4] = held > 0.6
    result[:, 5] = (held >= 0.0) & (held < 0.2)
    result[:, 6] = _shared(words, columns.core)
    if of_title:
        result[:, 7] = [len(mine & of_title) for mine in words]
        result[:, 7] /= len(of_title)
    if of_description:
        result[:, 8] = [len(mine & of_description) / (len(mine) or 1) for mine in words]
    result[:, 9] = context.news
    result[:, 10] = _naming(rows, _outlet_names(context))
    last = max(np.flatnonzero(columns.core), default=0)
    result[last + 1 :, 11] = result[last + 1 :, 10]
    # A name of one word may be a place, or stand within a longer word.
    authors = [author for author in context.authors if " " in author or not author.isascii()]
    if authors:
        result[:, 12] = [any(author in text for author in authors) for text in texts]
    return result


def _outlet_names(context: Context) -> set[str]:
    """Return what the outlet is called, by itself and in its address, as `_bare` writes them."""
    # "news.harbour-times.example", "harbour-times.co.example": the longer of the two parts before the last.
    part = max(site(context.url).split(".")[-3:-1][::-1], key=len, default="")
    if part in _SECTIONS:
        part = ""
    names = ("".join(tokens(_bare(context.outlet))), _bare(part))
    return {name for name in names if len(name) >= _NAME_LEAST}


def _naming(rows: Sequence[Segment], names: Collection[str]) -> list[bool]:
    """Say of each segment whether it names one of them, whatever their spaces, signs and case."""
    texts = [_bare(segment.text) if segment.chars < _NAMING_MOST else "" for segment in rows]
    result = [False] * len(rows)
    for name in names:
        result = [
            known or (name in text and _spells(segment.text, name))
            for known, text, segment in zip(result, texts, rows, strict=True)
        ]
    return result


def _spells(text: str, name: str) -> bool:
    """Say whether whole words spell a name: "time" does not stand in "sometimes", nor "welt" in "Umwelt"."""
    words = tokens(text.replace("'", "").replace("’", ""))
    for start, first in enumerate(words):
        spelt = first
        for word in words[start + 1 :]:
            if len(spelt) >= len(name) or not name.startswith(spelt):
                break
            spelt += word
        if spelt == name:
            return True
    return False


def _bare(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "").replace("'", "").replace("’", "")


def _title(rows: Sequence[Segment], title: str) -> list[bool]:
    """Say of each segment whether it is the title, whatever its signs and case."""
    head = tokens(title)
    if not head:
        return [False] * len(rows)
    # Most are told from it by their length or their first letters.
    least, most, start = len(title) * 0.7, len(title) * 1.3 + 2, head[0]
    return [
        least < segment.chars < most and start in segment.text[:40].lower() and tokens(segment.text) == head
        for segment in rows
    ]


def _lead(rows: Sequence[Segment], description: str) -> list[bool]:
    """Say of each segment whether it is a part of the description, whatever its signs and case."""
    lead = " ".join(tokens(description))
    most = len(description) * 1.1 + 2
    return [30 < segment.chars < most and _is_part(segment.text, lead) for segment in rows]


def _is_part(text: str, lead: str) -> bool:
    # Three letters from within its first words, as a quick look.
    return text[1:4].lower() in lead and " ".join(tokens(text)) in lead


def _held(rows: Sequence[Segment], stated: str) -> Numbers:
    """Return which share of each segment stands in JSON-LD's articleBody; -1 where there is none to look in."""
    if len(stated) <= _LD_LEAST:
        return np.full(len(rows), -1.0)
    whole = stated.lower().replace(" ", "")
    result = []
    for segment in rows:
        own = segment.text[:_HELD_MOST].lower().replace(" ", "")
        pieces = [own[at : at + _PIECE] for at in range(0, len(own) - _PIECE + 1, _PIECE)] or [own]
        result.append(sum([piece in whole for piece in pieces]) / len(pieces))
    return np.array(result)


def _shared(words: Sequence[frozenset[str]], core: NDArray[np.bool_]) -> list[float]:
    """Return the share of words that other paragraphs of the core hold too; .5 where there is none to look for."""
    own = core.tolist()
    said = Counter(chain.from_iterable(compress(words, own)))
    once = said.keys()
    again = {word for word, count in said.items() if count > 1}
    return [
        len(mine & (again if is_core else once)) / len(mine) if mine else 0.5
        for mine, is_core in zip(words, own, strict=True)
    ]
