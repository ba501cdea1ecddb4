"""`monitor outlets discover` and `add`: from a home page to an entry in outlets.yaml."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, console, json_option, note, one_line, pass_app, print_json
from monitor.cli.hints import age, hint
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.discovery import Discovery, Found
    from monitor.model import Outlet
    from monitor.settings.record import Settings

private_option = click.option("--private", is_flag=True, help="It stands in your own network: its host may be asked.")


@click.command()
@click.argument("url", metavar="URL")
@private_option
@json_option
@pass_app
def discover(app: App, url: str, private: bool, as_json: bool) -> None:
    """Show what a site has to watch, the best first. Stores nothing. Exit code 1 where nothing can be watched."""
    found = look(app.settings(addresses=False), url, private)
    if as_json:
        print_json(found.found)
    else:
        show(found)
    tell_home(found, private)
    if found.best is None:
        raise click.exceptions.Exit(1)
    if not as_json:
        note(f"`monitor outlets add {url}` watches the first of them")


@click.command()
@click.argument("homepage", metavar="HOMEPAGE")
@click.option("--id", "outlet_id", default="", metavar="ID", help="Its short stable name (else made of its name).")
@click.option("--name", default="", help="As people know it (else as the site calls itself).")
@click.option("--tag", "tags", multiple=True, metavar="WORD", help="A word of yours for it; may be repeated.")
@private_option
@click.option("--yes", is_flag=True, help="Write it without asking.")
@pass_app
def add(app: App, homepage: str, outlet_id: str, name: str, tags: tuple[str, ...], private: bool, yes: bool) -> None:
    """Find out what HOMEPAGE has to watch and write it into outlets.yaml. The address of a feed will do as well."""
    from monitor.settings.edit import add_outlets, entry_text, writable

    settings = app.settings(addresses=False)
    path = writable(settings)
    _check_id(outlet_id, settings)
    found = look(settings, homepage, private)
    best = found.best
    if best is None:
        show(found)
        tell_home(found, private)
        raise ConfigError(f"{one_line(found.url)} has nothing that can be watched", hint=what_now(found, private))
    outlet = outlet_of(found, best, settings, outlet_id, name.strip(), tags, private)
    click.echo(f"{best.kind} {one_line(best.url)}: {holds(best)}; {one_line(best.why)}")
    _tell_others(found, best)
    if found.reason:
        note(
            f"the home page cannot be read ({found.reason}); where articles cannot be either, what the {best.kind} says"
        )
        note("of them is read in their place: a headline and a summary at best")
    click.echo(clean(entry_text(outlet)), nl=False)
    if not yes:
        click.confirm(f"Write this into {path}?", default=True, abort=True, err=True)
    add_outlets(settings, [outlet], os.environ)
    note(f"written to {path}. What it lists now is its baseline and alerts nobody; a `monitor run` that is running")
    note(f"takes it up. `monitor outlets check {outlet.id}` asks it now")


def look(settings: Settings, url: str, private: bool) -> Discovery:
    """Ask a site what it has to watch, and show on a terminal what is asked."""
    from monitor.checkup import look_around

    with console(stderr=True).status("asking") as status:

        def told(address: str) -> None:
            if status.console.is_terminal:
                status.update(f"asking {clean(one_line(address))[:100]}")

        return asyncio.run(look_around(settings, url.strip(), told, private=private))


def show(found: Discovery) -> None:
    """Print what was found."""
    now = datetime.now(UTC)
    # What was only guessed and is not there is no news.
    shown = [one for one in found.found if one.reason is None or not one.why.startswith("guessed")]
    rows = [
        (one.kind, one.url, one.entries or "", age(one.newest, now), f"{one.titled:.0%}" if one.entries else "",
         f"{one.dated:.0%}" if one.entries else "", one.verdict, one.why)
        for one in shown
    ]  # fmt: skip
    columns = ("kind", "address", "entries", "newest", "titles", "dates", "verdict", "found")
    listing.table(columns, rows, empty="Neither feed nor sitemap was found.")
    if len(found.found) > len(shown):
        note(f"{len(found.found) - len(shown)} addresses where such lists often stand hold none")


def tell_home(found: Discovery, private: bool) -> None:
    """Say that the home page cannot be read, where that is so."""
    if found.reason:
        note(f"{found.url} cannot be read: {found.reason} {found.detail}")
        if found.best is None:
            note(f"what to do: {what_now(found, private)}")


def what_now(found: Discovery, private: bool) -> str:
    """Return what to do where nothing can be watched."""
    if found.reason == "blocked_address" and not private:
        return "Give --private where it stands in your own network"
    if found.reason:
        return hint(found.reason)
    refused = next((one.reason for one in found.found if one.reason not in {None, "not_found"}), None)
    return hint(refused) or "look for the site's page about its feeds, and add the address of one"


def _tell_others(found: Discovery, best: Found) -> None:
    others = [one for one in found.found if one.good and one is not best]
    for one in others:
        click.echo(f"  also: {one.kind} {one_line(one.url)}: {holds(one)}")


def holds(one: Found) -> str:
    """Return how much a source lists, and how fresh that is."""
    newest = age(one.newest, datetime.now(UTC))
    fresh = "" if not newest else ", the newest just now" if newest == "just now" else f", the newest {newest} old"
    return f"{one.entries} entries{fresh}"


def outlet_of(
    found: Discovery, best: Found, settings: Settings, outlet_id: str, name: str, tags: tuple[str, ...], private: bool
) -> Outlet:
    """Return the new outlet. Raises ConfigError where its source or its id is there already."""
    from monitor.model import Outlet, Source
    from monitor.outlets import naming

    known = naming.watched(settings.outlets)
    if there := known.get(naming.key(best.url)):
        place = settings.origins.get(f"outlets.{there}", "")
        raise ConfigError(f"{best.url} is watched already, by the outlet {there!r} ({place})")
    name = name or one_line(found.title or best.title)[:100]
    chosen = outlet_id or naming.new_id(name, found.url)
    _check_id(chosen, settings)
    return Outlet(
        chosen, name or chosen, found.url, (Source(best.url, best.kind),), found.language, private=private,
        tags=tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
    )  # fmt: skip


def _check_id(outlet_id: str, settings: Settings) -> None:
    from monitor.settings.keys import ID

    if outlet_id and not (re.fullmatch(ID, outlet_id) and len(outlet_id) <= 64):
        raise click.UsageError(f"{outlet_id!r} is no id: small letters, digits and . _ - after the first, at most 64")
    if outlet_id in {outlet.id for outlet in settings.outlets}:
        place = settings.origins.get(f"outlets.{outlet_id}", "")
        raise ConfigError(f"there is an outlet {outlet_id!r} already ({place})", hint="Give this one another --id")
