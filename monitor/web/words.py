"""What a reason says, in the words of a reader: those of docs/alerts.md."""

from __future__ import annotations

from monitor.errors import AlertReason

REASONS: dict[str, str] = {
    AlertReason.FIRST: "the first of the story under this rule",
    AlertReason.NEW_OUTLET: "another outlet has the story",
    AlertReason.NEW_FACT: "a name that the story had not",
    AlertReason.REVISED: "an article that was told has changed",
    AlertReason.RETRACTED: "an article that was told says it no more",
    AlertReason.SPIKE: "much more than usual",
    AlertReason.TROUBLE: "an outlet is not read as usual",
    AlertReason.RECOVERED: "an outlet is read as usual again",
    AlertReason.HELD_QUIET: "quiet hours, told at their end",
    AlertReason.DIGEST: "told in the next digest",
    AlertReason.OVER_LIMIT: "the channel has had its share, told in the next digest",
    AlertReason.OVER_BUDGET: "the rule has used its budget, told in the next digest",
    AlertReason.MAX_UPDATES: "updates enough, told in the next digest",
    AlertReason.SAME_STORY: "the story was told, and this makes no update",
    AlertReason.BASELINE: "listed before the outlet was watched, not told",
    AlertReason.BACKFILL: "stored before the rule was there, not told",
    AlertReason.SHADOW: "the rule is on trial, not told",
    AlertReason.SILENCED: "not told",
    AlertReason.BELOW_SPIKE: "the rule tells of spikes alone",
    AlertReason.NO_ROUTE: "no route takes it, not told",
}


def explained(word: str) -> str:
    """Return a reason, or the standing of a hit, with what it says."""
    said = REASONS.get(word)
    return f"{word} ({said})" if said else str(word)
