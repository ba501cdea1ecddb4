"""What polls and readings leave in the store: the halves of `poll` and `read` that run in the writer's transaction.

take_list(…)      new links by their standing, changed ids and dates, what is told of it, when to ask next
take_article(…)   the article, its place, its hits, their alerts, when to read it again
take_nothing(…)   a page read again that was as before, or was not there
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import partial

from monitor.errors import AlertReason, Reason
from monitor.extract import memory
from monitor.fetch import again, policy
from monitor.kept import kept, requoted
from monitor.model import (
    Article,
    Channel,
    Hit,
    Link,
    LinkState,
    Memory,
    Outlet,
    Page,
    Reading,
    Route,
    Rule,
    Standing,
    TextKind,
)
from monitor.notify import plan
from monitor.outlets import cadence, novelty
from monitor.ports import Store
from monitor.story.fingerprint import fingerprint, similarity
from monitor.views import DueSource, EventRow, Placement, Saved, StoredArticle

# What repeats a title of its outlet is another article where less of its text than this was in that one.
SAME_TEXT = 0.5


@dataclass(frozen=True, slots=True)
class Orders:
    """What the configuration asks for, by id. `lease`: seconds a link stays ours after a crash."""

    outlets: Mapping[str, Outlet]
    rules: Mapping[str, Rule]
    channels: Mapping[str, Channel]
    routes: tuple[Route, ...]
    timezone: tzinfo = UTC
    rules_since: Mapping[str, datetime] = field(default_factory=dict)
    baseline_pages: int = 20
    lease: float = 600.0


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a link did. `text` None: nothing was stored, for `reason`."""

    link: Link
    text: TextKind | None = None
    reason: Reason | None = None
    hits: int = 0
    """Hits that were not there before."""
    held: int = 0
    """Those of them that open no alert: the baseline's, and what no route takes."""


def take_list(
    store: Store, orders: Orders, source: DueSource, outlet: Outlet, answer: cadence.Answer, now: datetime
) -> list[Link]:
    """Keep what a source listed; return the links to read now, leased."""
    found, lease = answer.found, orders.lease
    links = found.links if found else ()
    taken = store.links.take_up(source.id, now, limit=novelty.MAX_NEW, abroad=novelty.MAX_ABROAD, lease=lease)
    room = novelty.Room(
        orders.baseline_pages,
        novelty.MAX_NEW - len(taken),
        novelty.MAX_ABROAD - sum(link.abroad for link in taken),
    )
    had = store.links.known(links, source.id)
    news = novelty.weigh(links, had, source, outlet, now, room, found.same if found else 0)
    new = store.links.add(news.links, source.id, now, lease=lease)
    store.links.move(news.moved, now)
    for kind, detail in news.events:
        store.upkeep.event(EventRow(kind, now, outlet.id, detail=detail))
    if found and found.titles:
        store.outlets.learn(outlet.id, partial(memory.merge, gain=Memory(titles=found.titles)))
    store.outlets.record(cadence.answered(source, outlet, answer, news, now))
    return taken + new


@dataclass(frozen=True, slots=True)
class Item:
    """A reading on its way into the store. `placement`: where it stands. `retry`: the page may be
    there later.
    """

    link: Link
    reading: Reading
    retry: bool
    placement: Placement
    page: Page | None = None


def take_article(store: Store, orders: Orders, item: Item, now: datetime) -> tuple[Placement | None, Read]:
    """Write one article with all that follows from it; return its placement, for the memory of stories."""
    link, reading, article = item.link, item.reading, item.reading.article
    before = store.articles.get(link.article_id) if link.article_id else None
    if link.article_id and before is None:
        return None, Read(link)  # it was taken out meanwhile
    if before is not None and _is_another(item, before):
        # Its address leads elsewhere now: to the home page, or to another article.
        return None, take_nothing(store, link, now, gone=False)
    how = orders.outlets[link.outlet].keep_text if link.outlet in orders.outlets else "full"
    saved = store.articles.save(
        article,
        fetched_at=now,
        standing=link.standing,
        known_id=link.article_id,
        listed_as=link.canonical,
        kept=kept(reading, how),
    )
    placement, new, held = item.placement, [], 0
    known = None if saved.created else store.articles.get(saved.article_id)
    if known is not None and known.row.story_id:
        # An article that was completed or revised stays in the story people were told about.
        placement = replace(placement, story_id=known.row.story_id)
    else:
        # A person may have merged it into another one that memory does not know yet.
        placement = replace(placement, story_id=store.stories.resolve(placement.story_id))
    store.stories.place(placement, saved.article_id, now)
    if reading.hits:
        revised = before is not None and saved.changed and before.article.text is TextKind.FULL
        link = replace(link, standing=_standing(store, item, article))
        found = [_newest_first(hit, article, before) if revised else hit for hit in reading.hits]
        hits = [
            replace(
                hit, article_id=saved.article_id, revision=saved.revision, found_at=now, story_id=placement.story_id,
                standing=plan.standing(link, orders.rules_since.get(hit.rule_id), revised=revised),
            )
            for hit in requoted(found, reading, how)
        ]  # fmt: skip
        new = store.hits.add(hits)
        held = len(new) - _alert(store, orders, link, article, new, now, revised=revised)
    if saved.changed and not saved.created:
        _settle(store, orders, item, saved, now)
    store.outlets.learn(link.outlet, partial(memory.merge, gain=reading.gain))
    # A paywall's page says no more next time.
    reason = None if article.text is TextKind.FULL else article.reason
    outcome = policy.outcome(link, reason, article.detail, now, retry=item.retry)
    etag, last_modified = policy.validators(item.page.headers if item.page else {})
    outcome = again.after(
        outcome, link, article, now, hits=bool(reading.hits), changed=saved.changed, etag=etag,
        last_modified=last_modified,
    )  # fmt: skip
    store.links.finish(replace(outcome, article_id=saved.article_id))
    return placement, Read(link, article.text, article.reason, len(new), held)


