"""A listing that is empty because what it asks for does not exist: say so, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import TYPE_CHECKING

from monitor.cli.app import App, note, one_line
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.ports import Store
    from monitor.views import Filter


def tell(app: App, store: Store, wanted: Filter) -> None:
    """Say on stderr which ids of a filter nothing has: not the archive, today or ever, nor the configuration."""
    from monitor.views import Filter

    if wanted.story and not store.stories.known(wanted.story):
        note(f"there is no story {one_line(wanted.story)}: `monitor story list` shows the newest")
    if wanted.rule and not store.hits.rows(Filter(rule=wanted.rule, limit=1)):
        _tell(app, "rule", wanted.rule)
    if wanted.outlet and not store.articles.rows(Filter(outlet=wanted.outlet, limit=1)):
        _tell(app, "outlet", wanted.outlet)


def _tell(app: App, kind: str, name: str) -> None:
    try:
        settings = app.settings(addresses=False)
    except MonitorError:
        # What is wrong with it is for `monitor config check` to say; the archive has nothing of that name.
        known: list[str] = []
    else:
        known = [one.id for one in (settings.rules if kind == "rule" else settings.outlets)]
    if name not in known:
        note(said(kind, name, known))


def said(kind: str, name: str, known: Collection[str]) -> str:
    """Say that there is none of this name, which is near, and what lists them. `kind`: rule, outlet or channel."""
    close = difflib.get_close_matches(name, known, 1)
    meant = f", only {close[0]}" if close else ""
    where = f": `monitor {kind}s list` shows those there are" if kind != "channel" else ""
    return f"there is no {kind} {one_line(name)}{meant}{where}"
