"""Due alerts → the message that tells it, as text, Markdown and HTML.

Everything an outlet wrote is escaped for each format; only http and https URLs become links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.errors import AlertReason
from monitor.model import Evidence, Message, Rule, Span, Standing
from monitor.notify import escape
from monitor.notify.words import in_part
from monitor.views import DueAlert, HitRow

MAX_HITS = 10
MAX_QUOTES = 3
# A sentence of 500 characters is rare; a table that counts as one is longer.
MAX_QUOTE = 500
MAX_TITLE = 200

Quote = list[tuple[str, bool]]
"""A sentence in pieces: folded text, and whether it is what the rule matched."""


@dataclass(frozen=True, slots=True)
class _Item:
    title: str
    about: str
    url: str
    quotes: tuple[Quote, ...]
    note: str


def message(
    told: Sequence[tuple[DueAlert, Rule]],
    *,
    id: str,  # noqa: A002
    outlet_names: Mapping[str, str],
    timezone: tzinfo,
) -> Message:
    """Render the alerts of one story, each with its rule. `id`: the message's id, see plan.message_id. Times are shown
    in `timezone`.
    """
    articles: dict[int, list[HitRow]] = {}
    revised: set[int] = set()
    for due, _ in told:
        for row in due.hits:
            articles.setdefault(row.article.id, []).append(row)
            if due.alert.reason is AlertReason.REVISED:
                revised.add(row.article.id)
    items = [
        _item(rows, outlet_names, timezone, revised=number in revised)
        for number, rows in list(articles.items())[:MAX_HITS]
    ]
    more = len(articles) - len(items)
    names = [_name(rule) for _, rule in told]
    heading = f"Rule{'s' if len(told) > 1 else ''} {', '.join(_full_name(rule) for _, rule in told)}"
    foot = [f"and {more} more"] if more else []
    foot.append(f"X-Monitor-Id: {id}")
    title = ", ".join(names) + (f": {items[0].title}" if items else "")
    return Message(
        id=id,
        title=escape.one_line(title, MAX_TITLE),
        text=_text(heading, items, foot),
        markdown=_markdown(heading, items, foot),
        html=_html(heading, items, foot),
    )


def _name(rule: Rule) -> str:
    return escape.one_line(rule.name or rule.id, 80)


def _full_name(rule: Rule) -> str:
    name = _name(rule)
    return name if name == rule.id else f"{name} ({escape.one_line(rule.id, 80)})"


def _item(rows: Sequence[HitRow], outlet_names: Mapping[str, str], timezone: tzinfo, *, revised: bool) -> _Item:
    """Make one item of an article's hits: sentences that several rules share stand once."""
    article = rows[0].article
    outlet = escape.one_line(outlet_names.get(article.outlet_id) or article.outlet_id, 100)
    if article.published:
        when = _time(article.published, timezone)
    else:
        when = f"undated, read {_time(article.fetched_at, timezone)}"
    when += "".join(f", {words}" for words in _oddities(rows[0], revised=revised))
    numbers = ", ".join(str(row.hit.id) for row in rows)
    return _Item(
        title=escape.one_line(article.title) or "(no headline)",
        about=f"{outlet} · {when} · hit{'s' if len(rows) > 1 else ''} {numbers}",
        url=escape.link(article.url),
        quotes=tuple(_quotes(_spread(rows))),
        note=in_part(article.text, article.reason),
    )


def _oddities(row: HitRow, *, revised: bool) -> list[str]:
    """Say what is unusual about how an article came to be told."""
    said = []
    published, found = row.article.published, row.hit.found_at
    if row.hit.standing is Standing.LATE and published and found:
        said.append(f"published {(found - published).days} d ago")
    if revised:
        said.append("revised: this was not in it when it was first read")
    return said


def _spread(rows: Sequence[HitRow]) -> tuple[Evidence, ...]:
    """Return evidence so that the first of each rule comes before the second of any."""
    ranked = [(rank, row.hit.rule_id, piece) for row in rows for rank, piece in enumerate(row.hit.evidence)]
    return tuple(piece for _, _, piece in sorted(ranked, key=lambda entry: entry[0]))


