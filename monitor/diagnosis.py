"""What `monitor doctor` says of what it saw. Pure: clocks, disks and outlets are looked at in checkup.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from monitor.errors import Reason
from monitor.match.lint import Kind, lint
from monitor.model import Entity, Outlet, Route, Rule
from monitor.notify import plan
from monitor.notify.routes import Facts, refusal, takers
from monitor.query import parse
from monitor.query_tree import And, AtLeast, Attribute, EntityRef, Near, Node, Or, Scope, Together, show
from monitor.routing import flat

# No clock that is right is before this.
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
# Servers' own clocks are seldom off by more; certificates and dates bear it.
MAX_SKEW = 120.0
# A machine that was halted for so long while the doctor looked has not been set.
MAX_STEP = 2.0
_SHOWN = 5
_CLOCK = "Set it, and have a time service keep it (`timedatectl set-ntp true`, chrony, or the host's)"


class State(StrEnum):
    """How a thing fares. `note`: it may well be meant; `unasked`: it was not looked at."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at. `said`: what is so; `todo`: what to do about it."""

    area: str
    name: str
    state: State
    said: str = ""
    todo: str = ""


# ---- the machine


@dataclass(frozen=True, slots=True)
class Clock:
    """`newest`: when anything stored was last written. `kept`: whether the kernel says that a time service keeps the
    clock; None: unknown. `stepped`: seconds by which the wall's time ran from the monotonic. `skews`: seconds by which
    outlets' clocks are ahead of ours.
    """

    now: datetime
    newest: datetime | None = None
    kept: bool | None = None
    stepped: float = 0.0
    skews: tuple[float, ...] = ()


def clock(seen: Clock) -> Sign:
    """Judge the clock."""

    def sign(state: State, said: str, todo: str = "") -> Sign:
        return Sign("clock", "", state, said, todo)

    if seen.now < RELEASED:
        return sign(State.WRONG, f"it says {seen.now:%Y-%m-%d}, before this program was made", _CLOCK)
    if seen.newest is not None and seen.newest - seen.now > timedelta(seconds=MAX_STEP):
        behind = span((seen.newest - seen.now).total_seconds())
        said = f"it is {behind} behind the newest entry of the database: it ran ahead then, or is slow now"
        return sign(State.WRONG, said, _CLOCK)
    nearest = min(seen.skews, key=abs, default=0.0)
    if abs(nearest) > MAX_SKEW:
        way = "behind" if nearest > 0 else "ahead of"
        many = f"what {len(seen.skews)} answers say" if len(seen.skews) > 1 else "what the one answer says"
        return sign(State.WRONG, f"it is {span(abs(nearest))} {way} {many}", _CLOCK)
    if abs(seen.stepped) > MAX_STEP:
        return sign(State.WRONG, f"it was set by {seen.stepped:+.0f} s while it was looked at", _CLOCK)
    if seen.kept is False:
        return sign(State.NOTE, "no time service keeps it", _CLOCK)
    agrees = f", as {len(seen.skews)} answers say too" if seen.skews else ""
    return sign(State.FINE, f"{seen.now:%Y-%m-%d %H:%M} UTC{agrees}")


def names(reasons: Collection[Reason | None]) -> Sign:
    """Judge the look-up of names by how sources answered; `reasons`: None of those that could be read."""
    lost = sum(reason is Reason.DNS for reason in reasons)
    if lost and lost == len(reasons):
        todo = "Look whether this machine has a network, and at its resolver (/etc/resolv.conf)"
        return Sign("names", "", State.WRONG, "no outlet's name can be looked up", todo)
    said = f"{lost} of {len(reasons)} cannot be looked up" if lost else ""
    return Sign("names", "", State.NOTE if lost else State.FINE, said, "See the outlets" if lost else "")


