"""Which hits are told on which routes and when, what waits and why, and when a failed message is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b, sha256

from monitor.errors import AlertReason
from monitor.model import Alert, Hit, Link, Outlet, Route, Rule, Silence, Standing
from monitor.notify import hours
from monitor.notify.routes import Facts, takers
from monitor.notify.silences import noted, silenced
from monitor.routing import Group, New
from monitor.views import HitRow
from monitor.views_alerts import AlertState, DueAlert, OutboxRow

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(hours=6)
# Both must be reached: a receiver may be down for a night, and so may we, with a message that was hardly tried.
MAX_ATTEMPTS = 12
MAX_AGE = timedelta(hours=24)

# Least seconds between two corrections of a story on a route without updates: live pages change theirs by the minute.
CORRECTIONS = 1800.0

# Why a hit of this standing is kept and shown, but not told.
_HELD = {
    Standing.BASELINE: AlertReason.BASELINE,
    Standing.BACKFILL: AlertReason.BACKFILL,
    Standing.SHADOW: AlertReason.SHADOW,
    Standing.SILENCED: AlertReason.SILENCED,
}


# ---- when an article has hits


@dataclass(frozen=True, slots=True)
class Planned:
    """A hit and the alert it asks for on one route; without an alert, `reason` says why it is held."""

    hit: Hit
    alert: Alert | None
    reason: AlertReason
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where hits were found. `outlets`: how many tell the story; `revised`: they were not in what the article said
    before; `new_name`: the article has a name that none of its story had.
    """

    outlet: Outlet
    language: str | None
    story_id: str = ""
    outlets: int = 1
    revised: bool = False
    new_name: bool = False

    def facts(self, rule: Rule) -> Facts:
        """Return what routes and silences choose by."""
        return Facts(rule, self.outlet.id, self.outlet.tags, self.language, self.outlets, self.story_id)


def alerts_for(
    hits: Sequence[Hit], scene: Scene, *, rules: Mapping[str, Rule], routes: Sequence[Route], now: datetime
) -> list[Planned]:
    """Plan one alert for every hit and matching route of an article's hits; a held hit is listed once."""
    planned = []
    reason = AlertReason.REVISED if scene.revised else AlertReason.FIRST
    for hit in hits:
        rule = rules.get(hit.rule_id) or Rule(hit.rule_id, "")
        held = _HELD.get(hit.standing) or (AlertReason.BELOW_SPIKE if rule.spike else None)
        if held is not None:
            planned.append(Planned(hit, None, held))
            continue
        taken = takers(routes, scene.facts(rule))
        if not taken:
            planned.append(Planned(hit, None, AlertReason.NO_ROUTE))
        for route in taken:
            due = now + timedelta(seconds=route.wait)
            planned.append(Planned(hit, Alert(route.id, hit.rule_id, hit.story_id, due, reason), reason, route))
    return planned


def standing(
    link: Link, rule: Rule, rule_since: datetime | None, *, revised: bool = False, silence: Silence | None = None
) -> Standing:
    """Return how a hit on this link stands: as the link does, but as baseline where an article that was known already
    is read once more and the rule (in force since then) is newer than the link. `revised`: it is in none of what the
    article said before, so it is news also where the link was of a baseline.
    """
    newer = rule_since is not None and link.first_seen is not None and rule_since > link.first_seen
    if link.article_id and newer:
        return Standing.BASELINE
    stands = Standing.LIVE if revised else link.standing
    if stands not in {Standing.LIVE, Standing.LATE}:
        return stands
    if rule.mode == "shadow":
        return Standing.SHADOW
    return Standing.SILENCED if silence else stands


def ended(rule: Rule, now: datetime) -> bool:
    """Say whether a rule is off, or its last day is over."""
    return rule.mode == "off" or (rule.until is not None and now >= rule.until)


# ---- when a hit comes to an alert that is there


@dataclass(frozen=True, slots=True)
class Step:
    """What a hit does to its alert. `due_at` None: it joins, and nothing is told for it."""

    reason: AlertReason
    due_at: datetime | None
    hold: str = ""


def step(alert: Alert, known: AlertState | None, route: Route, scene: Scene, now: datetime) -> Step:
    """Say whether a hit opens its alert, waits with it, makes an update of it, or is only kept with it."""
    if known is None:
        return Step(alert.reason, alert.due_at)
    if known.state == "open":
        return Step(AlertReason.FIRST if not known.revision else known.reason, known.due_at, known.hold)
    reason = _news(known, route, scene)
    if route.digest:
        # A digest names every article.
        return Step(reason or AlertReason.SAME_STORY, now)
    if reason is None or route.updates is None or known.told_at is None:
        return Step(AlertReason.SAME_STORY, None)
    if known.revision > route.updates.most:
        return Step(AlertReason.MAX_UPDATES, now, AlertReason.MAX_UPDATES.value)
    # A clock that was set back must not put an update off for ever.
    told_at = min(known.told_at, now)
    return Step(reason, max(now + timedelta(seconds=route.wait), told_at + timedelta(seconds=route.updates.every)))


def _news(known: AlertState, route: Route, scene: Scene) -> AlertReason | None:
    if route.updates is None:
        return None
    if New.OUTLET in route.updates.on:
        untold = (known.waiting | {scene.outlet.id}) - known.outlets
        if scene.outlet.id not in known.outlets and len(untold) >= route.updates.outlets:
            return AlertReason.NEW_OUTLET
    if New.NAME in route.updates.on and scene.new_name:
        return AlertReason.NEW_FACT
    return None


