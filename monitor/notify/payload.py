"""What a message says as JSON, for webhooks, commands and chats. Fields are only added, see docs/webhook.md."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from monitor.errors import AlertReason
from monitor.model import Message
from monitor.notify import content, escape
from monitor.notify.content import Change, Condition, Content, Item, Named, Other, Quote, Section

VERSION = 1


def payload(said: Content) -> str:
    """Return the JSON text of a message, the same for the same content."""
    values: dict[str, Any] = {"conditions": list(map(_condition, said.conditions))} if said.conditions else {}
    return json.dumps(
        {
            "version": VERSION,
            "id": said.id,
            "kind": said.kind.value,
            "thread": said.thread,
            "route": said.route,
            "reason": said.reason.value,
            "title": said.title,
            "heading": said.heading,
            "rules": [
                {"id": rule.id, "name": content.name(rule), "severity": rule.severity, "tags": [*rule.tags]}
                for rule in said.rules
            ],
            "sections": [_section(section) for section in said.sections],
            "others": [_other(other) for other in said.others],
            "more": said.more,
            "changes": [_change(change) for change in said.changes],
            "notes": [escape.fold(note) for note in said.notes],
            **values,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def plain(message: Message) -> str:
    """Return the JSON text of a message that has none, as those written before 0006: its lines stand as notes."""
    lines = (escape.fold(line).strip() for line in message.text.split("\n"))
    return payload(
        Content(
            id=message.id, kind=message.kind, thread=message.thread, route="", reason=AlertReason.FIRST,
            title=escape.one_line(message.title), heading="", rules=(), sections=(), notes=tuple(filter(None, lines)),
        )
    )  # fmt: skip


def _section(section: Section) -> dict[str, Any]:
    return {"heading": section.heading, "items": [_item(item) for item in section.items]}


def _item(item: Item) -> dict[str, Any]:
    return {
        "article": item.article,
        "title": item.title,
        "url": item.url,
        "outlet": _outlet(item.outlet),
        "language": item.language,
        "published": _moment(item.published),
        "read": _moment(item.read),
        "about": item.about,
        "note": item.note,
        "hits": [*item.hits],
        "quotes": [_quote(quote) for quote in item.quotes],
    }


def _quote(quote: Quote) -> dict[str, Any]:
    """Return a sentence and the spans in it that matched, half-open, in code points."""
    text, marks = "", []
    for piece, marked in quote:
        if marked:
            marks.append([len(text), len(text) + len(piece)])
        text += piece
    return {"text": text, "marks": marks}


def _outlet(outlet: Named) -> dict[str, str]:
    return {"id": outlet.id, "name": outlet.name}


def _other(other: Other) -> dict[str, Any]:
    return {"outlet": _outlet(other.outlet), "title": other.title, "url": other.url}


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "outlet": _outlet(change.outlet),
        "title": change.title,
        "url": change.url,
        "before": change.before,
        "after": change.after,
    }


def _condition(one: Condition) -> dict[str, Any]:
    return {
        "outlet": _outlet(one.outlet or Named("", "")),
        "trouble": one.trouble.value,
        "since": _moment(one.since),
        "said": one.said,
        "todo": one.todo,
        "over": one.over,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
