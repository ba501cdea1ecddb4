"""Everything as lines of JSON: what the archive holds, in a form that other programs read and that outlives ours.

{"kind": "article", …}   with text, older texts, hits, story
{"kind": "story", …}     and what it is an alias of
{"kind": "alert", …}     with the ids of its hits; its messages stand with the alert that it was told with
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.model import Block
from monitor.store.backup import sync
from monitor.store.codec import instant, unpack_body
from monitor.store.rows import Row
from monitor.store.tables import SqlStore

Line = dict[str, Any]
_PART = 200


def lines(store: SqlStore) -> Iterator[Line]:
    """Yield everything, one moment's state, a few hundred rows in memory at a time. `store`: opened read-only."""
    store.sql.all("BEGIN")
    try:
        for numbers in _parts(store, "SELECT id FROM articles WHERE id > ? ORDER BY id LIMIT ?", 0):
            for row in numbers:
                yield _article(store, row["id"])
        for rows in _parts(store, "SELECT id, opened_at, alias_of FROM stories WHERE id > ? ORDER BY id LIMIT ?", ""):
            yield from ({"kind": "story", **dict(row)} for row in rows)
        for rows in _parts(store, "SELECT * FROM alerts WHERE id > ? ORDER BY id LIMIT ?", 0):
            yield from (_alert(store, row) for row in rows)
    finally:
        store.sql.all("ROLLBACK")


def _parts(store: SqlStore, select: str, after: int | str) -> Iterator[list[Row]]:
    while rows := store.sql.all(select, after, _PART):
        after = rows[-1]["id"]
        yield rows


def _article(store: SqlStore, number: int) -> Line:
    stored = store.articles.get(number)
    assert stored is not None
    article, row = stored.article, stored.row
    older = store.sql.all("SELECT * FROM revisions WHERE article_id = ? ORDER BY revision", number)
    return {
        "kind": "article",
        "id": number,
        "outlet": row.outlet_id,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "standfirst": article.standfirst,
        "text": _blocks(article.blocks),
        "whole": stored.sketch is None,
        "language": article.language,
        "authors": article.authors,
        "published": _time(article.published),
        "updated": _time(article.updated),
        "fetched_at": _time(row.fetched_at),
        "section": article.section,
        "wire": article.wire,
        "read_as": article.text.value,
        "reason": article.reason.value if article.reason else None,
        "standing": row.standing.value,
        "story": row.story_id,
        "revision": stored.revision,
        "revisions": [_revision(store, one) for one in older],
        "hits": [_hit(hit.hit) for hit in store.hits.select("WHERE h.article_id = ? ORDER BY h.id", number)],
    }


def _revision(store: SqlStore, row: Row) -> Line:
    standfirst, blocks = unpack_body(store.bodies.unpack(row["dictionary"], row["data"]))
    return {
        "revision": row["revision"],
        "until": _time(instant(row["at"])),
        "title": row["title"],
        "standfirst": standfirst,
        "text": _blocks(blocks),
    }


def _blocks(blocks: Iterable[Block]) -> list[Line]:
    return [{"role": one.role.value, "text": one.text, **({"at": _time(one.at)} if one.at else {})} for one in blocks]


def _hit(hit: Any) -> Line:
    return {
        "id": hit.id,
        "rule": hit.rule_id,
        "rule_version": hit.rule_version,
        "revision": hit.revision,
        "found_at": _time(hit.found_at),
        "standing": hit.standing.value,
        "gone_at": _time(hit.gone_at),
        "evidence": [
            {name: value for name, value in asdict(piece).items() if value not in ("", None, (0, 0))}
            for piece in hit.evidence
        ],
    }


def _alert(store: SqlStore, row: Row) -> Line:
    hits = store.sql.all("SELECT hit_id FROM alert_hits WHERE alert_id = ? ORDER BY hit_id", row["id"])
    messages = store.sql.all(
        "SELECT o.id, channel_id AS channel, title, text, state, created_at, sent_at "
        "FROM tellings t JOIN outbox o ON o.id = t.outbox_id WHERE t.alert_id = ?",
        row["id"],
    )
    fields = ("id", "route", "rule_id", "story_id", "state", "reason", "opened_at", "told_at")
    return {
        "kind": "alert",
        **{name: row[name] for name in fields},
        "hits": [one["hit_id"] for one in hits],
        "messages": [dict(one) for one in messages],
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def write(line: Line) -> str:
    """Return a line with its end."""
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def without(path: Path, articles: Collection[int], hits: Collection[int]) -> int:
    """Rewrite an export without these articles and what alerts told of their hits; return how many lines changed. The
    old file is replaced when the new one is on the disk. Raises OSError, ValueError for a file that is no export.
    """
    articles, hits = set(articles), set(hits)
    told = {key for line in _read(path) if _tells(line, hits) for key in _telling(line)}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    changed = 0
    try:
        with part.open("w", encoding="utf-8") as new:
            for line in _read(path):
                kept = _bereft(line, articles, hits, told)
                changed += kept != line
                if kept:
                    new.write(write(kept))
        if changed:
            shutil.copymode(path, part)
            sync(part)
            part.replace(path)
            sync(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return changed


def _read(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            if not isinstance(line, dict) or "kind" not in line:
                raise ValueError(f"{path} is no export")
            yield line


def _tells(line: Line, hits: set[int]) -> bool:
    return line["kind"] == "alert" and not hits.isdisjoint(line["hits"])


def _telling(line: Line) -> list[int | str]:
    """Return by what the messages of an alert are known: by ids, before 0006 by the alert that has them."""
    if "told_with" in line:
        return [line["told_with"] or line["id"]]
    return [message["id"] for message in line["messages"]]


def _bereft(line: Line, articles: set[int], hits: set[int], told: set[int | str]) -> Line:
    """Return a line without what is to go; an empty one where that is all of it."""
    if line["kind"] == "article" and line["id"] in articles:
        return {}
    if line["kind"] != "alert":
        return line
    left = [hit for hit in line["hits"] if hit not in hits]
    messages = [one for one in line["messages"] if one.get("id", line["id"]) not in told]
    return {**line, "hits": left, "messages": messages}
