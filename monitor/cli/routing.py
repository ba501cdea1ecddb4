"""`monitor alerts routes`: which route takes a hit, when it would be told, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import listing, unknown
from monitor.cli.app import App, clean, json_option, note, pass_app, print_json
from monitor.cli.ids import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.model import Route, Silence
    from monitor.notify.routes import Facts


@click.group()
def routes() -> None:
    """List the tree of routes; try which of them takes a hit."""


@routes.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the routes with what is in force on each, inherited or its own."""
    from monitor.routing import flat

    settings = app.settings(addresses=False)
    if as_json:
        print_json(flat(settings.routes))
        return
    rows = [
        ("  " * depth + route.id, ", ".join(route.channels), _narrows(route), _when(route))
        for depth, route in _walk(settings.routes)
    ]
    listing.table(("route", "channels", "takes", "tells"), rows, empty="No routes: nobody is told of anything.")


def _walk(found: tuple[Route, ...], depth: int = 0) -> Iterator[tuple[int, Route]]:
    for route in found:
        yield depth, route
        yield from _walk(route.children, depth + 1)


def _narrows(route: Route) -> str:
    said = [
        f"{key} {' '.join(getattr(route, key))}"
        for key in ("rules", "tags", "severities", "outlets", "outlet_tags", "languages")
        if getattr(route, key)
    ]
    return "; ".join(said + ([f"{route.min_outlets} outlets or more"] if route.min_outlets else [])) or "everything"


def _when(route: Route) -> str:
    said = []
    if route.digest:
        said.append("digest at " + " ".join(f"{at:%H:%M}" for at in route.digest) + f" {route.timezone}")
    elif route.wait:
        said.append(f"after {route.wait:g} s")
    if route.updates and not route.digest:
        said.append(f"updates every {route.updates.every:g} s, {route.updates.most} at most")
    if route.quiet:
        said.append(f"quiet {route.quiet.start:%H:%M} to {route.quiet.end:%H:%M} {route.timezone}")
    if route.limit:
        said.append(f"{route.limit.count} a rule in {route.limit.per:g} s")
    return "; ".join(said) or "at once"


@routes.command("test")
@click.option("--rule", required=True, metavar="ID", shell_complete=ids("rules"), help="The rule that hits.")
@click.option("--outlet", required=True, metavar="ID", shell_complete=ids("outlets"), help="The outlet that has it.")
@click.option("--lang", metavar="CODE", default=None, help="The article's language; without it, unknown.")
@click.option("--outlets", type=click.IntRange(1), default=1, show_default=True, help="How many tell the story.")
@click.option("--at", type=listing.When(), default=None, help="When it is found; without it, now.")
@json_option
@pass_app
def try_(app: App, rule: str, outlet: str, lang: str | None, outlets: int, at: datetime | None, as_json: bool) -> None:
    """Say which routes take a hit, when each would tell it, and why the others do not. Nothing is sent."""
    from monitor.notify.routes import Facts

    settings = app.settings(addresses=False)
    rules = {one.id: one for one in settings.rules}
    known = {one.id: one for one in settings.outlets}
    for kind, name, names in (("rule", rule, rules), ("outlet", outlet, known)):
        if name not in names:
            raise click.UsageError(unknown.said(kind, name, names))
    facts = Facts(rules[rule], outlet, known[outlet].tags, lang, outlets)
    moment = at or datetime.now(UTC)
    found = list(tried(settings.routes, facts, moment, _silences(app, moment)))
    if as_json:
        print_json([_as_object(one) for one in found])
        return
    listing.table(
        ("route", "takes it", "told", "why"),
        [("  " * one.depth + one.route.id, "yes" if one.taken else "no", one.told, one.why) for one in found],
        empty="No routes: nobody is told of anything.",
    )


def _silences(app: App, at: datetime) -> list[Silence]:
    """Return those that have not ended by then; none where nothing was ever stored."""
    from monitor.errors import StoreError

    try:
        return app.store().silences.active(at)
    except StoreError as error:
        note(f"silences are not looked at: {error}")
        return []


