"""Messages by templates of their readers: DOOR jinja2, sandboxed. Outlet text is data here, never template.

A template is up to four files of one name: NAME.title.j2, NAME.txt.j2, NAME.md.j2, NAME.html.j2; forms without a file
stay as they are made here. What they see is the message's payload (docs/webhook.md), escaped for the form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from monitor.errors import MonitorError
from monitor.model import Message
from monitor.notify import escape
from monitor.notify.content import MAX_TITLE

FORMS = ("title", "txt", "md", "html")
"""File endings, of the fields of a message."""
MAX_OUTPUT = 500_000
# What jinja2 calls the file of a template that has none.
_FRAMES = {"<template>", "<unknown>"}


class BadTemplateError(MonitorError):
    """A template that cannot be used. `line` counts from 1; 0 where it is not known."""

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(message)
        self.name, self.line, self.message = name, line, message


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates by name, each with the text of its forms ("html" → "<p>{{ title }}</p>")."""

    texts: Mapping[str, Mapping[str, str]]

    def apply(self, name: str, message: Message) -> Message:
        """Return a message in the words of a template. Raises BadTemplateError, and KeyError for an unknown name."""
        values = json.loads(message.payload)
        forms = self.texts[name]
        made = {form: _render(f"{name}.{form}.j2", form, text, values) for form, text in forms.items()}
        # A form that comes out empty would be a message without words.
        said = {form: text for form, text in made.items() if text.strip()}
        return replace(
            message,
            title=escape.one_line(said["title"], MAX_TITLE) if "title" in said else message.title,
            text=said.get("txt", message.text),
            markdown=said.get("md", message.markdown),
            html=said.get("html", message.html),
            # Chats are written from the payload, but for what its reader has worded.
            payload=json.dumps(
                values | {"template": {"name": name, "forms": [*said]}}, ensure_ascii=False, separators=(",", ":")
            ),
        )


def _render(file: str, form: str, text: str, values: Mapping[str, Any]) -> str:
    environment = _environment(form)
    environment.loader = DictLoader({file: text})
    try:
        pieces, size = [], 0
        for piece in environment.get_template(file).generate(values):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_OUTPUT:
                raise BadTemplateError(file, 0, f"it makes more than {MAX_OUTPUT:,} characters")
    except TemplateSyntaxError as error:
        raise BadTemplateError(file, error.lineno, error.message or "it is no template") from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadTemplateError(file, _line(error), str(error) or type(error).__name__) from error
    return escape.clean("".join(pieces))


def _line(error: BaseException) -> int:
    """Return the template's line of the innermost frame."""
    line, at = 0, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename in _FRAMES:
            line = at.tb_lineno
        at = at.tb_next
    return line


def _environment(form: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=form == "html",
        undefined=StrictUndefined,
        finalize=_in_markdown if form == "md" else _in_text,
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # An outlet's text would be markup by them.
    for name in ("safe", "forceescape", "xmlattr"):
        environment.filters.pop(name, None)
    environment.filters["link"] = partial(_link, form)
    environment.filters["time"] = _time
    environment.filters["marked"] = partial(_marked, form)
    return environment


def _in_text(value: Any) -> Any:
    return "" if value is None else value


def _in_markdown(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    # What the template says itself does not come by here.
    return "" if value is None else _inner(str(value))


def _inner(text: str) -> str:
    # Nothing is known of what stands before it on its line: a template puts data within lines.
    return escape.markdown("x" + text)[1:]


def _made(markup: str) -> str:
    """Return markup that was escaped here, so that it is not escaped again."""
    safe: str = Markup(markup)  # noqa: S704
    return safe


def _link(form: str, url: str, text: str = "") -> str:
    """Make a link of an address and a text, as the form writes it; the text alone where there is no address."""
    words = text or url
    if form == "html":
        shown = escape.html(words)
        return _made(f'<a href="{escape.html(url)}">{shown}</a>' if url else shown)
    if form == "md":
        shown = _inner(words)
        return _made(f"[{shown}]({url})" if url else shown)
    return f"{text} {url}".strip() if text else url


def _marked(form: str, quote: Mapping[str, Any]) -> str:
    """Write a quote with what matched marked."""
    text, made, at = str(quote["text"]), "", 0
    before, after = {"html": ("<strong>", "</strong>"), "md": ("**", "**")}.get(form, ("*", "*"))
    escaped = {"html": escape.html, "md": _inner}
    make: Callable[[str], str] = escaped.get(form, str)
    for start, end in quote["marks"]:
        made += make(text[at:start]) + before + make(text[start:end]) + after
        at = end
    made += make(text[at:])
    return _made(made) if form in {"html", "md"} else made


def _time(value: str | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    return f"{datetime.fromisoformat(value):{pattern}}" if value else ""
