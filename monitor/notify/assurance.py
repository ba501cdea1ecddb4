"""What a digest says when there is nothing to say: the silence in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import Rule
from monitor.notify.content import Names
from monitor.views_alerts import Assurance

# Of what is down and of rules without a hit so many are named.
NAMED = 10


def notes(done: Assurance, rules: Sequence[Rule], since: datetime, names: Names) -> list[str]:
    """Return the lines that tell what was read and what was not."""
    total = sum(done.hits.values())
    silent = [rule for rule in rules if not done.hits.get(rule.id)]
    read = f"{done.outlets_read} of {_count(done.outlets, 'outlet')} read"
    lines = [f"Since {names.time(since)}: {_count(total, 'hit')}; {read}; {_count(done.articles, 'new article')}."]
    if rules:
        said = _named([rule.name or rule.id for rule in silent])
        lines.append(f"Rules with 0 hits: {len(silent)} of {len(rules)}" + (f" ({said})." if silent else "."))
    if done.down:
        down = [f"{name} since {names.time(at)}" if at else f"{name}, never read" for name, at in done.down]
        lines.append(f"Not read now: {_named(down)}.")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
