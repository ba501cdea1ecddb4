"""What every command shares: where the configuration is, and how results are printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.review.plain import plain as plain
from monitor.safe import clean as clean
from monitor.safe import one_line as one_line

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.place import Place
    from monitor.ports import Store
    from monitor.settings.record import Settings


@dataclass
class App:
    """`ctx.obj`: the options that stand before the verb."""

    config: Path | None = None

    def settings(self, *, addresses: bool = True) -> Settings:
        """Load the whole configuration; its errors end the command with exit code 1.

        `addresses=False`: for what sends nothing, so that it works in a shell without the secrets.
        """
        from monitor.settings.load import load

        return load(self.config, os.environ, addresses=addresses)

    def store(self) -> Store:
        """Open the database read-only until the command ends, reading no more of the configuration than its path."""
        from monitor.store.opening import open_readonly

        store = open_readonly(self.place())
        click.get_current_context().call_on_close(store.close)
        return store

    def place(self) -> Place:
        """Return where the database is, reading no more of the configuration than that."""
        from monitor.settings.paths import place

        return place(self.config, os.environ)

    @cached_property
    def zone(self) -> tzinfo:
        """The user's time zone, reading no more of the configuration than that."""
        from zoneinfo import ZoneInfo

        from monitor.errors import ConfigError
        from monitor.settings.paths import timezone_name

        name = timezone_name(self.config, os.environ)
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, LookupError) as error:
            raise ConfigError(
                f"timezone: there is no zone {name!r}", hint="`monitor config check` says where"
            ) from error


pass_app = click.make_pass_decorator(App, ensure=True)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")


def print_json(rows: Iterable[object]) -> None:
    """Print one JSON object a line; datetimes as ISO 8601, records as objects."""
    for row in rows:
        click.echo(json.dumps(plain(row), ensure_ascii=False, default=str))


def console(*, stderr: bool = False) -> Console:
    """Return a rich console; colour only on a terminal. Narrow pipes still get whole lines."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else 200)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], object]]:
    """Show on a terminal that a command is at work; yield what changes the words. In a pipe nothing is said."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with console(stderr=True).status(what) as status:
        yield lambda text: status.update(clean(text))


def note(text: str) -> None:
    """Say something that is no result, on stderr."""
    click.echo(clean(text), err=True)