def span(seconds: float) -> str:
    """Return a time as people say it."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


# ---- rules that never hit


def rules(found: Sequence[Rule], entities: Sequence[Entity], outlets: Sequence[Outlet], now: datetime) -> list[Sign]:
    """Return what is odd about rules: those that are off, and those that can never hit at these outlets."""
    if not found:
        return [Sign("rules", "", State.WRONG, "there is no rule: nothing is looked for", "Write one in rules.yaml")]
    place = _Place(entities, outlets)
    signs = [sign for rule in found if (sign := _rule(rule, place, now))]
    # What languages keep apart is told of each rule.
    odd = [one for one in lint(found, entities) if not one.information and one.kind is not Kind.LANGUAGES]
    if odd:
        shown = ", ".join(dict.fromkeys(one.entity for one in odd[:_SHOWN]))
        said = f"names of {shown} are likely to hit too much, or never"
        signs.append(Sign("rules", "", State.NOTE, said, "`monitor rules lint` says why"))
    return signs or [Sign("rules", "", State.FINE, f"{len(found)} can hit")]


def _rule(rule: Rule, place: _Place, now: datetime) -> Sign | None:
    if rule.mode == "off":
        return Sign("rules", rule.id, State.NOTE, "it is off", "Take `mode: off` out, or the rule")
    if plan.ended(rule, now):
        return Sign("rules", rule.id, State.NOTE, "its `until` has passed", "Give it a later day, or take it out")
    reach = _Reach(rule, place)
    if why := reach.barred():
        return Sign("rules", rule.id, State.WRONG, f"it can never hit: {why}", "Change it, or add such an outlet")
    if idle := list(reach.idle(reach.root)):
        said = "; ".join(f"{show(node)}: {why}" for node, why in idle[:_SHOWN])
        return Sign("rules", rule.id, State.NOTE, f"a part of it can never hit: {said}")
    if rule.mode == "shadow":
        return Sign("rules", rule.id, State.NOTE, "it is in shadow: its hits are stored, never told")
    return None


class _Place:
    """The outlets as rules see them. `spoken`: their languages; None where one says none: any may come."""

    def __init__(self, entities: Iterable[Entity], outlets: Sequence[Outlet]) -> None:
        self.entities = {entity.id: entity for entity in entities}
        self.ids = {outlet.id for outlet in outlets}
        said = {outlet.language for outlet in outlets}
        self.spoken = None if None in said or not outlets else {_one(code) for code in said if code}


class _Reach:
    """What of a rule's query can hold at these outlets."""

    def __init__(self, rule: Rule, place: _Place) -> None:
        self.root = parse(rule.query).root
        self._place, self._spoken = place, place.spoken
        self._wanted = {_one(code) for code in rule.languages}

    def barred(self) -> str:
        """Return why the rule can never hit; "" where it can."""
        if self._wanted and self._spoken is not None and self._wanted.isdisjoint(self._spoken):
            return f"it is for {', '.join(sorted(self._wanted))}, and no outlet is in that"
        return self._why(self.root)

    def idle(self, node: Node) -> Iterator[tuple[Node, str]]:
        """Yield the parts that can never hold although another may, with the reason."""
        if not isinstance(node, Or):
            return
        for part in node.parts:
            if why := self._why(part):
                yield part, why
            else:
                yield from self.idle(part)

    def _why(self, node: Node) -> str:  # noqa: PLR0911 - one for each kind of node
        """Return why a part can never hold; "" where it may."""
        match node:
            case And(parts=parts):
                return next(filter(None, map(self._why, parts)), "")
            case Or(parts=parts):
                every = [self._why(part) for part in parts]
                return every[0] if all(every) else ""
            case Scope(part=part) | AtLeast(part=part):
                return self._why(part)
            case Near(left=left, right=right) | Together(left=left, right=right):
                return self._why(left) or self._why(right)
            case Attribute(field="outlet", value=value):
                return "" if value in self._place.ids else f"there is no outlet {value!r}"
            case Attribute(field="lang", value=value):
                return "" if self._heard({_one(value)}) else f"no outlet is in {value!r}"
            case EntityRef(id=name):
                return self._named(name)
            case _:
                return ""

    def _named(self, name: str) -> str:
        entity = self._place.entities.get(name)
        if entity is None:
            return ""
        languages = [{_one(code) for code in one.languages} for one in entity.names]
        if any(self._heard(some) for some in languages):
            return ""
        return f"no name of @{name} holds in a language of the outlets"

    def _heard(self, languages: set[str]) -> bool:
        """Say whether an article may be in one of these languages; none are all."""
        if not languages:
            return True
        if self._wanted and self._wanted.isdisjoint(languages):
            return False
        return self._spoken is None or not self._spoken.isdisjoint(languages)


