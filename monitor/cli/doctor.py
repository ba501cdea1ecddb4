"""`monitor doctor`: everything looked at once, with what to do."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, one_line, pass_app, print_json, working
from monitor.cli.hints import advice
from monitor.errors import ConfigError, MonitorError

if TYPE_CHECKING:
    from monitor.diagnosis import Sign
    from monitor.enrol import Trial
    from monitor.model import Channel, Delivery
    from monitor.settings.record import Settings


@click.command()
@click.option("--offline", is_flag=True, help="Ask no outlet.")
@click.option("--send", is_flag=True, help="Send one test message to each channel; without it nothing is sent.")
@json_option
@pass_app
def doctor(app: App, offline: bool, send: bool, as_json: bool) -> None:
    """Look at the configuration, the database and its disk, the clock, names, each outlet's sources, each channel,
    rules that can never hit and routes that take nothing. Exit code 1 where something is wrong.
    """
    signs = list(_signs(app, offline=offline, send=send))
    if as_json:
        print_json(signs)
    else:
        _print(signs)
    wrong = sum(sign.state == "wrong" for sign in signs)
    if wrong:
        click.echo(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong", err=True)
        raise click.exceptions.Exit(1)
    click.echo("nothing is wrong", err=True)


def _print(signs: list[Sign]) -> None:
    """Print what is wrong or odd, and of what is fine one line an area."""
    shown: list[tuple[str, str, str, str, str]] = []
    fine: dict[str, int] = {}
    for sign in signs:
        if sign.state != "fine":
            shown.append((sign.area, sign.name, sign.state, sign.said, sign.todo))
            continue
        fine[sign.area] = fine.get(sign.area, 0) + 1
    for area, count in fine.items():
        first = next(sign for sign in signs if sign.area == area and sign.state == "fine")
        said = f"{count} of them" if count > 1 else f"{first.name} {first.said}".strip()
        shown.append((area, "", "fine", said, ""))
    order = {sign.area: place for place, sign in reversed(list(enumerate(signs)))}
    shown.sort(key=lambda row: order[row[0]])
    listing.table(("area", "which", "state", "what is so", "what to do"), shown, empty="")


def _signs(app: App, *, offline: bool, send: bool) -> Iterable[Sign]:
    from monitor import checkup, diagnosis
    from monitor.diagnosis import Sign, State

    started, now = time.monotonic(), datetime.now(UTC)
    settings, whole, said = _settings(app)
    yield from said
    if settings is None:
        yield diagnosis.clock(diagnosis.Clock(now, kept=checkup.clock_kept()))
        return
    with working("looking at the database"):
        found, newest = checkup.database(settings, now)
    yield from (*found, *checkup.languages(settings))
    answers: list[Trial] = []
    if not offline and settings.outlets:
        with working("asking the outlets"):
            asyncio.run(checkup.ask_outlets(settings, settings.outlets, answers.append))
    skews = tuple(one.skew for one in answers if one.skew is not None)
    stepped = (datetime.now(UTC) - now).total_seconds() - (time.monotonic() - started)
    yield diagnosis.clock(diagnosis.Clock(now, newest, checkup.clock_kept(), stepped, skews))
    if answers:
        yield diagnosis.names([one.reason for one in answers])
        yield from (_asked(one, now) for one in answers)
    elif settings.outlets:
        yield Sign("outlets", "", State.UNASKED, f"{len(settings.outlets)} were not asked")
    else:
        yield Sign("outlets", "", State.WRONG, "there is none: nothing is read", "`monitor outlets add HOMEPAGE`")
    yield from _channels(settings, whole=whole, send=send)
    yield from diagnosis.rules(settings.rules, settings.entities, settings.outlets, now)
    yield from diagnosis.routes(settings.routes, settings.rules, settings.outlets, now)


def _settings(app: App) -> tuple[Settings | None, bool, list[Sign]]:
    """Return the configuration as far as it can be read, whether that is all of it, and what is wrong with it."""
    from monitor.diagnosis import Sign, State
    from monitor.errors import ConfigErrors

    signs: list[Sign] = []
    for addresses in (True, False):
        try:
            settings = app.settings(addresses=addresses)
        except ConfigErrors as error:
            # Without the secrets it is read a second time; what was wrong then, is already told.
            signs = signs or [_faulty(one) for one in error.errors]
        except ConfigError as error:
            return None, False, [_faulty(error)]
        else:
            signs += [Sign("configuration", "", State.NOTE, one_line(text)) for text in settings.warnings]
            if addresses:
                signs.append(Sign("configuration", str(settings.directory), State.FINE))
            return settings, addresses, signs
    return None, False, signs


def _faulty(error: MonitorError) -> Sign:
    from monitor.diagnosis import Sign, State

    said, _, hint = str(error).partition("\n")
    return Sign("configuration", "", State.WRONG, one_line(said), one_line(hint))


def _asked(found: Trial, now: datetime) -> Sign:
    from monitor.diagnosis import Sign, State

    wrong, todo = advice(found, now)
    state = State.WRONG if found.reason else State.NOTE if wrong else State.FINE
    return Sign("outlets", found.outlet, state, one_line(f"{found.url} {wrong or f'{found.links} links'}"), todo)


def _channels(settings: Settings, *, whole: bool, send: bool) -> Iterable[Sign]:
    from monitor import checkup
    from monitor.diagnosis import Sign, State

    if not whole:
        yield Sign("channels", "", State.UNASKED, "not looked at: their addresses cannot be had")
        return
    signs = checkup.channels(settings)
    if not send:
        yield from signs
        return
    yield from (sign for sign in signs if sign.state != State.FINE)
    bad = {sign.name for sign in signs if sign.state == State.WRONG}
    chosen = [channel for channel in settings.channels if channel.id not in bad]
    sent: list[tuple[Channel, Delivery]] = []
    # What the console shows is no part of the table.
    out = sys.stderr if sys.stderr.isatty() else io.StringIO()
    asyncio.run(
        checkup.try_channels(settings, chosen, datetime.now(UTC), out, lambda one, done: sent.append((one, done)))
    )
    for channel, done in sent:
        if done.sent:
            yield Sign("channels", channel.id, State.FINE, "took a test message")
        else:
            said = f"took no test message: {done.reason} {one_line(done.detail)}"
            yield Sign("channels", channel.id, State.WRONG, said, "Look at its address, and at the service itself")
