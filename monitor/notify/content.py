"""Due alerts → what a message says, before it has a form: texts folded and harmless as plain text, times in words.

render.py makes text, Markdown and HTML of it, payload.py JSON, a template what its author wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from monitor.errors import AlertReason, Trouble
from monitor.model import Evidence, Kind, Rule, Span, Standing
from monitor.notify import escape
from monitor.notify.words import TOLD, in_part
from monitor.views import ArticleRow, HitRow
from monitor.views_alerts import Correction, DueAlert

MAX_ITEMS = 10
# An article that is not shown as an item is a line; a story of a night has some 40 outlets.
MAX_OTHERS = 100
MAX_QUOTES = 3
# A sentence of 500 characters is rare; a table that counts as one is longer.
MAX_QUOTE = 500
MAX_TITLE = 200
Quote = list[tuple[str, bool]]
"""A sentence in pieces: folded text, and whether it is what the rule matched."""


@dataclass(frozen=True, slots=True)
class Named:
    """An outlet as messages name it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """An article with its hits. `about`: outlet, time and numbers of hits in words; `note`: what of it was read."""

    article: int
    title: str
    url: str
    outlet: Named
    language: str | None
    published: datetime | None
    read: datetime
    about: str
    note: str
    hits: tuple[int, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Items under a heading; an alert has one without."""

    items: tuple[Item, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    """An article of the story that is named only."""

    outlet: Named
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Change:
    """What was told and is another now. `kind`: headline, sentence or deleted."""

    kind: str
    outlet: Named
    title: str
    url: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Condition:
    """How an outlet fares, None: all of them. `over`: the trouble is."""

    outlet: Named | None
    trouble: Trouble
    since: datetime
    said: str
    todo: str
    over: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says. `more`: articles that are not even named; `notes`: lines below; `conditions`: a notice's."""

    id: str
    kind: Kind
    thread: str
    route: str
    reason: AlertReason
    title: str
    heading: str
    rules: tuple[Rule, ...]
    sections: tuple[Section, ...]
    others: tuple[Other, ...] = ()
    more: int = 0
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What a message needs of the configuration: names of outlets by id, and the reader's zone."""

    outlets: Mapping[str, str]
    timezone: tzinfo

    def outlet(self, outlet_id: str) -> Named:
        """Return an outlet under its name, folded."""
        return Named(outlet_id, escape.one_line(self.outlets.get(outlet_id) or outlet_id, 100))

    def time(self, at: datetime) -> str:
        """Return a moment in the reader's zone."""
        with suppress(OverflowError):  # the years 1 and 9999
            at = at.astimezone(self.timezone)
        return f"{at:%Y-%m-%d %H:%M %Z}".strip()


def alert(
    told: Sequence[tuple[DueAlert, Rule]],
    *,
    id: str,  # noqa: A002
    names: Names,
    route: str = "",
    others: Sequence[ArticleRow] = (),
    notes: Sequence[str] = (),
) -> Content:
    """Say the alerts of one group, each with its rule, in one message. `id`: see plan.message_id. `others`: articles
    of the story that are not among the hits.
    """
    articles: dict[int, list[HitRow]] = {}
    revised: set[int] = set()
    for due, _ in told:
        for row in due.hits:
            articles.setdefault(row.article.id, []).append(row)
            if due.alert.reason is AlertReason.REVISED and not due.alert.revision:
                revised.add(row.article.id)
    rows = list(articles.items())
    items = _unrepeated([item(found, names, revised=number in revised) for number, found in rows[:MAX_ITEMS]])
    rest = [found[0].article for _, found in rows[MAX_ITEMS:]]
    rest += [article for article in others if article.id not in articles]
    changes = tuple(change(one, names) for due, _ in told for one in due.corrections)
    first = told[0][0].alert
    kind = Kind.UPDATE if all(due.alert.revision for due, _ in told) else Kind.ALERT
    stories = {due.alert.story_id for due, _ in told}
    rules = tuple(dict.fromkeys(rule for _, rule in told))
    return Content(
        id=id,
        kind=kind,
        thread=first.story_id if len(stories) == 1 else "",
        route=route,
        reason=first.reason,
        title=_title(kind, rules, items, changes),
        heading=_heading(kind, rules, first.reason),
        rules=rules,
        sections=(Section(items),) if items else (),
        others=tuple(_other(article, names) for article in rest[:MAX_OTHERS]),
        more=max(len(rest) - MAX_OTHERS, 0),
        changes=changes,
        notes=tuple(notes),
    )


def _unrepeated(items: Sequence[Item]) -> tuple[Item, ...]:
    """Leave out sentences that stand in the message already: copies of an agency's text have them all."""
    seen: set[str] = set()
    kept = []
    for one in items:
        new = tuple(quote for quote in one.quotes if "".join(text for text, _ in quote) not in seen)
        seen.update("".join(text for text, _ in quote) for quote in new)
        kept.append(replace(one, quotes=new))
    return tuple(kept)


def _title(kind: Kind, rules: Sequence[Rule], items: Sequence[Item], changes: Sequence[Change]) -> str:
    said = ", ".join(name(rule) for rule in rules)
    what = items[0].title if items else changes[0].title if changes else ""
    before = "" if kind is Kind.ALERT else "Update: " if items else "Correction: "
    return escape.one_line(f"{before}{said}" + (f": {what}" if what else ""), MAX_TITLE)


def _heading(kind: Kind, rules: Sequence[Rule], reason: AlertReason) -> str:
    said = f"Rule{'s' if len(rules) > 1 else ''} {', '.join(full_name(rule) for rule in rules)}"
    why = TOLD.get(reason, "") if kind is Kind.UPDATE or reason is AlertReason.SPIKE else ""
    return f"{said}: {why}" if why else said


def name(rule: Rule) -> str:
    """Return what messages call a rule."""
    return escape.one_line(rule.name or rule.id, 80)


def full_name(rule: Rule) -> str:
    """Return a rule's name, and its id where that is another."""
    called = name(rule)
    return called if called == rule.id else f"{called} ({escape.one_line(rule.id, 80)})"


def _other(article: ArticleRow, names: Names) -> Other:
    return Other(names.outlet(article.outlet_id), _headline(article), escape.link(article.url))


def _headline(article: ArticleRow) -> str:
    return escape.one_line(article.title) or "(no headline)"


def change(one: Correction, names: Names) -> Change:
    """Say how an article changed."""
    before, after = (escape.one_line(text, MAX_QUOTE) for text in (one.before, one.after))
    article = one.article
    return Change(
        one.kind, names.outlet(article.outlet_id), _headline(article), escape.link(article.url), before, after
    )


def item(rows: Sequence[HitRow], names: Names, *, revised: bool = False, quoted: bool = True) -> Item:
    """Make one item of an article's hits: sentences that several rules share stand once."""
    article = rows[0].article
    outlet = names.outlet(article.outlet_id)
    when = names.time(article.published) if article.published else f"undated, read {names.time(article.fetched_at)}"
    when += "".join(f", {words}" for words in _oddities(rows[0], revised=revised))
    numbers = tuple(dict.fromkeys(row.hit.id for row in rows))
    return Item(
        article=article.id,
        title=_headline(article),
        url=escape.link(article.url),
        outlet=outlet,
        language=article.language,
        published=article.published,
        read=article.fetched_at,
        about=f"{outlet.name} · {when} · hit{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}",
        note=in_part(article.text, article.reason),
        hits=numbers,
        quotes=tuple(_quotes(_spread(rows))) if quoted else (),
    )


def _oddities(row: HitRow, *, revised: bool) -> list[str]:
    """Say what is unusual about how an article came to be told."""
    said = []
    published, found = row.article.published, row.hit.found_at
    if row.hit.standing is Standing.LATE and published and found:
        said.append(f"published {(found - published).days} d ago")
    if revised:
        said.append("revised: this was not in it when it was first read")
    return said


def _spread(rows: Sequence[HitRow]) -> tuple[Evidence, ...]:
    """Return evidence so that the first of each rule comes before the second of any."""
    ranked = [(rank, row.hit.rule_id, piece) for row in rows for rank, piece in enumerate(row.hit.evidence)]
    return tuple(piece for _, _, piece in sorted(ranked, key=lambda entry: entry[0]))


def _quotes(evidence: tuple[Evidence, ...]) -> list[Quote]:
    """Cut each sentence that matched into pieces, once, with all its matches marked."""
    marks: dict[str, list[Span]] = {}
    for piece in evidence:
        if piece.quote:
            marks.setdefault(piece.quote, []).append(piece.mark)
        elif piece.surface:
            marks.setdefault(piece.surface, []).append((0, len(piece.surface)))
    return [_pieces(sentence, sorted(spans)) for sentence, spans in list(marks.items())[:MAX_QUOTES]]


def _pieces(sentence: str, spans: list[Span]) -> Quote:
    first = max(spans[0][0] - MAX_QUOTE // 3, 0) if len(sentence) > MAX_QUOTE else 0
    last = min(first + MAX_QUOTE, len(sentence))
    pieces: Quote = [("… ", False)] if first else []
    at = first
    for span in spans:
        start, end = max(span[0], at), min(span[1], last)
        if start < end:
            pieces += [(escape.fold(sentence[at:start]), False), (escape.fold(sentence[start:end]), True)]
            at = end
    pieces.append((escape.fold(sentence[at:last]), False))
    if last < len(sentence):
        pieces.append((" …", False))
    return [(text, marked) for text, marked in pieces if text]
