"""What the API serves: one table, of which the routes and the OpenAPI document are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from operator import itemgetter
from typing import Any, TypeVar

from monitor import search
from monitor.errors import AlertReason
from monitor.model import Entity, Outlet, Standing
from monitor.ports import Store
from monitor.query import entities_in, parse
from monitor.review import atom, objects
from monitor.review.plain import plain
from monitor.review.timeline import timeline
from monitor.views import Filter
from monitor.web import parameters as of
from monitor.web import schemas
from monitor.web.asked import number
from monitor.web.configured import Configured
from monitor.web.parameters import Parameter
from monitor.web.screens import STATES

T = TypeVar("T")
JSON, ATOM = "application/json", "application/atom+xml"


@dataclass(frozen=True, slots=True)
class Look:
    """What an answer is made of. `given`: the parameters; `id`: from the path; `here`: the address that was asked."""

    store: Store
    configured: Configured
    now: datetime
    given: Mapping[str, Any]
    id: str = ""
    here: str = ""

    @property
    def number(self) -> int:
        """The id as SQLite has them; 0, which nothing has, for what is none."""
        return number(self.id) or 0

    def entities(self) -> Iterable[Entity]:
        """The configured entities where the query names one."""
        query = self.given.get("q")
        return self.configured.entities() if query and entities_in(parse(query)) else ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that is served. `answer`: its JSON Schema. `work`: makes it, in a thread that has a store; None: there
    is none of this id. Raises QueryError and CursorError for what was asked wrongly. `number`: the id is one.
    """

    path: str
    name: str
    summary: str
    answer: schemas.Schema
    work: Callable[[Look], object]
    parameters: tuple[Parameter, ...] = ()
    media: str = JSON
    number: bool = field(default=False)

    @property
    def one(self) -> bool:
        """Whether it is one thing by its id."""
        return self.path.endswith("{id}")


# ---- the archive


def _hits(look: Look) -> search.Page[Any]:
    given = look.given
    return search.hits(
        look.store, of.wanted(given), given.get("q", ""), tuple(look.entities()), after=given.get("after", ""),
        sort=search.Sort(given.get("sort", "newest")),
    )  # fmt: skip


def hits(look: Look) -> object:
    """A page of hits."""
    page = _hits(look)
    marks = look.store.marks.of([row.hit.id for row in page.rows])
    return _page("hits", page, lambda row: objects.hit(row, marks.get(row.hit.id)))


def feed(look: Look) -> object:
    """The same as a feed."""
    title = atom.title(of.wanted(look.given), look.given.get("q", ""))
    return atom.feed(_hits(look).rows, title, look.now, look.here)


def hit(look: Look) -> object:
    """One hit, with the other articles of its story."""
    row = look.store.hits.get(look.number)
    if row is None:
        return None
    story = look.store.articles.rows(Filter(story=row.hit.story_id, limit=100))
    mark = look.store.marks.of([row.hit.id]).get(row.hit.id)
    return objects.hit_shown(row, mark, [other for other in story if other.id != row.article.id])


def articles(look: Look) -> object:
    """A page of articles."""
    given = look.given
    page = search.articles(
        look.store, of.wanted(given), given.get("q", ""), tuple(look.entities()), after=given.get("after", ""),
        sort=search.Sort(given.get("sort", "newest")),
    )  # fmt: skip
    return _page("articles", page, lambda found: objects.article(found.row, found.hit))


def article(look: Look) -> object:
    """One article with its text."""
    found = look.store.articles.get(look.number)
    if found is None:
        return None
    number = found.row.id
    versions, held = look.store.articles.versions(number), look.store.hits.of(number)
    return objects.article_shown(found, versions, held, diff=False)


def stories(look: Look) -> object:
    """A page of stories. What hits while somebody walks through it does not move them in their walk."""
    limit, after = look.given.get("limit", of.PAGE), look.given.get("after")
    top, before = search.read_cursor(after, "s", 2) if after else (None, None)
    rows = look.store.stories.newest(limit + 1, top=top, before=before)
    shown = rows[:limit]
    following = f"s{top or rows[0].last_hit:x}-{shown[-1].last_hit:x}" if len(rows) > limit else ""
    return _page("stories", search.Page(tuple(shown), following), plain)


def story(look: Look) -> object:
    """How one went."""
    found = timeline(look.store, look.id)
    return None if found is None else objects.story_shown(found)


# ---- what is told


def alerts(look: Look) -> object:
    """A page of alerts."""
    given, wanted = look.given, _below(look)
    rows = look.store.alerts.rows(
        replace(wanted, limit=wanted.limit + 1), states=given.get("state", ()), reason=given.get("reason"),
        held=given.get("held", False),
    )  # fmt: skip
    return _page("alerts", search.page_of(rows, wanted.limit, lambda row: row.alert.id), plain)


def alert(look: Look) -> object:
    """One alert with what was decided of it."""
    number = look.number
    row = look.store.alerts.get(number)
    if row is None:
        return None
    decided = look.store.alerts.decisions(alert_id=number, limit=1_000)[::-1]
    there = look.store.hits.many([*look.store.alerts.hits(number)])
    return objects.alert_shown(row, decided, sorted(there))


def silences(look: Look) -> object:
    """A page of silences."""
    wanted = _below(look)
    lasting = None if look.given.get("all") else look.now
    rows = look.store.silences.rows(limit=wanted.limit + 1, before=wanted.before, lasting=lasting)
    return _page("silences", search.page_of(rows, wanted.limit, lambda one: one.id), lambda one: _silence(look, one))


