"""What polls and readings leave in the store: the halves of `poll` and `read` that run in the writer's transaction.

take_list(…)      new links by their standing, changed ids and dates, what is told of it, when to ask next
take_article(…)   the article, its place, its hits, their alerts, when to read it again
take_nothing(…)   a page read again that was as before, or was not there
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from monitor import telling
from monitor.configured import Orders
from monitor.errors import Reason
from monitor.extract import memory
from monitor.fetch import again, policy
from monitor.kept import kept, requoted
from monitor.model import (
    Article,
    Hit,
    Link,
    LinkState,
    Memory,
    Outlet,
    Reading,
    Standing,
    TextKind,
)
from monitor.notify import plan
from monitor.notify.silences import silenced
from monitor.outlets import cadence, health, novelty
from monitor.ports import Store
from monitor.story.fingerprint import fingerprint, similarity
from monitor.views import DueSource, EventRow, Placement, Saved, StoredArticle
from monitor.views_alerts import Changed
from monitor.views_health import Glance

# What repeats a title of its outlet is another article where less of its text than this was in that one.
SAME_TEXT = 0.5


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
    glance: Glance | None = None
    """What it shows of its outlet; None: nothing."""


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
    """A reading on its way into the store. `placement`: where it stands. `retry`: the page may be there later. `etag`,
    `last_modified`: what to ask for it with next time, "" for none.
    """

    link: Link
    reading: Reading
    retry: bool
    placement: Placement
    etag: str = ""
    last_modified: str = ""
    new_name: bool = False
    """It has a name that no other article of its story has."""


def take_article(store: Store, orders: Orders, item: Item, now: datetime) -> tuple[Placement | None, Read]:
    """Write one article with all that follows from it; return its placement, for the memory of stories."""
    link, reading, article = item.link, item.reading, item.reading.article
    before = store.articles.get(link.article_id) if link.article_id else None
    if link.article_id and before is None:
        return None, Read(link)  # it was taken out meanwhile
    if before is not None and _is_another(item, before):
        # Its address leads elsewhere now: to the home page, or to another article.
        return None, take_nothing(store, orders, link, now, gone=False)
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
        scene = _scene(store, orders, item, placement.story_id, revised=revised)
        hits = _hits(store, orders, link, requoted(found, reading, how), scene, now)
        new = store.hits.add([replace(hit, article_id=saved.article_id, revision=saved.revision) for hit in hits])
        held = len(new) - telling.take_hits(store, orders, scene, new, now)
    if saved.changed and not saved.created:
        _settle(store, orders, item, saved, now)
        if before is not None and before.article.text is TextKind.FULL:
            _tell_headline(store, orders, saved.article_id, before.article.title, article.title, now)
    store.outlets.learn(link.outlet, partial(memory.merge, gain=reading.gain))
    # A paywall's page says no more next time.
    reason = None if article.text is TextKind.FULL else article.reason
    outcome = policy.outcome(link, reason, article.detail, now, retry=item.retry)
    outcome = again.after(
        outcome, link, article, now, hits=bool(reading.hits), changed=saved.changed, etag=item.etag,
        last_modified=item.last_modified,
    )  # fmt: skip
    store.links.finish(replace(outcome, article_id=saved.article_id))
    seen = health.glance(item.link, article, article.reason, now)
    return placement, Read(link, article.text, article.reason, len(new), held, seen)


def known_of(store: Store, link: Link) -> tuple[Memory, str]:
    """Return what a link's reading needs: what its outlet's pages taught, and the story of the article that it led to
    before, "" for none.
    """
    return store.outlets.memory(link.outlet), story_of(store, link)


def story_of(store: Store, link: Link) -> str:
    """Return the story of the article that a link led to before, "" for none."""
    known = store.articles.row(link.article_id) if link.article_id else None
    return known.story_id if known else ""


def take_nothing(store: Store, orders: Orders, link: Link, now: datetime, *, gone: bool, missing: bool = False) -> Read:
    """Note that a page which was read before said nothing new. `gone`: it will not be there again. `missing`: it is not
    there now; where it was not the last time either, it is gone: one 404 may be a slip of its server.
    """
    gone = gone or (missing and link.missing)
    known = store.articles.get(link.article_id)
    if known is None:
        store.links.finish(policy.outcome(link, None, "", now, retry=False))
        return Read(link)
    store.links.finish(again.unchanged(link, known.article, now, hits=known.row.hits > 0, gone=gone, missing=missing))
    if gone and known.row.hits:
        telling.take_change(store, orders, Changed(link.article_id, "deleted", known.article.title), now)
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


def _scene(store: Store, orders: Orders, item: Item, story_id: str, *, revised: bool) -> plan.Scene:
    """Return what routes choose by. How many tell the story is counted only where a route asks for it."""
    counted = any(route.min_outlets for route in orders.by_route.values())
    return plan.Scene(
        orders.outlet(item.link.outlet),
        item.reading.article.language,
        story_id,
        store.stories.outlets(story_id) if counted else 1,
        revised,
        item.new_name,
    )


def _hits(
    store: Store, orders: Orders, link: Link, found: Iterable[Hit], scene: plan.Scene, now: datetime
) -> list[Hit]:
    """Return hits of rules in force as they stand: live, of a past, in shadow, silenced. A reader that was at work when
    the rules changed may bring some of a rule that is gone.
    """
    silences, hits = store.silences.active(now), []
    for hit in found:
        rule = orders.rules.get(hit.rule_id)
        if rule is None or plan.ended(rule, now):
            continue
        stands = plan.standing(
            link, rule, orders.rules_since.get(hit.rule_id), revised=scene.revised,
            silence=silenced(silences, scene.facts(rule), now),
        )  # fmt: skip
        hits.append(replace(hit, found_at=now, story_id=scene.story_id, standing=stands))
    return hits


def _tell_headline(store: Store, orders: Orders, number: int, before: str, after: str, now: datetime) -> None:
    """Tell of a headline that says something else; letters' case and signs say nothing."""
    if _letters(before) != _letters(after):
        telling.take_change(store, orders, Changed(number, "headline", before, after), now)


def _letters(title: str) -> str:
    return "".join(filter(str.isalnum, title.casefold()))


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
    for hit in store.hits.settle(saved.article_id, held, asked, saved.revision, now):
        quote = next((piece.quote or piece.surface for piece in hit.evidence), "")
        change = Changed(saved.article_id, "sentence", quote, rule_id=hit.rule_id)
        telling.take_change(store, orders, change, now)
