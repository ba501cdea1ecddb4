"""The title: which of h1, og:title, JSON-LD headline and `<title>` it is, and where the outlet's name is cut off it.

On 98 % of press pages one of them is the true title; choosing among them is the whole problem.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from monitor.extract import ldjson
from monitor.extract.statements import MAX_TITLE, Statements, key

_TAIL = re.compile(r"\s+(?:[|–—·•»:]+|-|//?)\s+|\|\s*|:\s+")
_MARK = re.compile(r"[|–—·•»:/-]")
# A title this long may lose a tail after "|" that is no known name: "… | Sport".
_LONG_HEAD = 20
_MAX_CUTS = 12
# Two forms of one title differ by this many marks and spaces at most.
_MAX_MARKS = 12
# A day as `key` leaves it: "dec182025".
_DAY = re.compile(r"(?:[^\W\d_]{3,12}\d{1,2}|\d{1,2}[^\W\d_]{3,12})(?:20\d{2})")
# Below this share of common words a heading is of something else: the site, the first section of the text.
_KIN = 1 / 3


def choose(page: Statements, outlet: str) -> str:
    """Return the title, "" where nothing states one.

    News states its headline in JSON-LD: there what two of headline, h1, og:title and `<title>` agree on is taken,
    else the first of them (.87 of the press pages). Elsewhere og:title is written for search engines, and the
    heading that readers see is taken: on other articles .88 against .83.
    """
    names = _names(page, outlet)
    headline = ldjson.string(page.article, "headline", MAX_TITLE) or ldjson.string(page.article, "name", MAX_TITLE)
    og = page.og_title or page.meta("twitter:title", "dc.title", "headline")[:MAX_TITLE]
    stated = [text for text in (headline, og, page.document_title) if text]
    wholes = {key(text) for text in (*stated, *page.h1s)}
    heading = _trimmed(_heading(page, stated, names), names, wholes)
    headline, og, document = (_trimmed(text, names, wholes) for text in (headline, og, page.document_title))
    if ldjson.is_news(page.article):
        texts = [text for text in (headline, heading, og, document) if text]
        keys = [key(text) for text in texts]
        agreed = (text for text, each in zip(texts, keys, strict=True) if keys.count(each) > 1)
        return next(agreed, texts[0] if texts else "")
    return _bare(heading, (og, headline, document), names) or og or headline or document or next(iter(page.h1s), "")


def _names(page: Statements, outlet: str) -> set[str]:
    """Return the keys of what the site may be called."""
    names = {key(outlet), key(page.host), key(page.host.rsplit(".", 1)[0])}
    # What <title> has besides og:title is the site's name.
    whole, og = page.document_title, key(page.og_title)
    size = len(page.og_title)
    for start, end in _cuts(whole) if og else ():
        if abs(start - size) <= _MAX_MARKS and key(whole[:start]) == og:
            names.add(key(whole[end:]))
        elif abs(len(whole) - end - size) <= _MAX_MARKS and key(whole[end:]) == og:
            names.add(key(whole[:start]))
    return names - {""}


def _heading(page: Statements, stated: list[str], names: set[str]) -> str:
    """Return the heading that is most like what else is stated; the only thing there is where nothing else is."""
    headings = [text for text in page.h1s if not _is_name(text, names, whole=True)]
    if not stated:
        return headings[0] if headings else ""
    keys = {key(text) for text in stated}
    if alike := next((text for text in headings if key(text) in keys), ""):
        return alike

    def kinship(text: str) -> float:
        words = _words(text)
        # One common word says too little: "Menu", "News", "Our services".
        common = (len(words & other) / min(len(words), len(other)) for other in told if len(words & other) > 1)
        return max(common, default=0)

    told = [words for text in stated if (words := _words(text))]
    best = max(headings, key=kinship, default="") if told else ""
    return best if best and kinship(best) >= _KIN else ""


def _bare(heading: str, others: tuple[str, ...], names: set[str]) -> str:
    """Return the heading without the site's name or a day in its first or last line, where another statement has none.

    Both lines are one text here, so that no separator stands between.
    """
    own = key(heading)
    for other in others:
        part = key(other)
        if part and part != own:
            rest = own[: -len(part)] if own.endswith(part) else own[len(part) :] if own.startswith(part) else ""
            if rest and (rest in names or _DAY.fullmatch(rest)):
                return other
    return heading


def _words(text: str) -> set[str]:
    words = set(re.findall(r"\w+", text.lower()))
    # Scripts without spaces make one word of a title: there the characters are compared.
    return words if len(words) > 2 or len(text) < 12 or " " in text else set(text)


@lru_cache(64)
def _cuts(title: str) -> list[tuple[int, int]]:
    """Return where a title may be cut: begin and end of what stands between."""
    if not _MARK.search(title):
        return []
    return [
        (len(title[: cut.start()].rstrip()), cut.end()) for cut in itertools.islice(_TAIL.finditer(title), _MAX_CUTS)
    ]


def _trimmed(title: str, names: set[str], wholes: set[str]) -> str:
    """Cut the site's name off a title, at its end or its beginning. `wholes`: keys of all titles as stated."""
    cuts = _cuts(title)
    if not cuts:
        return title
    colon = [title[start] == ":" for start, _ in cuts]
    for (start, _), is_colon in zip(cuts, colon, strict=True):
        if not is_colon and key(title[:start]) in wholes and key(title[:start]) not in names:
            return title[:start]
    for (start, end), is_colon in reversed(list(zip(cuts, colon, strict=True))):
        far = "|" in title[start:end] and start >= _LONG_HEAD and len(title) - end < 40
        if not is_colon and (far or _is_name(title[end:], names)):
            # "Headline | Section | Outlet"
            return _trimmed(title[:start], names, wholes) if "|" in title[start:end] else title[:start]
    for (start, end), is_colon in zip(cuts, colon, strict=True):
        if _is_name(title[:start], names, whole=is_colon):
            return title[end:]
    return title


def _is_name(text: str, names: set[str], *, whole: bool = False) -> bool:
    """Say whether a text is the site's name, or unless `whole` has a part in common with it."""
    own = key(text)
    if len(own) < 2:
        return False
    return own in names or (not whole and len(own) > 3 and any(own in name or name in own for name in names))