def silence(look: Look) -> object:
    """One silence."""
    found = look.store.silences.get(look.number)
    return None if found is None else _silence(look, found)


def _silence(look: Look, one: Any) -> object:
    return objects.silence(one, look.now)


def _below(look: Look) -> Filter:
    after = look.given.get("after")
    return replace(of.wanted(look.given), before=search.read_cursor(after, "n", 1)[0] if after else None)


# ---- what is configured


def rules(look: Look) -> object:
    """A page of the rules, by id."""
    return _listed(look, "rules", [((rule.id,), rule) for rule in look.configured.rules()])


def rule(look: Look) -> object:
    """One rule."""
    return next((plain(one) for one in look.configured.rules() if one.id == look.id), None)


def outlets(look: Look) -> object:
    """A page of sources, by outlet."""
    known = look.configured.outlets()
    keyed = [((one.id, source.url), replace(one, sources=(source,))) for one in known for source in one.sources]
    return _listed(look, "outlets", keyed, lambda shown: _sources(look.store, shown))


def outlet(look: Look) -> object:
    """One outlet with its sources."""
    found = next((one for one in look.configured.outlets() if one.id == look.id), None)
    if found is None:
        return None
    rows = _sources(look.store, [found])
    return plain({"outlet": found.id, "name": found.name, "language": found.language, "sources": rows})


def _sources(store: Store, shown: Sequence[Outlet]) -> list[objects.Object]:
    return objects.sources(shown, store.outlets.rows({one.id for one in shown}), store.health.ailments())


def _listed(
    look: Look, name: str, rows: Sequence[tuple[tuple[str, ...], T]], made: Callable[[list[T]], Iterable[object]] = iter
) -> object:
    """Return the rows whose key follows that of the cursor: one that has gone meanwhile leaves no gap. `made`: what is
    shown of them.
    """
    after, limit = look.given.get("after"), look.given.get("limit", of.PAGE)
    begin = _read_key(after) if after else ()
    rest = nsmallest(limit + 1, (row for row in rows if row[0] > begin), key=itemgetter(0))
    shown = rest[:limit]
    following = _key(shown[-1][0]) if len(rest) > limit else ""
    return _page(name, search.Page(tuple(made([row for _, row in shown])), following), plain)


def _key(key: tuple[str, ...]) -> str:
    """Return a cursor: ids have no spaces, so that any text behind the k is a key that may have been."""
    return "k" + " ".join(key)


def _read_key(text: str) -> tuple[str, ...]:
    return tuple(text[1:].split(" ", 1))


def _page(name: str, page: search.Page[T], shown: Callable[[T], object]) -> dict[str, object]:
    return {name: [shown(row) for row in page.rows], "next": page.next or None}


# ---- the table

_WINDOW = (of.RULE, of.OUTLET, of.STORY, of.SINCE, of.UNTIL, of.LIMIT)
_SEARCHED = (of.QUERY, *_WINDOW, of.LANG, of.SORT, of.cursor(f"(n{of.NUMBER}|r{of.NUMBER}-{of.NUMBER})"))
_STANDING = of.choice("standing", "Only hits that stand so.", [*Standing])
_NUMBERED, _KEYED = of.cursor(f"n{of.NUMBER}"), of.cursor("k(.|\n)*")
_ALERTS = (
    *_WINDOW,
    of.choice("state", "Only with a message in one of these states.", STATES, many=True),
    of.choice("reason", "Only those last told, or waiting, for this reason.", [*AlertReason]),
    of.flag("held", "Only those that wait although they were due."),
    _NUMBERED,
)


def _one(kind: str, schema: str, summary: str, work: Callable[[Look], object], *, number: bool = True) -> Endpoint:
    plural = "stories" if kind == "story" else f"{kind}s"
    return Endpoint(f"/api/v1/{plural}/{{id}}", kind, summary, schemas.ref(schema), work, number=number)


def _many(name: str, row: str, summary: str, work: Callable[[Look], object], *given: Parameter) -> Endpoint:
    return Endpoint(f"/api/v1/{name}", name, summary, schemas.page(name, row), work, given)


ENDPOINTS = (
    _many("hits", "Hit", "Hits, newest first", hits, *_SEARCHED, _STANDING),
    _one("hit", "HitShown", "A hit with the other articles of its story", hit),
    _many("articles", "ArticleFound", "Articles, newest first", articles, *_SEARCHED),
    _one("article", "ArticleShown", "An article with its text, hits and versions", article),
    _many("stories", "Story", "Stories by their newest hits", stories, of.LIMIT,
          of.cursor(f"s{of.NUMBER}-{of.NUMBER}")),
    _one("story", "StoryShown", "How a story went, by any id it ever had", story, number=False),
    _many("rules", "Rule", "The rules in force, by id", rules, of.LIMIT, _KEYED),
    _one("rule", "Rule", "A rule", rule, number=False),
    _many("outlets", "Source", "The sources of all outlets and how they fare", outlets, of.LIMIT, _KEYED),
    _one("outlet", "Outlet", "An outlet with its sources", outlet, number=False),
    _many("alerts", "Alert", "Alerts with their messages, newest first", alerts, *_ALERTS),
    _one("alert", "AlertShown", "An alert, what was decided of it, its hits", alert),
    _many("silences", "Silence", "Silences, newest first", silences,
          of.flag("all", "Those that have ended too."), of.LIMIT, _NUMBERED),
    _one("silence", "Silence", "A silence", silence),
    Endpoint("/hits.atom", "feed", "Hits as an Atom feed", schemas.TEXT, feed, (*_SEARCHED, _STANDING), ATOM),
)  # fmt: skip
"""All but the document itself."""
