"""What the outlets of the service's benchmark publish, and when: feeds, and pages of real markup with text of its own.

Of each real page the markup stays; its paragraphs are filled with sentences drawn from all pages of its language, so that
no two articles are copies. What names the page's true address is taken out: nothing here may lead off loopback.
"""

from __future__ import annotations

import gzip
import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from html import escape
from math import floor
from pathlib import Path

from monitor.parse.digest import exact
from tests.bench._feed_samples import Newsroom

PHRASE = "coalition of the willing"
ROBOTS = (
    b"User-agent: *\nDisallow: /admin/\nDisallow: /search\nDisallow: /*?print=\n\nUser-agent: GPTBot\nDisallow: /\n" * 3
)
GROUPS = 60
LISTED = 30
HOSTILE = 100  # one outlet in so many
_FIRST = 1_000  # the number of what was published last when the run began

_PARAGRAPH = re.compile(r"(<p(?:\s[^>]*)?>)(.*?)(</p>)", re.DOTALL | re.IGNORECASE)
_TITLES = (
    re.compile(r"(<title[^>]*>)(.*?)(</title>)", re.DOTALL | re.IGNORECASE),
    re.compile(r"(<h1[^>]*>)(.*?)(</h1>)", re.DOTALL | re.IGNORECASE),
)
_TAG = re.compile(r"<[^>]*>")
_OUT = re.compile(
    r"""<link[^>]*rel=["']?(?:canonical|amphtml|alternate)[^>]*>"""
    r"""|<meta[^>]*(?:og:url|og:title|twitter:title|og:description|twitter:url|http-equiv=["']?refresh)[^>]*>"""
    r"""|<base[^>]*>""",
    re.IGNORECASE,
)
_LD = re.compile(r"""<script[^>]*ld\+json[^>]*>.*?</script>""", re.DOTALL | re.IGNORECASE)
_LD_KEYS = re.compile(r'"(?:mainEntityOfPage|url|@id|articleBody|headline|text)"\s*:\s*"(?:[^"\\]|\\.)*"')
_LANGUAGE = re.compile(r"""<html[^>]*\blang=["']?([a-z]{2})""", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…»”\"])\s+")


@dataclass(frozen=True)
class Calendar:
    """Who publishes when. `count` outlets, each of which publishes every `period` seconds from `start`, a Unix time; those
    of one group together.
    """

    count: int
    period: float
    start: float

    def group(self, outlet: int) -> int:
        return outlet % GROUPS

    def newest(self, outlet: int, now: float) -> int:
        """Return the number of the article that an outlet published last."""
        return _FIRST + floor((now - self.start) / self.period + self.group(outlet) / GROUPS)

    def published(self, outlet: int, number: int) -> float:
        """Return when: a Unix time."""
        return self.start + (number - _FIRST - self.group(outlet) / GROUPS) * self.period

    def hostile(self, outlet: int) -> int | None:
        """Return which of the hostile outlets this is; None: it is a good one."""
        return outlet // HOSTILE if outlet % HOSTILE == HOSTILE - 1 else None

    def hit(self, outlet: int, number: int, share: float) -> bool:
        """Say whether an article has the planted phrase."""
        return exact(f"{outlet}/{number}") % 1_000 < 1_000 * share

    @lru_cache(maxsize=4 * GROUPS)  # noqa: B019 - there is one
    def feed(self, group: int, newest: int) -> bytes:
        """Return the feed of a group's outlets: links within the outlet, the newest first."""
        items = "".join(_item(number, self.published(group, number)) for number in range(newest, newest - LISTED, -1))
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>The Loopback Courier</title>'
            f"<link>/</link><description>All that is new</description>{items}</channel></rss>"
        ).encode()


def tag(newest: int) -> str:
    """Return the validator of a feed."""
    return f'"{newest}"'


@lru_cache(maxsize=1)
def _stories() -> list[str]:
    text = Newsroom(1).rss(40, 40).decode()
    return re.findall(r"<description>(.*?)</description>", text, re.DOTALL)[1:]


def _item(number: int, at: float) -> str:
    stories = _stories()
    return (
        f"<item><title>Report {number} of the day</title><link>/a/{number}.html</link>"
        f"<guid isPermaLink='false'>g{number}</guid><pubDate>{formatdate(at, usegmt=True)}</pubDate>"
        f"<description>{stories[number % len(stories)]}</description></item>"
    )


@dataclass
class Press:
    """Pages by the markup of real ones. `hits`: the share of articles that say PHRASE."""

    templates: list[tuple[str, list[str | int]]]
    sentences: dict[str, list[str]]
    hits: float = 0.1
    _made: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Path, count: int, hits: float = 0.1) -> Press:
        """Read so many of the real pages."""
        paths = sorted((data / "extract" / "pages").glob("*.html.gz"))
        texts = [gzip.decompress(path.read_bytes()).decode("utf-8", "replace") for path in _spread(paths, count)]
        sentences: dict[str, list[str]] = {}
        templates = [_template(text, sentences) for text in texts]
        return cls([one for one in templates if any(isinstance(piece, int) for piece in one[1])], sentences, hits)

    def page(self, calendar: Calendar, outlet: int, number: int) -> bytes:
        """Return an article of an outlet, as HTML."""
        seed = exact(f"page {outlet}/{number}")
        language, pieces = self.templates[seed % len(self.templates)]
        chance, pool = random.Random(seed), self.sentences[language]
        planted = f"They spoke of a {PHRASE}. " if calendar.hit(outlet, number, self.hits) else ""
        title = escape(chance.choice(pool)[:90])
        made: list[str] = []
        # In the longest paragraph: of three pages in four the first is a notice, a menu or a teaser.
        longest = max((piece for piece in pieces if isinstance(piece, int)), default=0)
        for piece in pieces:
            if isinstance(piece, str):
                made.append(piece)
            elif piece == 0:
                made.append(title)
            else:
                said = escape(" ".join(chance.choices(pool, k=piece)))
                made.append(planted + said if piece == longest else said)
                planted = "" if piece == longest else planted
        return "".join(made).encode()

    def packed(self, calendar: Calendar, outlet: int, number: int) -> bytes:
        """Return it as gzip."""
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        return packer.compress(self.page(calendar, outlet, number)) + packer.flush()


def _spread(paths: Sequence[Path], count: int) -> list[Path]:
    return list(paths[:: max(1, len(paths) // count)][:count])


def _template(text: str, sentences: dict[str, list[str]]) -> tuple[str, list[str | int]]:
    """Cut a page into markup and what is to be filled in: 0 a title, else so many sentences. Add its own to those of its
    language.
    """
    text = _OUT.sub("", text)
    text = _LD.sub(lambda found: _LD_KEYS.sub('"name":""', found[0]), text)
    language = (found[1] if (found := _LANGUAGE.search(text)) else "").lower()
    titles = (title.search(text) for title in _TITLES)
    places: list[tuple[int, int, int]] = [(*found.span(2), 0) for found in titles if found]
    for found in _PARAGRAPH.finditer(text):
        plain = " ".join(_TAG.sub("", found[2]).split())
        if len(plain) >= 60:
            own = [one for one in _SENTENCE.split(plain) if 25 <= len(one) <= 400]
            sentences.setdefault(language, []).extend(own)
            places.append((*found.span(2), max(len(own), 1)))
    pieces: list[str | int] = []
    at = 0
    for start, end, what in sorted(places):
        if start >= at:
            pieces += [text[at:start], what]
            at = end
    if not sentences.get(language):
        return language, [text]
    return language, [*pieces, text[at:]]
