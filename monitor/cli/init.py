"""`monitor init`: an outlet, a phrase, a channel, and from them a configuration that works."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.adding import holds, look, outlet_of, private_option, show, tell_home, what_now
from monitor.cli.app import App, clean, note, one_line, pass_app
from monitor.errors import ChannelError, ConfigError, QueryError

if TYPE_CHECKING:
    from monitor.model import Delivery, Link, Outlet
    from monitor.settings.begin import Start, Way
    from monitor.settings.record import Settings

# Of what an outlet lists now so many hits are told, each with its story; of more only what comes after them is.
MOST_AT_ONCE = 10
_SHOWN = 5


@click.command()
@click.option("--outlet", "places", multiple=True, metavar="URL", help="The home page of an outlet; may be repeated.")
@click.option("--phrase", "phrases", multiple=True, metavar="TEXT", help="What to look for; may be repeated.")
@click.option(
    "--channel",
    metavar="URL",
    envvar="MONITOR_CHANNEL",
    help="Where alerts go: `console`, or the address of a mail, chat or push service, or of a webhook. The variable "
    "MONITOR_CHANNEL keeps it out of the list of processes.",
)
@private_option
@click.option("--no-sample", is_flag=True, help="Send no sample message to the channel.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not said is its default, or an error.")
@pass_app
def init(
    app: App, places: tuple[str, ...], phrases: tuple[str, ...], channel: str | None, private: bool, no_sample: bool,
    yes: bool,
) -> None:  # fmt: skip
    """Make a configuration: an outlet's home page, a phrase and a channel are all it needs.

    It goes into ./config, or the folder of --config. Nothing is written before the last answer, and never over
    anything. An address of a channel goes into a file that only you can read.
    """
    if yes and not (places and phrases):
        raise click.UsageError("with --yes nothing is asked: give --outlet and --phrase")
    from monitor.settings import begin

    folder = app.config or Path("config")
    begin.clear(folder)
    # As Ctrl-C does, so that temporary files go too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with begin.tried(begin.Start(), os.environ) as settings:
        talk = _Talk(settings, begin.Start(), private, ask=not yes)
        talk.outlets(places)
        talk.rules(phrases)
        talk.way("console" if yes and channel is None else channel, sample=not no_sample)
    storage = settings.storage
    there = storage.exists()
    names = begin.write(folder, talk.start)
    _tell(folder, names, talk.start.way)
    if there:
        note(f"the database {storage} is there already: what it knows of an outlet is not told again")
    note(f"Next: `{_command(folder, 'run')}` reads, and stays; `{_command(folder, 'doctor')}` says whether all is well")


def _command(folder: Path, verb: str) -> str:
    return f"monitor {verb}" if folder == Path("config") else f"monitor --config {folder} {verb}"


def _tell(folder: Path, names: list[str], way: Way) -> None:
    from monitor.settings.begin import SECRETS

    shown = ", ".join(name for name in names if name != SECRETS)
    click.echo(clean(f"written to {folder}: {shown}"))
    if way.address:
        click.echo(
            clean(f"the channel's address is in {folder / SECRETS / way.id}, mode 0600: keep that file to yourself")
        )


@dataclass
class _Talk:
    """What was said so far. A faulty answer is asked for again; a faulty option ends the command."""

    settings: Settings
    start: Start
    private: bool
    ask: bool

    def outlets(self, places: tuple[str, ...]) -> None:
        """Find what each outlet has to watch."""
        self.listed: dict[str, tuple[Link, ...]] = {}
        for place in dict.fromkeys(places):
            self._outlet(place)
        if not places:
            self._asked("The home page of an outlet", self._outlet)

    def _outlet(self, place: str) -> None:
        from monitor.outlets import naming

        found = look(self.settings, place, self.private)
        if found.best is None and found.reason == "blocked_address" and self.ask and not self.private:
            self.private = click.confirm(f"{clean(place)} stands in your own network. Ask it?", default=False, err=True)
            found = look(self.settings, place, self.private) if self.private else found
        best = found.best
        if best is None:
            show(found)
            tell_home(found, self.private)
            hint = what_now(found, self.private)
            raise ConfigError(f"{one_line(found.url)} has nothing that can be watched", hint=hint)
        name = one_line(found.title or best.title)[:100]
        outlet_id = naming.new_id(name, found.url, {one.id for one in self.start.outlets})
        outlet = outlet_of(found, best, self.settings, outlet_id, name, (), self.private)
        click.echo(f"{outlet.id}: {best.kind} {one_line(best.url)}: {holds(best)}")
        self.listed[outlet.id] = best.listed
        self._take([*self.start.outlets, outlet])

    def _take(self, outlets: list[Outlet]) -> None:
        self.start = replace(self.start, outlets=tuple(outlets))
        self.settings = replace(self.settings, outlets=self.start.outlets)

    def rules(self, phrases: tuple[str, ...]) -> None:
        """Make rules of the phrases, and show what they would have hit."""
        if phrases:
            self._rules(phrases)
        else:
            self._asked('A phrase to look for, as in: "coalition of the willing"', lambda said: self._rules((said,)))

    def _rules(self, phrases: tuple[str, ...]) -> None:
        from monitor.checkup import would_hit
        from monitor.match.receipt import marked
        from monitor.model import Rule
        from monitor.settings.begin import rules_of

        made = rules_of(phrases)
        rules = [Rule(rule_id, query) for rule_id, query in made.items()]
        outlets = []
        for outlet in self.start.outlets:
            listed = self.listed[outlet.id]
            hits = would_hit(rules, self.settings.entities, outlet, listed)
            few = len(hits) <= MOST_AT_ONCE
            outlets.append(replace(outlet, alert_baseline=few))
            click.echo(f"{outlet.id}: {len(hits)} of {len(listed)} hit now, by headline and summary alone")
            for article, hit in hits[:_SHOWN]:
                click.echo(clean(f"  {hit.rule_id}: {one_line(marked(hit.evidence[0]) or article.title)}"))
            if hits and few:
                note(f"  they are told of when {outlet.id} is first read (`baseline: alert` in outlets.yaml)")
            if not few:
                note(f"  these are too many to be told of at once: only what {outlet.id} publishes from now on is")
        self.start = replace(self.start, rules=made)
        self._take(outlets)

    def way(self, said: str | None, *, sample: bool) -> None:
        """Find out what kind of channel that is, and try it."""
        if said is not None:
            self._way(said, sample=sample)
            return
        told = "; a sample goes there now" if sample else ""
        question = f"Where alerts go: an address such as ntfys://ntfy.sh/your-topic{told}"
        self._asked(question, lambda answer: self._way(answer, sample=sample), default="console")

    def _way(self, said: str, *, sample: bool) -> None:
        from monitor.checkup import try_channels
        from monitor.settings.begin import ways_of

        way, settings = self._usable(ways_of(said))
        told: list[Delivery] = []
        if sample:
            chosen = [one for one in settings.channels if one.id == way.id]
            now = datetime.now(UTC)
            asyncio.run(try_channels(settings, chosen, now, sys.stdout, lambda _, done: told.append(done)))
        for done in told:
            if not done.sent:
                hint = "Look at the address; with --no-sample it is written without being tried"
                why = f"{done.reason} {one_line(done.detail)}"
                raise ConfigError(f"the channel {way.id} took no sample: {why}", hint=hint)
            click.echo(f"one sample message was sent to {way.id}")

    def _usable(self, ways: list[Way]) -> tuple[Way, Settings]:
        """Return the first way that can be used, with the configuration it is part of. Raises ChannelError."""
        from monitor.settings.begin import tried
        from monitor.wiring import check_channels

        for way in ways:
            self.start = replace(self.start, way=way)
            with tried(self.start, os.environ) as settings:
                try:
                    check_channels(settings)
                except ChannelError:
                    if way is ways[-1]:
                        raise
                else:
                    return way, settings
        raise ChannelError("no way to send is known")

    def _asked(self, question: str, take: Callable[[str], None], default: str | None = None) -> None:
        """Ask until an answer can be used."""
        while True:
            answer = click.prompt(question, default=default, err=True)
            try:
                return take(str(answer).strip())
            except (ConfigError, QueryError, ChannelError) as error:
                if not self.ask:
                    raise
                note(str(error))
