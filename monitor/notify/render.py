"""What a message says → the message, as text, Markdown, HTML and JSON.

Everything an outlet wrote is escaped for each format; only http and https URLs become links.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Message
from monitor.notify import escape
from monitor.notify.content import Change, Content, Item, Other, Quote
from monitor.notify.payload import payload
from monitor.notify.words import CHANGED


def message(said: Content) -> Message:
    """Render a message in every form that a channel may want."""
    foot = [f"and {said.more} more"] if said.more else []
    foot += [escape.fold(note) for note in said.notes]
    foot.append(f"X-Monitor-Id: {said.id}")
    return Message(
        id=said.id,
        title=said.title,
        text=_text(said, foot),
        markdown=_markdown(said, foot),
        html=_html(said, foot),
        kind=said.kind,
        thread=said.thread,
        payload=payload(said),
    )


def changed(change: Change) -> list[tuple[str, str]]:
    """Return what to say of a change, in lines of (label, text)."""
    lines = [(CHANGED.get(change.kind, change.kind), f"{change.outlet.name} · {change.title}")]
    lines += [(label, text) for label, text in (("before", change.before), ("now", change.after)) if text]
    return lines


# ---- plain text


def _text(said: Content, foot: Sequence[str]) -> str:
    parts = [said.heading]
    for section in said.sections:
        if section.heading:
            parts.append(f"== {section.heading}")
        parts += [_text_item(item) for item in section.items]
    for change in said.changes:
        lines = [f"{label}: {text}" for label, text in changed(change)]
        parts.append("\n".join([*lines, change.url] if change.url else lines))
    if said.others:
        parts.append("\n".join(["Also:", *(_text_other(other) for other in said.others)]))
    return "\n\n".join([*parts, *foot])


def _text_item(item: Item) -> str:
    lines = [item.title, item.about]
    lines += ["> " + "".join(f"*{text}*" if marked else text for text, marked in quote) for quote in item.quotes]
    lines += [line for line in (item.note, item.url) if line]
    return "\n".join(lines)


def _text_other(other: Other) -> str:
    return f"- {other.outlet.name}: {other.title}" + (f"\n  {other.url}" if other.url else "")


# ---- Markdown


def _markdown(said: Content, foot: Sequence[str]) -> str:
    parts = [escape.markdown(said.heading)]
    for section in said.sections:
        if section.heading:
            parts.append(f"**{escape.markdown(section.heading)}**")
        for item in section.items:
            parts += _markdown_item(item)
    for change in said.changes:
        lines = [f"**{label}**: {_inner(text)}" for label, text in changed(change)]
        parts.append("  \n".join([*lines, change.url] if change.url else lines))
    if said.others:
        lines = ["Also:"]
        for other in said.others:
            title = _inner(other.title)
            linked = f"[{title}]({other.url})" if other.url else title
            lines.append(f"- {_inner(other.outlet.name)}: {linked}")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, *(escape.markdown(line) for line in foot)])


def _markdown_item(item: Item) -> list[str]:
    title = escape.markdown(item.title)
    lines = [f"**[{title}]({item.url})**" if item.url else f"**{title}**", escape.markdown(item.about)]
    if item.note:
        lines.append(escape.markdown(item.note))
    # Two spaces end a line without ending the paragraph.
    return ["  \n".join(lines), *("> " + _marked(quote) for quote in item.quotes)]


def _inner(text: str) -> str:
    """Escape what does not stand at the start of a line."""
    return escape.markdown("x" + text)[1:]


def _marked(quote: Quote) -> str:
    line = ""
    for text, marked in quote:
        escaped = escape.markdown(text) if not line else _inner(text)
        line += f"**{escaped}**" if marked else escaped
    return line


# ---- HTML


def _html(said: Content, foot: Sequence[str]) -> str:
    parts = [f"<p>{escape.html(said.heading)}</p>"]
    for section in said.sections:
        if section.heading:
            parts.append(f"<h3>{escape.html(section.heading)}</h3>")
        for item in section.items:
            parts += _html_item(item)
    for change in said.changes:
        lines = [f"<strong>{escape.html(label)}</strong>: {escape.html(text)}" for label, text in changed(change)]
        parts.append(f"<p>{'<br>'.join([*lines, _html_link(change.url)] if change.url else lines)}</p>")
    if said.others:
        parts.append("<p>Also:</p>")
        parts += [_html_other(other) for other in said.others]
    parts += [f"<p>{escape.html(line)}</p>" for line in foot]
    return "\n".join(parts)


def _html_item(item: Item) -> list[str]:
    lines = [f"<strong>{escape.html(item.title)}</strong>", escape.html(item.about)]
    if item.note:
        lines.append(f"<em>{escape.html(item.note)}</em>")
    parts = [f"<p>{'<br>'.join(lines)}</p>"]
    for quote in item.quotes:
        words = "".join(
            f"<strong>{escape.html(text)}</strong>" if marked else escape.html(text) for text, marked in quote
        )
        # No <blockquote>: Apprise's plain part would run the sentences of several together.
        parts.append(f'<p style="margin-left: 1.5em">\u201c{words}\u201d</p>')
    if item.url:
        parts.append(f"<p>{_html_link(item.url)}</p>")
    return parts


def _html_link(url: str) -> str:
    # The address itself is the text: the plain part of a mail keeps it.
    return f'<a href="{escape.html(url)}">{escape.html(url)}</a>'


def _html_other(other: Other) -> str:
    said = f"{escape.html(other.outlet.name)}: {escape.html(other.title)}"
    return f"<p>{said}<br>{_html_link(other.url)}</p>" if other.url else f"<p>{said}</p>"