@dataclass(frozen=True, slots=True)
class Tried:
    """What a route does with a hit."""

    route: Route
    depth: int
    taken: bool
    told: str
    why: str


def tried(found: tuple[Route, ...], facts: Facts, at: datetime, silences: Sequence[Silence] = ()) -> Iterator[Tried]:
    """Yield every route, in the order of the tree, with what it does with a hit of that moment."""
    from monitor.notify.routes import takers

    taking = {route.id for route in takers(found, facts)}
    yield from _walked(found, facts, taking, lambda route: _told(route, facts, at, silences))


def _walked(
    found: tuple[Route, ...], facts: Facts, taking: set[str], told: Callable[[Route], tuple[str, str]],
    depth: int = 0, above: str = "",
) -> Iterator[Tried]:  # fmt: skip
    """`told`: when one that takes the hit tells it, and why.

    `above`: the route above that leaves the hit alone, with all that is below it; "" where none does.
    """
    from monitor.notify.routes import refusal

    for route in found:
        why = refusal(route, facts) or (f"{above} does not take it" if above else "")
        if route.id in taking:
            yield Tried(route, depth, True, *told(route))
        else:
            below = any(child.id in taking for _, child in _walk(route.children))
            passed = "a route below takes it" if below else "a route before takes it"
            yield Tried(route, depth, False, "", why or passed)
        yield from _walked(route.children, facts, taking, told, depth + 1, above or (route.id if why else ""))


def _told(route: Route, facts: Facts, at: datetime, silences: Sequence[Silence]) -> tuple[str, str]:
    """Return when a hit of that moment would be told, and by which reason, as telling decides it."""
    from monitor.errors import AlertReason
    from monitor.model import Alert
    from monitor.notify import hours, plan
    from monitor.views_alerts import DueAlert

    rule, due_at = facts.rule, at + timedelta(seconds=route.wait)
    if never := _untold(facts, at, due_at, silences):
        return "never", never
    if rule.spike:
        return "with a spike", f"below_spike: the rule tells of {rule.spike:g} times the usual alone"
    due = DueAlert(Alert(route.id, rule.id, "", due_at, AlertReason.FIRST), ())
    said = plan.verdict(due, rule, route, outlets={}, silences=(), spent=0, now=due_at)
    if said.action is plan.Action.DIGEST:
        slot = hours.next_slot(route.digest, route.timezone, due_at)
        return listing.when(slot.at), f"{said.reason}: the digest of {slot.day} {slot.slot} {route.timezone}"
    if said.action is plan.Action.WAIT and said.until:
        return listing.when(said.until), f"{said.reason}: quiet until then"
    limit = f"; at most {route.limit.count} of a rule in {route.limit.per:g} s" if route.limit else ""
    budget = f"; {rule.budget} a day" if rule.budget is not None else ""
    waits = f", after {route.wait:g} s of collecting" if route.wait else ""
    return listing.when(due_at), f"{said.reason}{waits}{limit}{budget}"


def _untold(facts: Facts, at: datetime, due_at: datetime, silences: Sequence[Silence]) -> str:
    """Return why no route tells such a hit; "" where they do."""
    from monitor.notify import plan
    from monitor.notify.silences import silenced

    if facts.rule.mode == "shadow":
        return "shadow: the rule's hits are stored only"
    if plan.ended(facts.rule, at):
        return "the rule is off or has ended"
    # Asked when the article is read, and once more when it would be told.
    hushed = silenced(silences, facts, at) or silenced(silences, facts, due_at)
    return f"silenced: silence {hushed.id} until {listing.when(hushed.ends_at)}" if hushed else ""


def _as_object(one: Tried) -> dict[str, Any]:
    return {
        "route": one.route.id,
        "takes": one.taken,
        "told": clean(one.told),
        "why": clean(one.why),
        "channels": list(one.route.channels),
    }
