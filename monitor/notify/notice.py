"""Outlets that are not read as usual, or are again → one message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from monitor.errors import AlertReason
from monitor.model import Kind
from monitor.notify import escape
from monitor.notify.content import MAX_TITLE, Condition, Content, Names
from monitor.views_health import ALL, Ailment

# What is told in one message; of more `monitor status` knows.
MOST = 50
_NAMED = 3


def notice(begun: Sequence[Ailment], ended: Sequence[Ailment], *, id: str, names: Names) -> Content:  # noqa: A002
    """Say what began and what is over. One of both at least."""
    told = [
        *(_condition(one, names, over=False) for one in begun),
        *(_condition(one, names, over=True) for one in ended),
    ]
    title = escape.one_line(_title(told), MAX_TITLE)
    more = [f"and {len(told) - MOST} more: monitor status"] if len(told) > MOST else []
    return Content(
        id=id,
        kind=Kind.NOTICE,
        thread="",
        route="",
        reason=AlertReason.TROUBLE if begun else AlertReason.RECOVERED,
        title=title,
        heading=title,
        rules=(),
        sections=(),
        notes=(*_notes(told[:MOST]), *more),
        conditions=tuple(told),
    )


def notice_id(channel_id: str, told: Iterable[Ailment], now: datetime) -> str:
    """Return the id of a notice: 32 hex digits."""
    key = "|".join(["notice", channel_id, now.isoformat(), *(f"{one.outlet_id} {one.trouble}" for one in told)])
    return sha256(key.encode()).hexdigest()[:32]


def _condition(one: Ailment, names: Names, *, over: bool) -> Condition:
    outlet = names.outlet(one.outlet_id) if one.outlet_id != ALL else None
    said, todo = escape.one_line(one.said, 400), escape.one_line(one.todo, 400)
    return Condition(outlet, one.trouble, one.since, said, todo, over)


def line(one: Condition) -> str:
    """Return whose trouble it is, and which."""
    return f"{one.outlet.name}: {one.said}" if one.outlet else one.said[:1].upper() + one.said[1:]


def _title(told: Sequence[Condition]) -> str:
    if len(told) == 1:
        return line(told[0])
    bad, good = [one for one in told if not one.over], [one for one in told if one.over]
    said = []
    for some, one_is, are in (
        (bad, "is not read as usual", "are not read as usual"),
        (good, "is read again", "are read again"),
    ):
        if some:
            called = [one.outlet.name if one.outlet else "our network" for one in some]
            rest = len(called) - _NAMED
            whom = ", ".join(called[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
            said.append(f"{whom} {one_is if len(called) == 1 else are}")
    return "; ".join(said)


def _notes(told: Sequence[Condition]) -> list[str]:
    """Return what the title does not say: of a single one what to try, of several each."""
    if len(told) == 1:
        return [f"Try: {told[0].todo}"] if told[0].todo else [line(told[0])]
    return [line(one) + (f". Try: {one.todo}" if one.todo else "") for one in told]