def _one(code: str) -> str:
    """Return one code for Norwegian, whose outlets say `no` and whose pages nb or nn."""
    return "no" if code in {"nb", "nn"} else code


# ---- routes that take nothing


def routes(found: Sequence[Route], rules_there: Sequence[Rule], outlets: Sequence[Outlet], now: datetime) -> list[Sign]:
    """Return the routes that no hit can take, and the rules that no route takes."""
    if not found:
        return [Sign("routes", "", State.NOTE, "there is none: nobody is told", "Write one in alerts.yaml")]
    telling = [rule for rule in rules_there if rule.mode == "live" and not plan.ended(rule, now)]
    every = list(flat(found))
    shapes = [(rule, list(_facts(every, rule, outlets))) for rule in _shapes(every, telling)]
    taking: set[str] = set()
    untaken = []
    for rule, facts in shapes:
        here = {route.id for one in facts for route in takers(found, one)}
        taking |= here
        if facts and not here:
            untaken.append(rule.id)
    possible = [one for _, facts in shapes for one in facts]
    signs = [
        Sign("routes", route.id, State.WRONG, _untaken(route, possible), "`monitor alerts routes test` tries one")
        for route in every
        if telling and outlets and taking.isdisjoint(one.id for one in flat([route]))
    ]
    if untaken:
        shown = ", ".join(untaken[:_SHOWN]) + (" and others" if len(untaken) > _SHOWN else "")
        signs.append(Sign("routes", "", State.NOTE, f"none takes what {shown} hit: it is stored, nobody is told"))
    return signs or [Sign("routes", "", State.FINE, f"{len(every)} can take a hit")]


def _untaken(route: Route, possible: Sequence[Facts]) -> str:
    why = {refusal(route, facts) for facts in possible}
    if "" in why:
        return "it takes nothing: what it would take, a route above or before it keeps away"
    return f"it takes nothing: no rule at any outlet has its {next(iter(sorted(why)), 'conditions')}"


def _shapes(every: Sequence[Route], telling: Iterable[Rule]) -> list[Rule]:
    """Return one rule of each kind that routes can tell apart: of a hundred thousand they are few."""
    named = {rule_id for route in every for rule_id in route.rules}
    kinds = {(rule.id if rule.id in named else "", rule.tags, rule.severity): rule for rule in telling}
    return list(kinds.values())


def _facts(every: Sequence[Route], rule: Rule, outlets: Sequence[Outlet]) -> Iterator[Facts]:
    """Yield every kind of hit of a rule that routes can tell apart. Where an outlet says no language, any may come."""
    named = {outlet_id for route in every for outlet_id in route.outlets}
    spoken = {code for route in every for code in route.languages}
    kinds = {(one.id if one.id in named else "", one.tags, one.language): one for one in outlets}
    for outlet in kinds.values():
        languages = {outlet.language} if outlet.language else {None, *spoken}
        if rule.languages:
            languages &= {None, *rule.languages} if outlet.language is None else set(rule.languages)
        for language in languages:
            yield Facts(rule, outlet.id, outlet.tags, language, outlets=len(outlets))