def _time(at: datetime, timezone: tzinfo) -> str:
    with suppress(OverflowError):  # the years 1 and 9999
        at = at.astimezone(timezone)
    return f"{at:%Y-%m-%d %H:%M %Z}".strip()


def _quotes(evidence: tuple[Evidence, ...]) -> list[Quote]:
    """Cut each sentence that matched into pieces, once, with all its matches marked."""
    marks: dict[str, list[Span]] = {}
    for piece in evidence:
        if piece.quote:
            marks.setdefault(piece.quote, []).append(piece.mark)
        elif piece.surface:
            marks.setdefault(piece.surface, []).append((0, len(piece.surface)))
    return [_pieces(sentence, sorted(spans)) for sentence, spans in list(marks.items())[:MAX_QUOTES]]


def _pieces(sentence: str, spans: list[Span]) -> Quote:
    first = max(spans[0][0] - MAX_QUOTE // 3, 0) if len(sentence) > MAX_QUOTE else 0
    last = min(first + MAX_QUOTE, len(sentence))
    pieces: Quote = [("… ", False)] if first else []
    at = first
    for span in spans:
        start, end = max(span[0], at), min(span[1], last)
        if start < end:
            pieces += [(escape.fold(sentence[at:start]), False), (escape.fold(sentence[start:end]), True)]
            at = end
    pieces.append((escape.fold(sentence[at:last]), False))
    if last < len(sentence):
        pieces.append((" …", False))
    return [(text, marked) for text, marked in pieces if text]


def _text(heading: str, items: list[_Item], foot: list[str]) -> str:
    parts = [heading]
    for item in items:
        lines = [item.title, item.about]
        lines += ["> " + "".join(f"*{text}*" if marked else text for text, marked in quote) for quote in item.quotes]
        lines += [line for line in (item.note, item.url) if line]
        parts.append("\n".join(lines))
    return "\n\n".join(parts + foot)


def _markdown(heading: str, items: list[_Item], foot: list[str]) -> str:
    parts = [escape.markdown(heading)]
    for item in items:
        title = escape.markdown(item.title)
        lines = [f"**[{title}]({item.url})**" if item.url else f"**{title}**", escape.markdown(item.about)]
        if item.note:
            lines.append(escape.markdown(item.note))
        # Two spaces end a line without ending the paragraph.
        parts.append("  \n".join(lines))
        parts += ["> " + _marked(quote) for quote in item.quotes]
    return "\n\n".join(parts + [escape.markdown(line) for line in foot])


def _marked(quote: Quote) -> str:
    line = ""
    for text, marked in quote:
        # Only the first piece stands at the start of a line.
        escaped = escape.markdown(text) if not line else escape.markdown("x" + text)[1:]
        line += f"**{escaped}**" if marked else escaped
    return line


def _html(heading: str, items: list[_Item], foot: list[str]) -> str:
    parts = [f"<p>{escape.html(heading)}</p>"]
    for item in items:
        lines = [f"<strong>{escape.html(item.title)}</strong>", escape.html(item.about)]
        if item.note:
            lines.append(f"<em>{escape.html(item.note)}</em>")
        parts.append(f"<p>{'<br>'.join(lines)}</p>")
        for quote in item.quotes:
            words = "".join(
                f"<strong>{escape.html(text)}</strong>" if marked else escape.html(text) for text, marked in quote
            )
            # No <blockquote>: Apprise's plain part would run the sentences of several together.
            parts.append(f'<p style="margin-left: 1.5em">\u201c{words}\u201d</p>')
        if item.url:
            # The address itself is the text: the plain part of a mail keeps it.
            parts.append(f'<p><a href="{escape.html(item.url)}">{escape.html(item.url)}</a></p>')
    parts += [f"<p>{escape.html(line)}</p>" for line in foot]
    return "\n".join(parts)
