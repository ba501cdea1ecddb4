"""What a form changes: short writes beside the daemon, as those of the command line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from monitor import silencing
from monitor.model import Silence
from monitor.ports import Store
from monitor.views_alerts import Marked
from monitor.web.configured import Configured

MARKS = ("relevant", "noise")
Writing = Callable[[], AbstractContextManager[Store]]


def mark(writing: Writing, hit_id: int, word: str, now: datetime) -> bool:
    """Say of a hit that it was relevant or noise, or with "" nothing any more; False where there is no such hit."""
    with writing() as store:
        if store.hits.get(hit_id) is None:
            return False
        with store.transaction():
            if word in MARKS:
                store.marks.put(hit_id, Marked(word, "", now))
            else:
                store.marks.clear(hit_id)
    return True


def retry(writing: Writing, message_id: str, now: datetime) -> bool:
    """Send a message again that was given up; False where it was not."""
    with writing() as store, store.transaction():
        return bool(store.outbox.retry([message_id], None, now))


def silence(
    writing: Writing, wanted: Silence, configured: Configured | None, now: datetime, when: silencing.When
) -> Silence:
    """Silence something. `configured`: None for who insists; `when`: writes a time. Raises DoubtfulError."""
    doubts = silencing.unknown(wanted.matchers, configured.rules(), configured.outlets()) if configured else None
    with writing() as store:
        return silencing.add(store, wanted, doubts, now, when)


def end(writing: Writing, silence_id: int, now: datetime) -> bool:
    """End a silence, if it has not ended yet; False where there is none of that id."""
    with writing() as store:
        if store.silences.get(silence_id) is None:
            return False
        with store.transaction():
            store.silences.end(silence_id, now)
    return True
