"""A message of every kind to try channels and templates on: made up, with text as outlets write it at their worst."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.errors import AlertReason, Trouble
from monitor.model import Kind, Message, Rule
from monitor.notify.content import Change, Content, Item, Named, Names, Other, Section
from monitor.notify.notice import notice
from monitor.notify.render import message
from monitor.views_health import Ailment

_AT = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
_HOSTILE = "Ministers & \u201cthe coalition\u201d <b>meet</b> {{ 7 * 7 }} at *noon* [here](https://example.org)"
_OUTLET = Named("example-times", "The Example Times")


def samples() -> dict[Kind, Message]:
    """Return a message of each kind, the same at each call."""
    item = Item(
        12, _HOSTILE, "https://example.org/ministers", _OUTLET, "en", _AT, _AT,
        "The Example Times · 2026-11-26 07:30 UTC · hit 1", "headline and summary only (the page asks for a login)",
        (1,), ([("The ", False), ("coalition of the willing", True), (" met in Port Elm.", False)],),
    )  # fmt: skip
    rule = Rule("coalition", "", name="Coalition", tags=("defence",), severity="high")
    other = Other(Named("gazette", "The Gazette"), "Ministers meet", "https://example.org/gazette")
    change = Change("headline", _OUTLET, _HOSTILE, "https://example.org/ministers", "Ministers to meet", _HOSTILE)

    began = Ailment(
        "example-times", Trouble.SILENT, _AT, "silent for 9h (usually 3 articles an hour)",
        "look at https://example.org/; monitor outlets discover https://example.org/ finds other sources",
    )  # fmt: skip
    over = Ailment("gazette", Trouble.BLOCKED, _AT, "answers again (blocked for 3h)")
    names = Names({"example-times": _HOSTILE, "gazette": "The Gazette"}, UTC)

    def of(kind: Kind, **fields: object) -> Message:
        content: dict[str, object] = {
            "id": f"{kind.value:0>32}", "kind": kind, "thread": "sample", "route": "sample",
            "reason": AlertReason.FIRST, "title": f"Coalition: {_HOSTILE}", "heading": "Rule Coalition (coalition)",
            "rules": (rule,), "sections": (Section((item,)),),
        }  # fmt: skip
        return message(Content(**(content | fields)))  # type: ignore[arg-type]

    return {
        Kind.ALERT: of(Kind.ALERT, others=(other,)),
        Kind.UPDATE: of(Kind.UPDATE, reason=AlertReason.REVISED, sections=(), changes=(change,)),
        Kind.DIGEST: of(
            Kind.DIGEST, thread="", reason=AlertReason.DIGEST, sections=(Section((item,), "Coalition (coalition)"),),
            notes=("Since 2026-11-25 07:30 UTC: 1 hit; 42 of 43 outlets read; 1,204 new articles.",),
        ),
        Kind.NOTICE: message(notice((began,), (over,), id=f"{Kind.NOTICE.value:0>32}", names=names)),
    }  # fmt: skip
