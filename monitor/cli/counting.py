"""`monitor hits --by`: counts, and a chart of them in the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import formats, unknown
from monitor.cli.app import App, note, one_line, working

if TYPE_CHECKING:
    from monitor.model import Entity
    from monitor.ports import Store
    from monitor.views import Filter

# Eighths of a character.
_BLOCKS = "\u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588"
_MAX_NAME = 40


def show(
    app: App, store: Store, wanted: Filter, query: str, entities: Sequence[Entity], by: str, form: str | None
) -> None:
    """Count hits and print them: all days of the window, of the rest the first `limit`."""
    from monitor.search import counts
    from monitor.views import By

    if form == "feed":
        raise click.UsageError("--feed lists hits; it cannot count them")
    with working("counting"):
        found = counts(store, By(by), wanted, app.zone, datetime.now(UTC), query, entities)
    total = sum(n for _, n in found)
    if not total:
        unknown.tell(app, store, wanted)
    shown = found if by == "day" else found[: wanted.limit]
    rows = [{by: name, "hits": n} for name, n in shown]
    if form == "json":
        formats.print_counts(by, rows, total)
    elif form:
        formats.print_rows(form, by, rows, "")
    elif not total:
        click.echo("0 hits. `monitor status` says what was read.")
    else:
        for line in bars(shown, shutil.get_terminal_size().columns, sys.stdout.encoding or "ascii"):
            click.echo(line)
    if len(shown) < len(found):
        note(f"{len(shown)} of {len(found)} shown, {total} hits in all: add --limit {len(found)}")


def bars(counts: Sequence[tuple[str, int]], width: int, encoding: str = "utf-8") -> list[str]:
    """Return a line for each count, its bar so long that the largest fills the width."""
    names = [one_line(name) or "unknown" for name, _ in counts]
    names = [name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}\u2026" for name in names]
    widest = max(map(len, names), default=0)
    most = max((n for _, n in counts), default=0)
    digits = len(str(most))
    room = max(8, width - widest - digits - 3)
    return [
        f"{name:<{widest}} {n:>{digits}} {_bar(n * room * 8 // most if most else 0, encoding)}".rstrip()
        for name, (_, n) in zip(names, counts, strict=True)
    ]


def _bar(eighths: int, encoding: str) -> str:
    """Return a bar; of "#" where the terminal has no blocks."""
    full, rest = divmod(eighths, 8)
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#" * full
    return _BLOCKS[-1] * full + (_BLOCKS[rest - 1] if rest else "")
