"""The press review as CommonMark."""

from __future__ import annotations

from monitor.notify import escape
from monitor.review.press import Clipping, Copy, Quote, Review, Told


def render(review: Review) -> str:
    """Return the whole review, a newline at its end."""
    parts = [f"# {escape.markdown(review.title)}", "\n".join(f"- {escape.markdown(line)}" for line in review.about)]
    for number, story in enumerate(review.stories, 1):
        parts += _story(number, story)
    return "\n\n".join(parts) + "\n"


def _story(number: int, story: Told) -> list[str]:
    ran = f" ({story.outlets} outlets)" if story.outlets > 1 else ""
    # The full stop is escaped nowhere: a heading begins no list.
    parts = [f"## {number}. {_inline(story.title)}{ran}"]
    for clipping in story.clippings:
        parts += _clipping(clipping)
    return parts


def _clipping(clipping: Clipping) -> list[str]:
    title = _inline(clipping.title)
    lines = [f"**[{title}]({clipping.url})**" if clipping.url else f"**{title}**"]
    lines.append(_inline(f"{clipping.outlet} · {clipping.when} · {clipping.rules}"))
    lines += [] if clipping.url else [_inline(clipping.address)]
    lines += [_inline(clipping.note)] if clipping.note else []
    # Two spaces end a line without ending the paragraph.
    parts = ["  \n".join(lines)]
    for cited in clipping.cited:
        gone = f" *({_inline(cited.gone)})*" if cited.gone else ""
        parts.append(f"> {_quote(cited.quote)}{gone}")
    if clipping.copies:
        parts.append("Also ran in " + ", ".join(map(_copy, clipping.copies)))
    return parts


def _copy(copy: Copy) -> str:
    name = _inline(copy.outlet)
    return f"[{name}]({copy.url}) ({copy.when})" if copy.url else f"{name} ({copy.when}, {_inline(copy.address)})"


def _quote(quote: Quote) -> str:
    line = ""
    for text, marked in quote:
        escaped = _inline(text) if line else escape.markdown(text)
        line += f"**{escaped}**" if marked else escaped
    return line.strip()


def _inline(text: str) -> str:
    """Escape text that begins no line."""
    return escape.markdown("x" + text)[1:]
