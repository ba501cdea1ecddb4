"""What programs get of the archive: the objects of `--json` and of the page's API, built in one place. Pure.

Their fields are relied on by other programs: add, do not rename.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from monitor.review.plain import plain

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.model import Hit, Outlet, Silence
    from monitor.review.timeline import Timeline
    from monitor.views import ArticleRow, HitRow, OutletRow, StoredArticle, Version
    from monitor.views_alerts import AlertRow, Decided, Marked
    from monitor.views_health import Ailment

Object = dict[str, Any]


def hit(row: HitRow, mark: Marked | None) -> Object:
    """Return a hit: flat, evidence with sentence and spans."""
    found, article = row.hit, row.article
    return {
        "id": found.id,
        "rule": found.rule_id,
        "rule_version": found.rule_version,
        "found_at": plain(found.found_at),
        "standing": found.standing,
        "mark": plain(mark),
        "version": found.revision,
        "gone_at": plain(found.gone_at),
        "gone_version": found.gone_revision or None,
        "story": found.story_id,
        "outlet": article.outlet_id,
        "article": article.id,
        "title": plain(article.title),
        "url": plain(article.url),
        "language": article.language,
        "published": plain(article.published),
        "text": article.text,
        "reason": article.reason,
        "evidence": [
            {
                "clause": piece.clause,
                "entity": piece.entity,
                "field": piece.field,
                "block": piece.block,
                "span": plain(piece.span),
                "surface": plain(piece.surface),
                "sentence": plain(piece.quote),
                "sentence_span": plain(piece.sentence),
                "mark": plain(piece.mark),
            }
            for piece in found.evidence
        ],
    }


def hit_shown(row: HitRow, mark: Marked | None, others: Iterable[ArticleRow]) -> Object:
    """Return a hit with the other articles of its story."""
    return {**hit(row, mark), "story": [plain(other) for other in others]}


def article(row: ArticleRow, found: Hit | None = None) -> Object:
    """Return an article of a listing; with `found`, where a query held in it, the first sentence too."""
    shown: Object = plain(row)
    if found is None:
        return shown
    return {**shown, "sentence": plain(found.evidence[0].quote if found.evidence else "")}


def article_shown(found: StoredArticle, versions: Sequence[Version], hits: Sequence[Hit], *, diff: bool) -> Object:
    """Return an article with its text, hits and versions; `diff`: with what each version changed."""
    said = found.article
    shown = {
        **plain(found.row),
        **{name: plain(getattr(said, name)) for name in ("authors", "updated", "section", "wire", "standfirst")},
        "version": found.revision,
        "blocks": [{"role": block.role.value, "text": plain(block.text)} for block in said.blocks],
        "hits": [
            {"id": one.id, "rule": one.rule_id, "rule_version": one.rule_version, "found_at": plain(one.found_at),
             "version": one.revision, "gone_at": plain(one.gone_at), "gone_version": one.gone_revision or None}
            for one in hits
        ],
        "versions": [{"version": one.revision, "until": plain(one.until)} for one in versions],
    }  # fmt: skip
    if diff:
        shown["changes"] = [
            {
                "from": before.revision,
                "to": after.revision,
                "at": plain(before.until),
                "paragraphs": _pieces(before, after),
            }
            for before, after in pairwise(versions)
        ]
    return shown


def _pieces(before: Version, after: Version) -> list[list[dict[str, str]]]:
    from monitor.review.changes import changes

    return [
        [{"change": piece.change.value, "text": plain(piece.text)} for piece in paragraph]
        for paragraph in changes(before, after)
    ]


def story_shown(found: Timeline) -> Object:
    """Return how a story went."""
    return {
        "id": found.id,
        "agencies": plain(found.agencies),
        "articles": [
            {**plain(one.article), "at": plain(one.at), "part": one.part.value, "copy_of": one.copy_of or None,
             "similarity": one.similarity, "wire": plain(one.wire)}
            for one in found.entries
        ],
        "related": [plain(other) for other in found.related],
    }  # fmt: skip


def sources(outlets: Iterable[Outlet], known: Iterable[OutletRow], ailments: Iterable[Ailment]) -> list[Object]:
    """Return each configured source with how it fares, outlet by outlet. Times and troubles are records still."""
    rows = {(row.outlet_id, row.url): row for row in known}
    ill: dict[str, list[Ailment]] = {}
    for one in ailments:
        ill.setdefault(one.outlet_id, []).append(one)
    found = []
    for outlet in outlets:
        for source in outlet.sources:
            row = rows.get((outlet.id, source.url))
            found.append(
                {
                    "outlet": outlet.id,
                    "name": outlet.name,
                    "language": outlet.language,
                    "source": source.url,
                    "kind": source.kind,
                    "articles": row.articles if row else 0,
                    "last_read": row.last_ok_at if row else None,
                    "failures": row.failures if row else 0,
                    "next": row.next_check_at if row else None,
                    "plan": row.plan if row else "",
                    "reason": row.reason if row else None,
                    "detail": row.detail if row else "",
                    "troubles": ill.get(outlet.id, []),
                }
            )
    return found


def alert_shown(row: AlertRow, decided: Iterable[Decided], hits: Sequence[int]) -> Object:
    """Return an alert with what was decided of it and the ids of its hits."""
    return {**plain(row), "decisions": [plain(one) for one in decided], "hits": [*hits]}


def silence(one: Silence, now: datetime) -> Object:
    """Return a silence, its matchers as they are written."""
    from monitor.notify.silences import written

    return {**plain(one), "matchers": plain(written(one.matchers)), "state": state(one, now)}


def state(one: Silence, now: datetime) -> str:
    """Say how a silence stands: it waits, is active or has ended."""
    return "ended" if one.ends_at <= now else "active" if one.starts_at <= now else "waits"
