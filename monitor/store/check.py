"""Is the database whole: what SQLite can say, and what only we know of what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from monitor.errors import StoreError
from monitor.place import Place
from monitor.store.calendar import HOUR, QUARTER
from monitor.store.codec import unpack_body, unpack_evidence
from monitor.store.opening import open_readonly
from monitor.store.rows import Sql
from monitor.store.tables import SqlStore

RESTORE = "restore a backup; until then the file is left as it is"
# What counts the rows that are wrong, and what is said of them.
_QUESTIONS = {
    "articles without a text": """
        SELECT count(*) FROM articles a LEFT JOIN bodies b ON b.article_id = a.id WHERE b.article_id IS NULL""",
    "articles that the index lacks": """
        SELECT count(*) FROM articles a LEFT JOIN articles_fts_docsize d ON d.id = a.id WHERE d.id IS NULL""",
    "articles in the index alone": """
        SELECT count(*) FROM articles_fts_docsize d LEFT JOIN articles a ON a.id = d.id WHERE a.id IS NULL""",
    "hits without an article": """
        SELECT count(*) FROM hits h LEFT JOIN articles a ON a.id = h.article_id WHERE a.id IS NULL""",
    "hits without a story": """
        SELECT count(*) FROM hits h LEFT JOIN stories s ON s.id = h.story_id WHERE s.id IS NULL""",
    "hits in another story than their article": """
        SELECT count(*) FROM hits h LEFT JOIN placements p ON p.article_id = h.article_id
        WHERE p.story_id IS NOT h.story_id""",
    "readings that wait for no link": """
        SELECT count(*) FROM readings r LEFT JOIN links l ON l.id = r.link_id
        WHERE l.id IS NULL OR l.state = 'gone'""",
    "open alerts without a hit": """
        SELECT count(*) FROM alerts l
        WHERE l.state = 'open' AND NOT EXISTS (SELECT 1 FROM alert_hits j WHERE j.alert_id = l.id)""",
    "hours whose articles are noted wrongly": """
        SELECT count(*) FROM (
            SELECT fetched_at / {hour} AS hour, min(id) AS low, max(id) AS high FROM articles GROUP BY 1
        ) a LEFT JOIN hours h ON h.hour = a.hour
        WHERE h.first_article IS NULL OR h.first_article > a.low OR h.last_article < a.high""",
    "hours whose hits are noted wrongly": """
        SELECT count(*) FROM (
            SELECT found_at / {hour} AS hour, min(id) AS low, max(id) AS high FROM hits GROUP BY 1
        ) a LEFT JOIN hours h ON h.hour = a.hour
        WHERE h.first_hit IS NULL OR h.first_hit > a.low OR h.last_hit < a.high""",
}
_COUNTED = "SELECT found_at / ? AS quarter, rule_id, count(*) AS n FROM hits GROUP BY quarter, rule_id"
_PACKED = (
    ("texts", "SELECT article_id AS id, dictionary, data FROM bodies WHERE article_id > ? ORDER BY 1 LIMIT 500"),
    # Those of one article have one number: a part may end within them, and reads the rest of them not.
    (
        "older texts",
        "SELECT article_id AS id, dictionary, data FROM revisions WHERE article_id > ? ORDER BY 1 LIMIT 500",
    ),
    ("hits", "SELECT id, dictionary, evidence AS data FROM hits WHERE id > ? ORDER BY id LIMIT 500"),
)
# Of so many parts in a quick check one is read.
_SAMPLE = 20


def check(place: Place, *, quick: bool = False) -> Iterator[str]:
    """Yield what is wrong, in words with what to do. The file is only read. `quick`: of texts a sample is unpacked."""
    try:
        store = open_readonly(place)
    except StoreError as error:
        yield str(error)
        return
    try:
        yield from _faults(store, quick=quick)
    except StoreError as error:
        yield str(error)
    finally:
        store.close()


def glance(place: Place) -> Iterator[str]:
    """Yield what SQLite finds wrong without holding tables and indexes against one another, which takes far longer."""
    try:
        with closing(open_readonly(place)) as store:
            found = store.sql.damage(quick=True)
    except StoreError as error:
        found = [str(error)]
    yield from found


def _faults(store: SqlStore, *, quick: bool) -> Iterator[str]:
    sql = store.sql
    # One moment's state, though the daemon writes.
    sql.look()
    for fault in sql.damage():
        yield f"{fault}: {RESTORE}"
    for name, question in _QUESTIONS.items():
        if n := sql.number(question.format(hour=HOUR)):
            yield f"{n} {name}: {RESTORE}"
    yield from _days(store, sql)
    yield from _texts(store, sql, quick=quick)


def _days(store: SqlStore, sql: Sql) -> Iterator[str]:
    counted: dict[tuple[str, str], int] = {}
    for row in sql.all(_COUNTED, QUARTER):
        key = (store.calendar.day(row["quarter"] * QUARTER), row["rule_id"])
        counted[key] = counted.get(key, 0) + row["n"]
    noted = {(row["day"], row["rule_id"]): row["n"] for row in sql.all("SELECT * FROM hit_days")}
    wrong = sorted(key for key in counted.keys() | noted.keys() if counted.get(key) != noted.get(key))
    if wrong:
        day, rule = wrong[0]
        yield (
            f"{len(wrong)} counts of hits by day are wrong, the first {day} {rule}: {noted.get(wrong[0], 0)} in place "
            f"of {counted.get(wrong[0], 0)}: {RESTORE}"
        )


def _texts(store: SqlStore, sql: Sql, *, quick: bool) -> Iterator[str]:
    for name, question in _PACKED:
        read: Callable[[str], object] = unpack_evidence if name == "hits" else unpack_body
        after, bad, first, part = 0, 0, "", 0
        while rows := sql.all(question, after):
            after, part = rows[-1]["id"], part + 1
            for row in rows if not quick else rows[part % _SAMPLE :: _SAMPLE]:
                try:
                    read(store.bodies.unpack(row["dictionary"], row["data"]))
                except (StoreError, ValueError, TypeError, KeyError) as error:
                    bad, first = bad + 1, first or f"{row['id']}: {error}"
        if bad:
            yield f"{bad} {name} cannot be read, the first {first}"
