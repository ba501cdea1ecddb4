"""Links: each known once within an outlet by canonical URL, and by guid within its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.model import Link, LinkState, Standing
from monitor.store.codec import ahead, moment, moment_or_none, stamp, stamp_or_none
from monitor.store.rows import Row, Sql
from monitor.views import LinkOutcome

_ADD = """
INSERT INTO links (
    outlet_id, source_id, url, canonical, guid, title, summary, author, content, published, first_seen, standing,
    state, next_at, leased
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""
_DUE = """
SELECT l.*, s.url AS source
FROM links l JOIN sources s ON s.id = l.source_id
WHERE l.state IN ('new', 'partial', 'again') AND l.next_at <= ?
ORDER BY l.next_at, l.id LIMIT ?
"""
_FINISH = """
UPDATE links SET
    state = ?, attempts = ?, reason = ?, detail = ?, next_at = ?, leased = 0,
    article_id = coalesce(nullif(?, 0), article_id)
WHERE id = ?
"""


class SqlLinks:
    """The LinksTable port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def add(
        self,
        links: Sequence[Link],
        source_id: int,
        now: datetime,
        *,
        standing: Standing,
        read: int,
        lease: float,
    ) -> list[Link]:
        """Keep those not known yet; the first `read` new ones come back leased."""
        seen, leased_until = stamp(now), ahead(now, lease)
        shared = _shared_guids(links)
        new: list[Link] = []
        for link in links:
            wanted = len(new) < read
            state = LinkState.NEW if wanted else LinkState.LISTED
            guid = "" if link.guid in shared else link.guid
            number = self._sql.insert(
                _ADD, link.outlet, source_id, link.url, link.canonical or link.url, guid, link.title, link.summary,
                link.author, link.content, stamp_or_none(link.published), seen, standing.value, state.value,
                leased_until if wanted else None, int(wanted),
            )  # fmt: skip
            if number is not None and wanted:
                new.append(replace(link, id=number, first_seen=now, state=state, standing=standing))
        return new

    def lease_due(self, now: datetime, *, limit: int, lease: float) -> list[Link]:
        """Take links to read or to complete, the longest due first."""
        rows = self._sql.all(_DUE, stamp(now), limit)
        self._sql.write_many(
            "UPDATE links SET next_at = ?, leased = 1 WHERE id = ?", [(ahead(now, lease), row["id"]) for row in rows]
        )
        return [_link(row) for row in rows]

    def give_back(self, link_ids: Sequence[int], now: datetime) -> None:
        """End these leases."""
        at = stamp(now)
        self._sql.write_many(
            "UPDATE links SET next_at = ?, leased = 0 WHERE id = ? AND leased = 1",
            [(at, number) for number in link_ids],
        )

    def finish(self, outcome: LinkOutcome) -> None:
        """Write how reading ended. Raises ValueError for a `new` or `partial` one without `next_at`."""
        waits = outcome.state in {LinkState.NEW, LinkState.PARTIAL}
        if waits and outcome.next_at is None:
            raise ValueError(f"link {outcome.link_id} is {outcome.state} but has no next_at: it would never be read")
        self._sql.write(
            _FINISH, outcome.state.value, outcome.attempts, outcome.reason.value if outcome.reason else None,
            outcome.detail, stamp_or_none(outcome.next_at) if waits else None, outcome.article_id, outcome.link_id,
        )  # fmt: skip


def _shared_guids(links: Sequence[Link]) -> set[str]:
    """Return the guids that one list gives to several articles: they identify none, and would hide all but one."""
    first: dict[str, str] = {}
    return {link.guid for link in links if first.setdefault(link.guid, link.canonical) != link.canonical}


def _link(row: Row) -> Link:
    return Link(
        outlet=row["outlet_id"],
        source=row["source"],
        url=row["url"],
        canonical=row["canonical"],
        guid=row["guid"],
        title=row["title"],
        summary=row["summary"],
        published=moment_or_none(row["published"]),
        first_seen=moment(row["first_seen"]),
        state=LinkState(row["state"]),
        author=row["author"],
        content=row["content"],
        standing=Standing(row["standing"]),
        id=row["id"],
        attempts=row["attempts"],
        article_id=row["article_id"] or 0,
    )
