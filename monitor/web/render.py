"""Templates: autoescaped, strict about what is missing. What comes from outlets is data here, never template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from monitor.model import Evidence
from monitor.notify import escape
from monitor.safe import one_line
from monitor.web.charts import HEIGHT, WIDTH, bars


def environment(static: Mapping[str, str]) -> Environment:
    """Return what renders the screens; each names the `zone` in which it shows times. `static`: addresses by name."""
    made = Environment(
        loader=PackageLoader("monitor.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip

    filters: dict[str, Any] = {
        "when": _when,
        "hour": _hour,
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        # An address of an outlet becomes a link where it is one of the web, and nothing otherwise.
        "link": escape.link,
        "line": one_line,
        "parts": parts,
        "bars": bars,
    }
    made.filters.update(filters)
    made.globals.update(chart_width=WIDTH, chart_height=HEIGHT, static=static)
    return made


@pass_context
def _when(context: Context, moment: datetime | None) -> str:
    return moment.astimezone(context["zone"]).strftime("%Y-%m-%d %H:%M") if moment else ""


@pass_context
def _hour(context: Context, moment: datetime) -> str:
    return moment.astimezone(context["zone"]).strftime("%H:%M")


def parts(piece: Evidence) -> tuple[tuple[str, bool], ...]:
    """Return a quoted sentence in parts, and which of them is marked."""
    start, end = piece.mark
    found = ((piece.quote[:start], False), (piece.quote[start:end], True), (piece.quote[end:], False))
    return tuple((text, marked) for text, marked in found if text)
