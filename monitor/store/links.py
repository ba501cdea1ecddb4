"""Links: each known once within an outlet by canonical URL, and by guid and title within its source.

They are known by digests, which outlive the texts: an outlet lists an article for as long as it likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.errors import Reason
from monitor.model import Link, LinkState, Standing
from monitor.parse.digest import exact
from monitor.store.codec import instant, instant_or_none, micros, micros_or_none
from monitor.store.rows import Row, Sql, Value
from monitor.store.schema_links import THIN
from monitor.views import Had, LinkOutcome, Moved

_AT_ONCE = 900

_ADD = """
INSERT INTO links (
    outlet_id, source_id, url, canonical, key, guid_key, name_key, title, summary, author, content, published, updated,
    first_seen, standing, title_key, abroad, repeats, state, next_at, leased
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""
_HAD = "SELECT id, key, guid_key, name_key, published, updated FROM links "
_BY_URL = _HAD + "WHERE outlet_id = ? AND key IN ({})"
# The conditions of the partial indexes are repeated, or these would read the whole table: 3 ms with 40,000 links.
_BY_GUID = _HAD + "WHERE source_id = ? AND guid_key IN ({}) AND guid_key <> 0"
_BY_TITLE = (
    "SELECT max(id) AS id, title_key FROM links WHERE outlet_id = ? AND title_key IN ({}) AND title_key <> 0 "
    "GROUP BY title_key"
)
_MOVE = "UPDATE links SET published = coalesce(?, published), updated = coalesce(?, updated) WHERE id = ?"
# Another link of the source may have this id and title already.
_RENAME = """
UPDATE links SET guid_key = ? WHERE id = ? AND guid_key <> 0 AND NOT EXISTS (
    SELECT 1 FROM links other
    WHERE other.source_id = links.source_id AND other.guid_key = ? AND other.guid_key <> 0
        AND other.name_key = links.name_key
)
"""
# A feed of few entries that gives all of them the time of the poll would have them read at every poll.
# Also where it is to be read again by itself: of an article with hits that is up to six days away.
_AGAIN = """
UPDATE links SET state = 'again', next_at = ?
WHERE id = ? AND (state = 'read' OR (state = 'again' AND leased = 0 AND next_at > ?)) AND rereads < 12
"""
# What was left out when the article was made stands there.
WHOLE = """
SELECT l.*, s.url AS source, a.url AS article_url, a.canonical AS article_canonical, a.title AS article_title
FROM links l JOIN sources s ON s.id = l.source_id LEFT JOIN articles a ON a.id = l.article_id
"""
_WAITING = WHOLE + "WHERE l.state = 'waiting' AND l.source_id = ? AND l.abroad = ? ORDER BY l.id LIMIT ?"
_ONE = WHOLE + "WHERE l.id = ?"
_DUE = WHOLE + "WHERE l.state IN ('new', 'partial', 'again') AND l.next_at <= ? ORDER BY l.next_at, l.id LIMIT ?"
# What its entry said is needed until its page has been read. An article that was taken out meanwhile stays out.
_FINISH = """
UPDATE links SET
    state = ?, attempts = ?, reason = ?, detail = ?, next_at = ?, leased = 0, rereads = ?, etag = ?, last_modified = ?,
    article_id = coalesce(nullif(?, 0), article_id),
    summary = CASE WHEN ? = 1 THEN summary ELSE '' END, content = CASE WHEN ? = 1 THEN content ELSE '' END
WHERE id = ? AND state <> 'gone'
"""
_THIN = THIN.format("id = ? AND state IN ('read', 'again') AND article_id IS NOT NULL")


class SqlLinks:
    """The LinksTable port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def known(self, links: Sequence[Link], source_id: int) -> list[Had | None]:
        """Return what is known of each."""
        if not links:
            return []
        sql, outlet = self._sql, links[0].outlet
        urls, guids = [_key(link) for link in links], [exact(link.guid) for link in links]
        by_url = {row["key"]: row for row in _among(sql, _BY_URL, outlet, urls)}
        shared = _shared_guids(links)
        rest = [(link, guid) for link, url, guid in zip(links, urls, guids, strict=True) if url not in by_url]
        by_guid: dict[int, list[Row]] = {}
        for row in _among(sql, _BY_GUID, source_id, [guid for link, guid in rest if guid and link.guid not in shared]):
            by_guid.setdefault(row["guid_key"], []).append(row)
        titles = [link.title_key for link, _ in rest if link.title_key]
        by_title = {row["title_key"]: row["id"] for row in _among(sql, _BY_TITLE, outlet, titles)}
        return [
            _had(link, guid, by_url.get(url), by_guid.get(guid, ()), by_title)
            for link, url, guid in zip(links, urls, guids, strict=True)
        ]

    def add(self, links: Sequence[Link], source_id: int, now: datetime, *, lease: float) -> list[Link]:
        """Keep those not known yet; the `new` ones come back leased."""
        leased_until = micros(now + timedelta(seconds=lease))
        shared = _shared_guids(links)
        new: list[Link] = []
        for link in links:
            wanted = link.state is LinkState.NEW
            number = self._sql.insert(
                _ADD, link.outlet, source_id, link.url, "" if link.canonical == link.url else link.canonical,
                _key(link), 0 if link.guid in shared else exact(link.guid), exact(link.title), link.title, link.summary,
                link.author, link.content, micros_or_none(link.published), micros_or_none(link.updated), micros(now),
                link.standing.value, link.title_key, int(link.abroad), link.repeats, link.state.value,
                leased_until if wanted else None, int(wanted),
            )  # fmt: skip
            if number is not None and wanted:
                new.append(replace(link, id=number, first_seen=now))
        return new

    def take_up(self, source_id: int, now: datetime, *, limit: int, abroad: int, lease: float) -> list[Link]:
        """Make waiting links new and leased, the longest waiting first."""
        rows = self._sql.all(_WAITING, source_id, 1, min(abroad, limit))
        rows += self._sql.all(_WAITING, source_id, 0, limit - len(rows))
        until = micros(now + timedelta(seconds=lease))
        self._sql.write_many(
            "UPDATE links SET state = 'new', next_at = ?, leased = 1 WHERE id = ?", [(until, row["id"]) for row in rows]
        )
        return [replace(link_of(row), state=LinkState.NEW) for row in rows]

    def move(self, moved: Sequence[Moved], now: datetime) -> None:
        """Note new ids and dates."""
        for one in moved:
            self._sql.write(_MOVE, micros_or_none(one.published), micros_or_none(one.updated), one.id)
            if one.guid:
                guid = exact(one.guid)
                self._sql.write(_RENAME, guid, one.id, guid)
            if one.reread:
                self._sql.write(_AGAIN, micros(now), one.id, micros(now))

    def get(self, link_id: int) -> Link | None:
        """Return one."""
        row = self._sql.one(_ONE, link_id)
        return link_of(row) if row else None

    def lease_due(self, now: datetime, *, limit: int, lease: float) -> list[Link]:
        """Take links to read or to complete, the longest due first."""
        rows = self._sql.all(_DUE, micros(now), limit)
        until = micros(now + timedelta(seconds=lease))
        self._sql.write_many(
            "UPDATE links SET next_at = ?, leased = 1 WHERE id = ?", [(until, row["id"]) for row in rows]
        )
        return [link_of(row) for row in rows]

    def give_back(self, link_ids: Sequence[int], at: datetime) -> None:
        """End these leases."""
        due = micros(at)
        self._sql.write_many(
            "UPDATE links SET next_at = ?, leased = 0 WHERE id = ? AND leased = 1",
            [(due, number) for number in link_ids],
        )

    def finish(self, outcome: LinkOutcome) -> None:
        """Write how reading ended. Raises ValueError for one that is to be read without `next_at`."""
        waits = outcome.state in {LinkState.NEW, LinkState.PARTIAL, LinkState.AGAIN}
        if waits and outcome.next_at is None:
            raise ValueError(f"link {outcome.link_id} is {outcome.state} but has no next_at: it would never be read")
        self._sql.write(
            _FINISH, outcome.state.value, outcome.attempts, outcome.reason.value if outcome.reason else None,
            outcome.detail, micros_or_none(outcome.next_at) if waits else None, outcome.rereads, outcome.etag,
            outcome.last_modified, outcome.article_id, waits and outcome.state is not LinkState.AGAIN,
            waits and outcome.state is not LinkState.AGAIN, outcome.link_id,
        )  # fmt: skip
        self._sql.write(_THIN, outcome.link_id)


def _among(sql: Sql, query: str, first: Value, values: Sequence[Value]) -> list[Row]:
    """Return the rows of a query that ends in `IN ({})`, so many values at a time as SQLite before 3.32 took."""
    rows: list[Row] = []
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        rows += sql.all(query.format(", ".join("?" * len(part))), first, *part)
    return rows


def _key(link: Link) -> int:
    return exact(link.canonical or link.url)


def _had(link: Link, guid: int, same: Row | None, by_guid: Sequence[Row], by_title: Mapping[int, int]) -> Had | None:
    if same is None and by_guid:
        name = exact(link.title)
        same = next((row for row in by_guid if row["name_key"] == name), None)
    if same:
        renamed = bool(guid and same["guid_key"]) and same["guid_key"] != guid
        dates = instant_or_none(same["published"]), instant_or_none(same["updated"])
        return Had(same["id"], same=True, renamed=renamed, published=dates[0], updated=dates[1])
    # The first by the index, in whatever order the rows came.
    first = min(by_guid, key=lambda row: int(row["name_key"]), default=None)
    other = first["id"] if first else by_title.get(link.title_key, 0)
    return Had(other, same=False) if other else None


def _shared_guids(links: Sequence[Link]) -> set[str]:
    """Return the guids that one list gives to several articles: they identify none, and would hide all but one."""
    first: dict[str, str] = {}
    return {link.guid for link in links if first.setdefault(link.guid, link.canonical) != link.canonical}


def link_of(row: Row) -> Link:
    """Read a row of WHOLE."""
    url = row["url"] or row["article_url"] or ""
    canonical = row["canonical"] if row["url"] else row["article_canonical"]
    return Link(
        outlet=row["outlet_id"],
        source=row["source"],
        url=url,
        canonical=canonical or url,
        title=row["title"] or row["article_title"] or "",
        summary=row["summary"],
        published=instant_or_none(row["published"]),
        first_seen=instant(row["first_seen"]),
        state=LinkState(row["state"]),
        author=row["author"],
        content=row["content"],
        standing=Standing(row["standing"]),
        id=row["id"],
        attempts=row["attempts"],
        article_id=row["article_id"] or 0,
        updated=instant_or_none(row["updated"]),
        rereads=row["rereads"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        title_key=row["title_key"],
        abroad=bool(row["abroad"]),
        repeats=row["repeats"],
        missing=row["reason"] == Reason.NOT_FOUND,
    )
