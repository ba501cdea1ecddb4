"""Which hits are told on which routes and when, and when a failed message is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b, sha256

from monitor.errors import AlertReason
from monitor.model import Alert, Hit, Link, Route, Rule, Standing

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(hours=6)
JITTER = 0.2
# Both must be reached: a receiver may be down for a night, and so may we, with a message that was hardly tried.
MAX_ATTEMPTS = 12
MAX_AGE = timedelta(hours=24)

# Why a hit of this standing is kept and shown, but not told.
_HELD = {
    Standing.BASELINE: AlertReason.BASELINE,
    Standing.BACKFILL: AlertReason.BACKFILL,
    Standing.SHADOW: AlertReason.SHADOW,
    Standing.SILENCED: AlertReason.SHADOW,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A hit and the alert it asks for on one route; without an alert, `reason` says why it is held."""

    hit: Hit
    alert: Alert | None
    reason: AlertReason


def alerts_for(
    hits: Sequence[Hit],
    *,
    rules: Mapping[str, Rule],
    outlet_id: str,
    language: str | None,
    routes: Sequence[Route],
    now: datetime,
    revised: bool = False,
) -> list[Planned]:
    """Plan one alert for every hit and matching route of an article's hits; a held hit is listed once. `revised`: they
    were not in what the article said before.
    """
    planned = []
    reason = AlertReason.REVISED if revised else AlertReason.FIRST
    for hit in hits:
        rule = rules.get(hit.rule_id) or Rule(hit.rule_id, "")
        held = AlertReason.SHADOW if rule.mode == "shadow" else _HELD.get(hit.standing)
        if held is not None:
            planned.append(Planned(hit, None, held))
            continue
        matching = [route for route in routes if _matches(route, rule, outlet_id, language)]
        if not matching:
            planned.append(Planned(hit, None, AlertReason.NO_ROUTE))
        for route in matching:
            due = now + timedelta(seconds=route.wait)
            planned.append(Planned(hit, Alert(route.id, hit.rule_id, hit.story_id, due, reason), reason))
    return planned


def standing(link: Link, rule_since: datetime | None, *, revised: bool = False) -> Standing:
    """Return how a hit on this link stands: as the link does, but as baseline where an article that was known already
    is read once more and the rule (in force since then) is newer than the link. `revised`: it is in none of what the
    article said before, so it is news also where the link was of a baseline.
    """
    newer = rule_since is not None and link.first_seen is not None and rule_since > link.first_seen
    if link.article_id and newer:
        return Standing.BASELINE
    return Standing.LIVE if revised else link.standing


def _matches(route: Route, rule: Rule, outlet_id: str, language: str | None) -> bool:
    return (
        (not route.rules or rule.id in route.rules)
        and (not route.tags or not set(route.tags).isdisjoint(rule.tags))
        and (not route.severities or rule.severity in route.severities)
        and (not route.outlets or outlet_id in route.outlets)
        and (not route.languages or language in route.languages)
    )


def message_id(alert: Alert, channel_id: str) -> str:
    """Return the id of what this alert tells this channel: 32 hex digits, the same at every try."""
    key = "|".join((alert.route, alert.rule_id, alert.story_id, channel_id, str(alert.revision)))
    return sha256(key.encode()).hexdigest()[:32]


def retry_at(
    row_attempts: int, created_at: datetime, now: datetime, seed: str, retry_after: float | None
) -> datetime | None:
    """Return when to send again after `row_attempts` failures; None: no more, the message is dead.

    30 s, doubling to 1 h, a fifth earlier or later by `seed`, so that what failed together is not tried together.
    `retry_after`: seconds the receiver asked for, obeyed where longer, up to 6 h.
    """
    if row_attempts >= MAX_ATTEMPTS and now - created_at >= MAX_AGE:
        return None
    delay: timedelta = min(FIRST_RETRY * 2 ** max(row_attempts - 1, 0), LONGEST_RETRY)
    digest = blake2b(f"{seed}|{row_attempts}".encode(), digest_size=8).digest()
    delay = delay * (1 + JITTER * (int.from_bytes(digest, "big") / 2**63 - 1))
    if retry_after is not None:
        asked = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER.total_seconds())
        delay = max(delay, timedelta(seconds=asked))
    return now + delay