def known_of(store: Store, link: Link) -> tuple[Memory, str]:
    """Return what a link's reading needs: what its outlet's pages taught, and the story of the article that it led to
    before, "" for none.
    """
    known = store.articles.row(link.article_id) if link.article_id else None
    return store.outlets.memory(link.outlet), known.story_id if known else ""


def take_nothing(store: Store, link: Link, now: datetime, *, gone: bool) -> Read:
    """Note that a page which was read before said nothing new."""
    known = store.articles.get(link.article_id)
    if known is None:
        store.links.finish(policy.outcome(link, None, "", now, retry=False))
        return Read(link)
    store.links.finish(again.unchanged(link, known.article, now, hits=known.row.hits > 0, gone=gone))
    return Read(link, known.article.text, known.article.reason)


def _is_another(item: Item, stored: StoredArticle) -> bool:
    """Say whether what was read again is no later form of what was read before: address, title and text are others."""
    article, before = item.reading.article, stored.article
    if item.link.state is not LinkState.AGAIN or article.title == before.title:
        return False
    if (article.canonical_url or article.url) == (before.canonical_url or before.url):
        return False
    return similarity(item.reading.traits.sketch, _sketch(stored)) < SAME_TEXT


def _sketch(stored: StoredArticle) -> tuple[int, ...]:
    """Return by what an article's text is compared, where it was not kept too."""
    if stored.sketch is not None:
        return stored.sketch
    return fingerprint(stored.article.title, stored.article.body)


def _standing(store: Store, item: Item, article: Article) -> Standing:
    """Return how an article stands: one of a past published again is new where its text is another than that of the
    link it repeats.
    """
    link = item.link
    if link.standing is not Standing.BACKFILL or article.text is not TextKind.FULL:
        return link.standing
    first = store.links.get(link.repeats)
    known = store.articles.get(first.article_id) if first and first.article_id else None
    if known is None or known.article.text is not TextKind.FULL:
        return link.standing
    return link.standing if similarity(item.reading.traits.sketch, _sketch(known)) >= SAME_TEXT else Standing.LIVE


def _newest_first(hit: Hit, article: Article, before: StoredArticle | None) -> Hit:
    """Return a hit whose evidence begins with what the article did not say before."""
    old = {block.text for block in before.article.blocks} if before else set()
    ranked = sorted(hit.evidence, key=lambda piece: piece.block is None or article.blocks[piece.block].text in old)
    return replace(hit, evidence=tuple(ranked))


def _settle(store: Store, orders: Orders, item: Item, saved: Saved, now: datetime) -> None:
    """Note which hits of an article its new version no longer bears out: those of rules that do not hold on it.

    A rule that is another one now, or none, says nothing of what the article says: its hit is gone with the sentences
    that it quotes.
    """
    article, held = item.reading.article, {hit.rule_id for hit in item.reading.hits}
    said = {article.title, article.standfirst, *(block.text for block in article.blocks)}
    asked = set()
    for hit in store.hits.of(saved.article_id):
        rule = orders.rules.get(hit.rule_id)
        same = rule is not None and rule.version in {"", hit.rule_version}
        fits = rule is not None and (not rule.languages or article.language in rule.languages)
        quotes = {piece.quote or piece.surface for piece in hit.evidence} - {""}
        left_out = bool(quotes) and not any(quote in text for quote in quotes for text in said)
        if (same and fits) or left_out:
            asked.add(hit.rule_id)
    store.hits.settle(saved.article_id, held, asked, saved.revision, now)


def _alert(
    store: Store, orders: Orders, link: Link, article: Article, hits: Sequence[Hit], now: datetime, *, revised: bool
) -> int:
    """Open the alerts of new hits, or join them; return how many hits have one."""
    planned = plan.alerts_for(
        hits, rules=orders.rules, outlet_id=link.outlet, language=article.language, routes=orders.routes, now=now,
        revised=revised,
    )  # fmt: skip
    for one in planned:
        if one.alert is not None:
            store.alerts.open(one.alert, one.hit.id, now)
    return len({one.hit.id for one in planned if one.reason in {AlertReason.FIRST, AlertReason.REVISED}})
