"""Times as people write them: pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_AGO = re.compile(r"([0-9]{1,5})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, now: datetime, zone: tzinfo, *, end: bool = False) -> datetime | None:
    """Return what `2026-11-24`, `2026-11-24T08:00`, `today`, `yesterday` or `6h` (six hours ago) stands for, aware UTC
    and within what the store can hold; None where it is none of these. `zone`: where none is named. `end`: a day stands
    for its last moment, not its first.
    """
    said = text.strip()
    word = said.lower()
    try:
        if ago := _AGO.fullmatch(word):
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if day := _day(word, now.astimezone(zone).date()):
            return datetime.combine(day, time.max if end else time.min, zone).astimezone(UTC)
        found = datetime.fromisoformat(said)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def strange(text: str) -> str:
    """Say that a text is no time, and how times are written."""
    return f"{text!r} is no time: write 2026-11-24, 2026-11-24T08:00, yesterday or 6h"


def _day(word: str, today: date) -> date | None:
    if word in {"today", "yesterday"}:
        return today - timedelta(days=word == "yesterday")
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None
