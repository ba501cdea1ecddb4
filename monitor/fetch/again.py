"""When a page that was read is read again: articles grow, are corrected, and hold in the evening what a rule looks for.

    live blogs                       every 5 minutes while they change, every 15 while they do not, for two days
    articles with hits               15 minutes, 1 hour, 6 hours, 24 hours and 7 days after the first time
    first read with under 150 words  the same, for a day

An article whose date its feed moves is due at once (outlets/novelty.py). Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.errors import Reason
from monitor.model import Article, Link, LinkState, Standing, TextKind
from monitor.views import LinkOutcome

# From one reading to the next, so that a machine that was off reads once and not five times.
STEPS = (
    timedelta(minutes=15),
    timedelta(minutes=45),
    timedelta(hours=5),
    timedelta(hours=18),
    timedelta(days=6),
)
_DAY_STEPS = 4
LIVE_CHANGED, LIVE_QUIET = timedelta(minutes=5), timedelta(minutes=15)
LIVE_LONGEST = timedelta(hours=48)
SHORT_WORDS = 150
# Scripts without spaces between words: 150 words are some 300 characters there, and 1,000 elsewhere.
SHORT_CHARS = 1_000


def after(
    outcome: LinkOutcome, link: Link, article: Article, now: datetime, *, hits: bool, changed: bool, etag: str = "",
    last_modified: str = "",
) -> LinkOutcome:  # fmt: skip
    """Return how reading ended, with the next time where there is one. `changed`: the text is another than before."""
    rereads = link.rereads + (link.state is LinkState.AGAIN)
    outcome = replace(outcome, rereads=rereads)
    if outcome.state is not LinkState.READ or article.text is not TextKind.FULL or article.reason:
        return outcome
    wait = _wait(link, article, now, rereads, hits=hits, changed=changed)
    if wait is None:
        return outcome
    return replace(
        outcome, state=LinkState.AGAIN, next_at=now + wait, etag=etag[:500], last_modified=last_modified[:100]
    )


def _wait(
    link: Link, article: Article, now: datetime, rereads: int, *, hits: bool, changed: bool
) -> timedelta | None:  # fmt: skip
    age = now - (link.first_seen or now)
    if article.live and age < LIVE_LONGEST:
        return LIVE_CHANGED if changed else LIVE_QUIET
    if link.standing in {Standing.BASELINE, Standing.BACKFILL}:
        # Nobody is told of what it says; a live blog alone may say something new.
        return None
    steps = STEPS if hits else STEPS[:_DAY_STEPS]
    # Which of them it is was decided at the first reading: a short text that has grown may grow on.
    if rereads >= len(steps) or not (hits or rereads or _is_short(article)):
        return None
    return steps[rereads]


def unchanged(
    link: Link, article: Article, now: datetime, *, hits: bool, gone: bool, missing: bool = False
) -> LinkOutcome:
    """Return how reading again ended that brought no page, or the one there was; `gone`: there will be none.
    `missing`: it was not found; the second time in a row it is gone.
    """
    rereads = link.rereads + 1
    wait = None if gone else _wait(link, article, now, rereads, hits=hits, changed=False)
    return LinkOutcome(
        link.id, LinkState.READ if wait is None else LinkState.AGAIN, link.attempts, article_id=link.article_id,
        next_at=None if wait is None else now + wait, rereads=rereads, etag=link.etag, last_modified=link.last_modified,
        reason=Reason.NOT_FOUND if missing else None,
    )  # fmt: skip


def _is_short(article: Article) -> bool:
    body = article.body
    return len(body) < SHORT_CHARS and len(body.split()) < SHORT_WORDS
