"""The press review: hits by story, with the sentences that made them, before it has a format.

`gather` reads what was found in a span of time; `review` makes of it what html.py, markdown.py and word.py print.
Everything an outlet wrote is folded here (no controls, one line); each format escapes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from monitor.model import Evidence, Hit, Rule, Span, Standing
from monitor.notify import escape
from monitor.notify.words import in_part
from monitor.ports import Store
from monitor.review.timeline import came, original
from monitor.views import ArticleRow, Filter, HitRow, Placed, Totals

# A day of a large desk has some hundred hits; 10,000 are a document of 2,000 pages.
MAX_HITS = 10_000
MAX_QUOTES = 3
MAX_QUOTE = 600
MAX_TITLE = 300
_PAGE = 1_000
# What no alert tells: the past of an outlet or a rule, and rules on trial.
UNTOLD = frozenset({Standing.BASELINE, Standing.BACKFILL, Standing.SHADOW})
# XML 1.0 has no form for these.
_NOT_XML = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a review is about. `rules`: their ids; none: all. `everything`: what no alert tells too."""

    since: datetime
    until: datetime
    rules: tuple[str, ...] = ()
    outlet: str | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the store has of it. `left_out`: hits of the past or on trial; `cut`: there were more than MAX_HITS."""

    asked: Asked
    hits: tuple[HitRow, ...]
    placed: Mapping[int, Placed]
    totals: Totals
    left_out: int = 0
    cut: bool = False


Quote = tuple[tuple[str, bool], ...]
"""A sentence in pieces, and whether each is what the rule matched."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence. `gone`: since when the article no longer has it, in words; "" where it does."""

    quote: Quote
    gone: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """Where else a text ran. `url` "" where it is no link to follow; `address`: as it was written."""

    outlet: str
    when: str
    url: str
    address: str


