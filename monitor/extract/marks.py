"""What a box is by what its class, id, itemprop and role say."""

from __future__ import annotations

import re
from enum import IntFlag
from functools import lru_cache


class Mark(IntFlag):
    """What a box or one of its ancestors is, by its tag or by what its class says."""

    LIST = 1 << 0
    QUOTE = 1 << 1
    TABLE = 1 << 2
    FIGURE = 1 << 3
    CAPTION = 1 << 4
    ASIDE = 1 << 5
    FOOTER = 1 << 6
    HEADER = 1 << 7
    FORM = 1 << 8
    ARTICLE = 1 << 9
    HIDDEN = 1 << 10
    COMMENT = 1 << 11
    RELATED = 1 << 12
    CHROME = 1 << 13
    SHARE = 1 << 14
    SIGNUP = 1 << 15
    ADVERT = 1 << 16
    TAGS = 1 << 17
    BYLINE = 1 << 18
    LEAD = 1 << 19
    BODY = 1 << 20
    MEDIA = 1 << 21
    WALL = 1 << 22
    LIVE = 1 << 23


# Words in class, id, itemprop and role, as sites of every language write them. They are evidence, weighed with the
# rest: 83 of 125 press pages hold one of these on an ancestor of the true body or on the body itself.
_WORDS = {
    Mark.COMMENT: r"comment disqus respond\b replies discussion kommentar coral- fb-comm",
    Mark.RELATED: (
        r"relat recommend read-?(?:more|also|next) more-?(?:on|from|news|stor|art) teaser promo trending popular "
        r"most-?(?:read|view) outbrain taboola recirc see-?also latest other-?(?:news|art) "
        r"next-?(?:art|post|story) suggest similar bookmark card\b weiter verwandt similaires lire-aussi "
        r"inlineteaser crosslink"
    ),
    Mark.CHROME: (
        r"\bnav navbar navi menu breadcrumb masthead sidebar side-?bar toolbar pagination pager skip- \bfoot "
        r"footer colophon copyright search login rail\b widget language"
    ),
    Mark.SHARE: r"shar(?:e|ing) social follow whatsapp facebook twitter- bookmarking print- tool-?box actions?\b",
    Mark.SIGNUP: r"newsletter subscri sign-?up signin donat support-?us membership abo\b abonn mailing optin",
    Mark.WALL: r"paywall regwall premium piano gate\b cookie consent gdpr privacy modal popup overlay notice banner",
    Mark.ADVERT: r"advert sponsor anzeige werbung reklam publicid commercial affiliate",
    Mark.TAGS: r"\btags?\b tag-?(?:list|cloud) topics?\b keywords? categor hashtag labels\b taxonom",
    Mark.BYLINE: (
        r"byline author autor contributor writer meta\b meta- -meta dateline timestamp \bdate\b pubdate publish "
        r"updated posted entry-?info post-?info bio\b profile credit"
    ),
    Mark.CAPTION: (
        r"caption legend\b img-?(?:desc|text|info) image-?(?:desc|text|info|source) photo-?(?:desc|credit|source) "
        r"bildunter pie-?(?:de-?)?foto"
    ),
    Mark.MEDIA: r"gallery carousel slider slideshow video player podcast audio jw- lightbox infobox factbox embed",
    Mark.LEAD: r"lead\b lede intro\b standfirst excerpt summary subtitle sub-?head \bdek\b teaser-text abstract chapo",
    Mark.BODY: (
        r"article-?_*(?:body|content|text|main) articlebody post-?_*(?:body|content|text) "
        r"entry-?_*(?:body|content|text) story-?_*(?:body|content|text) page-?_*(?:body|content|text) "
        r"main-?_*(?:body|content|text) news-?_*(?:body|content|text) body-?_*(?:body|content|text) "
        r"\bcontent\b body-?copy rich-?text wysiwyg prose\b \btext\b paragraph texto cuerpo corps inhalt"
    ),
    Mark.LIVE: r"live-?(?:blog|post|entr|feed|update) liveticker timeline",
}
_Start = tuple[str, str, str]
_LITERAL = re.compile(r"(?:\\b)?((?:[a-z-](?![?*]))+)")


def _starts() -> dict[_Start, list[tuple[int, str, re.Pattern[str] | None]]]:
    """Return the words by their first three letters, with the letters that each begins with; none is optional among the
    first three. A pattern where there is more to a word.
    """
    found: dict[_Start, list[tuple[int, str, re.Pattern[str] | None]]] = {}
    for mark, words in _WORDS.items():
        for word in words.split():
            match = _LITERAL.match(word)
            assert match
            start, whole = match[1], match[1] == word
            key = (start[0], start[1], start[2])
            found.setdefault(key, []).append((mark.value, start, None if whole else re.compile(word)))
    return found


# A new word costs 2.5 µs this way, a search for all words grouped by their first letter 7.8; a page of an outlet that
# was not read lately has a hundred.
_STARTS = _starts()
_ALL_STARTS = frozenset(_STARTS)
# Of two letters, so looked for apart.
_AD = re.compile(r"\bad(?:s|vert|slot|box|-|_|\b)")
_AD_MARK = Mark.ADVERT.value


# 4,096 were outgrown by 60 pages of different outlets: 42 % were read anew, .1 ms a page.
@lru_cache(maxsize=8_192)
def named(names: str) -> tuple[str, int]:
    """Return what a box is called in lower case, and its marks by that."""
    low = names.lower()
    marks = 0
    for word in low.split():
        marks |= _word_marks(word)
    # Most are in lower case already; one string is kept of them.
    return (names if low == names else low), marks


# Whole attributes come back within a page, words from page to page too.
@lru_cache(maxsize=16_384)
def _word_marks(word: str) -> int:
    marks = 0
    for start in _ALL_STARTS.intersection(zip(word, word[1:], word[2:], strict=False)):
        for mark, letters, pattern in _STARTS[start]:
            if letters in word and (pattern is None or pattern.search(word)):
                marks |= mark
    if "ad" in word and _AD.search(word):
        marks |= _AD_MARK
    return marks