def correction_due(route: Route | None, kind: str, told_at: datetime | None, now: datetime) -> datetime | None:
    """Return when a correction of what a route told is told; None: not at all. `kind`: see Correction."""
    if route is None or not route.corrections or told_at is None:
        return None
    if kind == "headline" and route.updates and New.HEADLINE not in route.updates.on:
        return None
    every = route.updates.every if route.updates else CORRECTIONS
    return max(now, min(told_at, now) + timedelta(seconds=every))


# ---- when an alert is due


class Action(StrEnum):
    """What becomes of a due alert."""

    SEND = "send"
    WAIT = "wait"
    DIGEST = "digest"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a due alert and why. `until`: of one that waits."""

    action: Action
    reason: AlertReason
    until: datetime | None = None
    detail: str = ""


def verdict(
    due: DueAlert,
    rule: Rule,
    route: Route,
    *,
    outlets: Mapping[str, Outlet],
    silences: Sequence[Silence],
    spent: int,
    now: datetime,
) -> Verdict:
    """Decide on one due alert. `spent`: how often its rule was told today."""
    reason = due.alert.reason
    quieted = [_silence(row, due, rule, outlets, silences, now) for row in due.hits] if silences else []
    if quieted and all(quieted) and not due.corrections:
        longest = max((one for one in quieted if one), key=lambda one: one.ends_at)
        return Verdict(Action.SILENCE, AlertReason.SILENCED, detail=noted(longest))
    if route.digest:
        return Verdict(Action.DIGEST, AlertReason.DIGEST)
    if due.alert.hold == AlertReason.MAX_UPDATES:
        return Verdict(Action.DIGEST, AlertReason.MAX_UPDATES)
    if rule.budget is not None and spent >= rule.budget:
        return Verdict(Action.DIGEST, AlertReason.OVER_BUDGET, detail=f"{spent} of {rule.budget} a day")
    until = hours.quiet_until(route.quiet, route.timezone, now)
    if until is not None and not urgent(rule, route):
        return Verdict(Action.WAIT, AlertReason.HELD_QUIET, until)
    return Verdict(Action.SEND, reason)


def _silence(
    row: HitRow, due: DueAlert, rule: Rule, outlets: Mapping[str, Outlet], silences: Sequence[Silence], now: datetime
) -> Silence | None:
    outlet = outlets.get(row.article.outlet_id) or Outlet(row.article.outlet_id)
    told_by = len({one.article.outlet_id for one in due.hits})
    facts = Facts(rule, outlet.id, outlet.tags, row.article.language, told_by, due.alert.story_id)
    return silenced(silences, facts, now)


def urgent(rule: Rule, route: Route) -> bool:
    """Say whether a rule is told in the quiet hours of a route too."""
    return route.quiet is not None and rule.severity in route.quiet.through


def group_key(due: DueAlert, rule: Rule, route: Route) -> tuple[str, ...]:
    """Return what alerts must share to be told in one message."""
    first = due.hits[0].article if due.hits else None
    has = {
        Group.STORY: due.alert.story_id,
        Group.RULE: due.alert.rule_id,
        Group.OUTLET: first.outlet_id if first else "",
        Group.LANGUAGE: (first.language if first else "") or "",
        Group.SEVERITY: rule.severity,
    }
    return (due.alert.route, *(has[one] for one in route.group_by))


def held_until(row: OutboxRow, route: Route | None, now: datetime) -> datetime | None:
    """Return until when a message that is to be sent now must wait: quiet hours came while it was tried again."""
    if route is None or row.urgent:
        return None
    return hours.quiet_until(route.quiet, route.timezone, now)


# ---- messages


def message_id(alert: Alert, channel_id: str) -> str:
    """Return the id of what this alert tells this channel: 32 hex digits, the same at every try."""
    key = "|".join((alert.route, alert.rule_id, alert.story_id, channel_id, str(alert.revision)))
    return sha256(key.encode()).hexdigest()[:32]


def digest_id(route: str, channel_id: str, slot: hours.Slot, part: int) -> str:
    """Return the id of one part of a digest."""
    key = "|".join(("digest", route, channel_id, slot.day, slot.slot, str(part)))
    return sha256(key.encode()).hexdigest()[:32]


def retry_at(
    row_attempts: int, created_at: datetime, now: datetime, seed: str, retry_after: float | None
) -> datetime | None:
    """Return when to send again after `row_attempts` failures; None: no more, the message is dead.

    Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): anywhere between a second and 30 s, doubling to 1 h,
    by `seed`, so that what failed together is not tried together. `retry_after`: seconds the receiver asked for,
    obeyed where longer, up to 6 h.
    """
    if row_attempts >= MAX_ATTEMPTS and now - created_at >= MAX_AGE:
        return None
    longest: timedelta = min(FIRST_RETRY * 2 ** min(max(row_attempts - 1, 0), 20), LONGEST_RETRY)
    digest = blake2b(f"{seed}|{row_attempts}".encode(), digest_size=8).digest()
    delay = max(longest * (int.from_bytes(digest, "big") / 2**64), timedelta(seconds=1))
    if retry_after is not None:
        asked = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER.total_seconds())
        delay = max(delay, timedelta(seconds=asked))
    return now + delay