@dataclass(frozen=True, slots=True)
class Clipping:
    """An article of a story. `note`: why it was not read whole."""

    title: str
    outlet: str
    when: str
    url: str
    address: str
    rules: str
    note: str
    cited: tuple[Cited, ...]
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A story: its first article's headline, how many outlets ran it."""

    id: str
    title: str
    outlets: int
    clippings: tuple[Clipping, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What every format prints. `about`: what was asked, found and silent, a line each."""

    title: str
    about: tuple[str, ...]
    stories: tuple[Told, ...]
    made_at: datetime


def gather(store: Store, asked: Asked) -> Gathered:
    """Read the hits that are asked for, and where their articles stand."""
    hits: list[HitRow] = []
    left_out, cut = 0, False
    for row in _hits(store, asked):
        if not asked.everything and row.hit.standing in UNTOLD:
            left_out += 1
        elif len(hits) == MAX_HITS:
            cut = True
            break
        else:
            hits.append(row)
    placed = store.stories.placed(sorted({row.article.id for row in hits}))
    return Gathered(asked, tuple(hits), {one.article.id: one for one in placed}, store.upkeep.totals(), left_out, cut)


def _hits(store: Store, asked: Asked) -> Iterable[HitRow]:
    for rule in asked.rules or (None,):
        wanted = Filter(rule=rule, outlet=asked.outlet, since=asked.since, until=asked.until, limit=_PAGE)
        while rows := store.hits.rows(wanted):
            yield from rows
            wanted = replace(wanted, before=rows[-1].hit.id)


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called, and the zone that times are shown in. `rules`: those in force."""

    rules: Mapping[str, Rule]
    outlets: Mapping[str, str]
    timezone: tzinfo

    def rule(self, rule_id: str) -> str:
        """Return a rule's name."""
        known = self.rules.get(rule_id)
        return folded(known.name if known and known.name else rule_id, 80)

    def outlet(self, outlet_id: str) -> str:
        """Return an outlet's name."""
        return folded(self.outlets.get(outlet_id) or outlet_id, 100)

    def time(self, at: datetime | None) -> str:
        """Return a time to the minute."""
        if at is None:
            return ""
        with suppress(OverflowError):  # the years 1 and 9999
            at = at.astimezone(self.timezone)
        return f"{at:%Y-%m-%d %H:%M}"


def folded(text: str, limit: int = MAX_TITLE) -> str:
    """Return text from outside on one line, without controls and what XML cannot say, cut at `limit` characters."""
    line = " ".join(_spaced(text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def review(found: Gathered, names: Names, now: datetime) -> Review:
    """Put hits into stories: those that most outlets ran first, then the newest."""
    stories: dict[str, dict[int, list[HitRow]]] = {}
    for row in found.hits:
        # An article that was placed in no story is one of its own.
        articles = stories.setdefault(row.hit.story_id or f"article {row.article.id}", {})
        articles.setdefault(row.article.id, []).append(row)
    told = []
    for number, articles in stories.items():
        outlets = len({rows[0].article.outlet_id for rows in articles.values()})
        newest = max(came(rows[0].article) for rows in articles.values())
        told.append((outlets, newest, number, articles))
    told.sort(key=lambda one: one[:3], reverse=True)
    made = tuple(_told(number, articles, found.placed, names) for _, _, number, articles in told)
    return Review("Press review", tuple(_about(found, names, made)), made, now)


def _told(number: str, articles: Mapping[int, list[HitRow]], placed: Mapping[int, Placed], names: Names) -> Told:
    ordered = sorted(articles.values(), key=lambda rows: (came(rows[0].article), rows[0].article.id))
    texts: dict[int, list[list[HitRow]]] = {}
    for rows in ordered:
        texts.setdefault(
            original(rows[0].article.id, placed.get(rows[0].article.id), ordered[0][0].article.id), []
        ).append(rows)
    made: list[tuple[datetime, int, Clipping]] = []
    for first, *others in texts.values():
        rules = _rules(first)
        # A copy that was extended may have hits of its own.
        own = [rows for rows in others if not _rules(rows) <= rules]
        copies = tuple(_copy(rows[0].article, names) for rows in others if _rules(rows) <= rules)
        clippings = [replace(_clipping(first, names), copies=copies), *(_clipping(rows, names) for rows in own)]
        for rows, clipping in zip((first, *own), clippings, strict=True):
            made.append((came(rows[0].article), rows[0].article.id, clipping))
    made.sort(key=lambda one: one[:2])
    clippings = [clipping for _, _, clipping in made]
    outlets = {rows[0].article.outlet_id for rows in ordered}
    return Told(number, clippings[0].title, len(outlets), tuple(clippings))


def _rules(rows: Sequence[HitRow]) -> frozenset[str]:
    return frozenset(row.hit.rule_id for row in rows)


def _clipping(rows: Sequence[HitRow], names: Names) -> Clipping:
    article = rows[0].article
    when = names.time(article.published) or f"undated, read {names.time(article.fetched_at)}"
    return Clipping(
        title=folded(article.title) or "(no headline)",
        outlet=names.outlet(article.outlet_id),
        when=when,
        url=escape.link(article.url),
        address=folded(article.url, 2_000),
        rules=", ".join(sorted({names.rule(row.hit.rule_id) for row in rows})),
        note=in_part(article.text, article.reason),
        cited=tuple(_cited([row.hit for row in rows], names)),
    )


def _copy(article: ArticleRow, names: Names) -> Copy:
    when = names.time(article.published or article.fetched_at)
    return Copy(names.outlet(article.outlet_id), when, escape.link(article.url), folded(article.url, 2_000))


def _cited(hits: Sequence[Hit], names: Names) -> list[Cited]:
    """Return the sentences of an article's hits, each once with all that matched in it; of each rule the first few."""
    marks: dict[str, list[Span]] = {}
    gone: dict[str, datetime | None] = {}
    for hit in hits:
        for sentence, span in _first(hit.evidence):
            marks.setdefault(sentence, []).append(span)
            # What one of two hits still stands on is there.
            gone[sentence] = hit.gone_at if sentence not in gone or not hit.gone_at else gone[sentence]
    return [
        Cited(_pieces(sentence, sorted(spans)), f"no longer in the article since {names.time(at)}" if at else "")
        for (sentence, spans), at in zip(marks.items(), gone.values(), strict=True)
    ]


def _first(evidence: Sequence[Evidence]) -> Iterable[tuple[str, Span]]:
    seen: set[str] = set()
    for piece in evidence:
        sentence, span = (piece.quote, piece.mark) if piece.quote else (piece.surface, (0, len(piece.surface)))
        if sentence and (sentence in seen or len(seen) < MAX_QUOTES):
            seen.add(sentence)
            yield sentence, span


def _pieces(sentence: str, spans: Sequence[Span]) -> Quote:
    """Cut a sentence into what matched and what did not; of a long one what stands about the first match is left."""
    first = max(spans[0][0] - MAX_QUOTE // 3, 0) if len(sentence) > MAX_QUOTE else 0
    last = min(first + MAX_QUOTE, len(sentence))
    pieces = [("… ", False)] if first else []
    at = first
    for begin, finish in spans:
        start, end = max(begin, at), min(finish, last)
        if start < end:
            pieces += [(_spaced(sentence[at:start]), False), (_spaced(sentence[start:end]), True)]
            at = end
    pieces.append((_spaced(sentence[at:last]), False))
    pieces += [(" …", False)] if last < len(sentence) else []
    return tuple(piece for piece in pieces if piece[0])


def _spaced(text: str) -> str:
    """Fold white space, that at the ends too."""
    return re.sub(r"\s+", " ", escape.clean(_NOT_XML.sub("\ufffd", text)))


def _about(found: Gathered, names: Names, told: Sequence[Told]) -> list[str]:
    """Say what was asked and found, and what was silent."""
    asked, totals = found.asked, found.totals
    zone = getattr(names.timezone, "key", "") or str(names.timezone)
    counts = Counter(row.hit.rule_id for row in found.hits)
    articles = len({row.article.id for row in found.hits})
    outlets = len({row.article.outlet_id for row in found.hits})
    lines = [
        f"{names.time(asked.since)} to {names.time(asked.until)} ({zone})",
        f"{_many(articles, 'article')} in {_many(len(told), 'story', 'stories')} from {_many(outlets, 'outlet')}",
    ]
    if asked.outlet:
        lines.append(f"Outlet: {names.outlet(asked.outlet)}")
    if counts:
        hits = ", ".join(f"{names.rule(rule)} ({count})" for rule, count in counts.most_common())
        lines.append(f"Rules that hit: {hits}")
    silent = [names.rule(rule) for rule in asked.rules or names.rules if rule not in counts]
    if silent:
        lines.append(f"Rules without a hit: {', '.join(silent)}")
    lines.append(f"{totals.outlets_read} of {totals.outlets} outlets read, {totals.outlets_failing} failing")
    if found.left_out:
        lines.append(
            f"Left out: {_many(found.left_out, 'hit')} of what outlets had before, or of rules on trial (--all)"
        )
    if found.cut:
        lines.append(f"Only {MAX_HITS} hits are in it: narrow the time, the rules or the outlet")
    return lines


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
