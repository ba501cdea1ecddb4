"""What is stored of an outlet → what is wrong with it, with evidence and what to try; pure.

    polls   three in a row failed: failing, blocked or certificate, by the reason
    pages   the last ones were not read, as hardly ever before: blocked (walls), layout (no text, much shorter ones, one
            text on several), failing (not there)
    news    nothing came for twice the longest silence, in articles usual by hour of week: silent
    links   far more than polls take up: flooding; a redirect for good: moved

A trouble begins once and ends once; between, only its end is looked for. What is usual is the outlet's own, and one
that is not known for two weeks has no silence.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from monitor.errors import Reason, Trouble
from monitor.model import Article, Link, LinkState, TextKind
from monitor.outlets import rhythm, silence
from monitor.outlets.cadence import spell
from monitor.parse import urls
from monitor.views_health import ALL, Ailment, Chart, Diagnosis, Glance, Pulse

GLANCES = 40
"""Pages that are remembered of an outlet."""
IN_A_ROW = 3
WALLS = frozenset({
    Reason.FORBIDDEN, Reason.UNAUTHORIZED, Reason.CHALLENGE, Reason.RATE_LIMITED, Reason.ROBOTS, Reason.LOGIN,
    Reason.CONSENT, Reason.PAYWALL,
})  # fmt: skip
CERTIFICATES = frozenset({Reason.TLS, Reason.TLS_EXPIRED, Reason.TLS_UNTRUSTED, Reason.TLS_WRONG_HOST})
UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT}) | CERTIFICATES
"""What all outlets answer where our own network, name server or clock is to blame."""
# What a page without its text is taken for.
_THIN = frozenset({Reason.NO_BODY, Reason.LIST_PAGE, Reason.ERROR_PAGE, Reason.EMPTY})
_AWAY = frozenset({
    Reason.NOT_FOUND, Reason.SERVER_ERROR, Reason.CLIENT_ERROR, Reason.REDIRECTS, Reason.PROTOCOL,
}) | UNREACHED  # fmt: skip
# A pause that a host asks for is over before a page of it says anything.
_SAY_NOTHING = frozenset({Reason.RATE_LIMITED, Reason.NO_READER, Reason.OVER_TIME, Reason.OVER_MEMORY, Reason.CRASHED})
_OURS = frozenset({Reason.NO_READER})
# So unlikely must a row of bad pages be by those before it, as of a coin of unknown bias (Polya's urn): after 26 good
# pages three are, after 8 six, after 2 bad ones of 27 six. Where a third is bad anyway a row of them says nothing.
_CHANCE = 1e-5
# One page in a hundred is as short by nature.
_CHANCE_SHORT = 1e-6
_BAD_PRIOR, _PRIOR, _OFTEN = 0.1, 1.1, 1 / 3
_LEAST_KNOWN = 8
_SHORTER, _LEAST_LENGTH = 4, 400
# A wall or a fault of half an hour is tried again by itself; pages read in one minute are one observation.
_WALLED_FOR, _AWAY_FOR = timedelta(minutes=10), timedelta(minutes=30)
FLOOD, _FLOOD_DAYS = 400, 5
_MOVED_FOR = timedelta(hours=1)
_POLLED = frozenset({Trouble.FAILING, Trouble.BLOCKED, Trouble.CERTIFICATE})


def glance(link: Link, article: Article | None, reason: Reason | None, now: datetime) -> Glance | None:
    """Return what the first reading of a page shows of its outlet; None where it was not the first."""
    if link.attempts or link.state is LinkState.AGAIN:
        return None
    if article is None or article.text is not TextKind.FULL:
        return Glance(now, reason or Reason.NO_BODY, title=_mark(link.title))
    body = article.body
    return Glance(now, article.reason, len(body), _mark(body), _mark(article.title or link.title))


def _mark(text: str) -> int:
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "big") or 1


def examine(chart: Chart, homepage: str, now: datetime) -> Diagnosis:
    """Return what begins and what ends with an outlet. `homepage`: "" where none is known."""
    ended = tuple(over for one in chart.ailments if (over := _over(chart, one, now)))
    gone = {one.trouble for one in ended}
    begun = []
    for look in (_polls, _layout, _walls, _away, _silent, _flooding, _moved):
        found = look(chart, homepage or chart.pulses[0].url, now) if chart.pulses else None
        if found and found.trouble not in gone and not chart.has({found.trouble}):
            begun.append(found)
            chart = Chart(chart.outlet_id, chart.pulses, chart.glances, (*chart.ailments, found))
    return Diagnosis(tuple(begun), ended)


# ---- polls


def _polls(chart: Chart, place: str, now: datetime) -> Ailment | None:
    if any(one.trouble in _POLLED and one.cause == "polls" for one in chart.ailments):
        return None
    bad = [one for one in chart.pulses if one.failures >= IN_A_ROW and one.reason and one.reason not in _OURS]
    if not bad:
        return None
    worst = min(bad, key=lambda one: one.reason not in WALLS)
    reason = worst.reason
    assert reason is not None
    read = f", last read {_ago(worst.last_ok_at, now)}" if worst.last_ok_at else ", never read"
    where = f": {worst.url}" if len(chart.pulses) > 1 else ""
    detail = f" ({worst.detail})" if worst.detail else ""
    said = f"{reason}{detail}, {worst.failures} polls in a row{read}{where}"
    trouble = Trouble.BLOCKED if reason in WALLS else Trouble.CERTIFICATE if reason in CERTIFICATES else Trouble.FAILING
    todo = _todo(reason, chart.outlet_id, place)
    return Ailment(chart.outlet_id, trouble, now, f"{trouble}: {said}", todo, "polls")


_ADVICE = {
    Reason.ROBOTS: "ask the outlet, or set `ignore_robots` of {id} where you may",
    Reason.RATE_LIMITED: "set a longer `every` of {id}",
    Reason.UNAUTHORIZED: "with a subscription set `headers_env` or `cookies_file` of {id}",
    Reason.LOGIN: "with a subscription set `headers_env` or `cookies_file` of {id}",
    Reason.PAYWALL: "with a subscription set `headers_env` or `cookies_file` of {id}",
    Reason.CHALLENGE: "ask the outlet to let monitor's User-Agent pass; asking more often keeps the wall up",
    Reason.FORBIDDEN: "ask the outlet to let monitor's User-Agent pass; set a longer `every` of {id}",
    Reason.NOT_FOUND: "monitor outlets discover {place}",
    Reason.NOT_A_FEED: "monitor outlets discover {place}",
    Reason.TLS_EXPIRED: "look at this machine's clock; if it is right, the outlet has to renew it",
    Reason.TLS_WRONG_HOST: "set the address of {id} with or without www: monitor outlets discover {place}",
}


def _todo(reason: Reason | None, outlet_id: str, place: str) -> str:
    said = _ADVICE.get(reason, "monitor outlets check {id}") if reason else "monitor outlets check {id}"
    return said.replace("{id}", outlet_id).replace("{place}", place)


# ---- pages


def _row(
    glances: Sequence[Glance], bad: Callable[[Glance], bool], chance: float = _CHANCE
) -> tuple[Sequence[Glance], Sequence[Glance]] | None:  # fmt: skip
    """Return the last pages that are all bad, and those before, where so many in a row are no chance by what was usual
    before them; else None.
    """
    count = 0
    while count < len(glances) and bad(glances[-1 - count]):
        count += 1
    before, row = glances[: len(glances) - count], glances[len(glances) - count :]
    if count < IN_A_ROW or len(before) < _LEAST_KNOWN:
        return None
    worse = sum(map(bad, before))
    if worse > _OFTEN * len(before):
        return None
    found = math.prod((worse + _BAD_PRIOR + step) / (len(before) + _PRIOR + step) for step in range(count))
    return (row, before) if found < chance else None


def _judged(chart: Chart, *, without: Collection[Reason] = ()) -> list[Glance]:
    return [one for one in chart.glances if one.reason not in _SAY_NOTHING and one.reason not in without]


def _whole(one: Glance) -> bool:
    return one.reason is None and one.length > 0


def _layout(chart: Chart, place: str, now: datetime) -> Ailment | None:  # noqa: ARG001
    glances = _judged(chart, without=_AWAY | WALLS)
    todo = (
        f"look at a new page (monitor articles --outlet {chart.outlet_id}) by monitor inspect article URL --explain, "
        f"and set `selectors` of {chart.outlet_id}"
    )
    usual = _usual(glances)
    found = _row(glances, lambda one: not _whole(one)) or _row(
        glances, lambda one: not _whole(one) or one.length * _SHORTER < usual, _CHANCE_SHORT
    )
    if found:
        row, before = found
        most = max(one.length for one in row)
        if most:
            said = f"at most {most:,} characters on the last {len(row)} pages (usually {usual:,})"
        else:
            whole = sum(map(_whole, before))
            said = f"no text on the last {len(row)} pages ({whole} of {len(before)} before had some)"
    elif shared := _shared(glances):
        said = f"the same text on {shared} of the last {min(len(glances), _LATELY)} pages"
    else:
        return None
    return Ailment(chart.outlet_id, Trouble.LAYOUT, now, f"layout changed: {said}", todo, "pages", usual)


def _usual(glances: Sequence[Glance]) -> int:
    """Return how long a page usually is, in characters; 0 where too few are known, or they are short anyway."""
    lengths = [one.length for one in glances if _whole(one)]
    found = int(median(lengths)) if len(lengths) >= _LEAST_KNOWN else 0
    return found if found >= _LEAST_LENGTH else 0


_LATELY = 5


def _shared(glances: Sequence[Glance]) -> int:
    """Return on how many of the last pages one text stands under different titles, where that was never so before."""
    lately, before = glances[-_LATELY:], glances[:-_LATELY]
    most = _most_shared(lately)
    return most if most >= IN_A_ROW and len(before) >= _LEAST_KNOWN and _most_shared(before) < IN_A_ROW else 0


def _most_shared(glances: Iterable[Glance]) -> int:
    titles: dict[int, set[int]] = {}
    for one in glances:
        if one.body:
            titles.setdefault(one.body, set()).add(one.title)
    return max(map(len, titles.values()), default=0)


def _walls(chart: Chart, place: str, now: datetime) -> Ailment | None:
    found = _lasting(_judged(chart, without=_AWAY), lambda one: one.reason in WALLS, _WALLED_FOR)
    if not found:
        return None
    row, before = found
    reason = row[-1].reason
    walled = sum(one.reason in WALLS for one in before)
    said = f"blocked: {reason} on the last {len(row)} pages ({walled} of {len(before)} before)"
    return Ailment(chart.outlet_id, Trouble.BLOCKED, now, said, _todo(reason, chart.outlet_id, place), "pages")


def _away(chart: Chart, place: str, now: datetime) -> Ailment | None:
    found = _lasting(_judged(chart), lambda one: one.reason in _AWAY, _AWAY_FOR)
    if not found:
        return None
    row, before = found
    away = sum(one.reason in _AWAY for one in before)
    said = f"failing: {row[-1].reason} on the last {len(row)} pages ({away} of {len(before)} before)"
    return Ailment(chart.outlet_id, Trouble.FAILING, now, said, _todo(None, chart.outlet_id, place), "pages")


def _lasting(
    glances: Sequence[Glance], bad: Callable[[Glance], bool], least: timedelta
) -> tuple[Sequence[Glance], Sequence[Glance]] | None:
    found = _row(glances, bad)
    return found if found and found[0][-1].at - found[0][0].at >= least else None


# ---- news


def _silent(chart: Chart, place: str, now: datetime) -> Ailment | None:
    lacks, bound, last = silence.missing(chart.pulses, now)
    if last is None or lacks <= bound:
        return None
    asked = max(one.last_ok_at for one in chart.pulses if one.last_ok_at)
    lasted = asked - last
    said = f"silent for {spell(lasted.total_seconds())} (usually {_rate(lacks, lasted)})"
    todo = f"look at {place}; monitor outlets discover {place} finds other sources"
    return Ailment(chart.outlet_id, Trouble.SILENT, now, said, todo)


def _rate(articles: float, lasted: timedelta) -> str:
    an_hour = articles / (lasted / timedelta(hours=1))
    for unit, hours in (("an hour", 1), ("a day", 24), ("a week", 168)):
        if an_hour * hours >= 1 or hours == rhythm.HOURS:
            count = an_hour * hours
            return f"{count:.0f} article{'' if round(count) == 1 else 's'} {unit}"
    raise AssertionError


# ---- links


def _flooding(chart: Chart, place: str, now: datetime) -> Ailment | None:  # noqa: ARG001
    waiting = sum(one.waiting for one in chart.pulses)
    if waiting < FLOOD:
        return None
    known = [learnt for one in chart.pulses if (learnt := rhythm.unpack(one.rhythm))]
    usual = sum(sum(silence.days(learnt)) / 7 for learnt in known)
    if waiting < _FLOOD_DAYS * usual:
        return None
    most = max(chart.pulses, key=lambda one: one.waiting)
    said = f"flooding: more than {waiting - 1:,} new links wait to be read (usually {usual:.0f} a day)"
    todo = f"look at {most.url}; narrow its `links`, or take it out of {chart.outlet_id}"
    return Ailment(chart.outlet_id, Trouble.FLOODING, now, said, todo)


def _moved(chart: Chart, place: str, now: datetime) -> Ailment | None:  # noqa: ARG001
    for one in chart.pulses:
        if _elsewhere(one) and one.moved_at and now - one.moved_at >= _MOVED_FOR:
            said = f"moved: {one.url} is redirected for good to {one.moved}"
            return Ailment(chart.outlet_id, Trouble.MOVED, now, said, f"write the new address into {chart.outlet_id}")
    return None


def _elsewhere(one: Pulse) -> bool:
    """Say whether a redirect leads to more than https, www or a slash."""
    return bool(one.moved) and _bare(one.url) != _bare(one.moved)


def _bare(url: str) -> str:
    return urls.host(url).removeprefix("www.") + url.split("://", 1)[-1].partition("/")[2].rstrip("/")


# ---- the end of it


def _over(chart: Chart, one: Ailment, now: datetime) -> Ailment | None:
    how = _ENDS.get(one.trouble)
    said = how(chart, one) if how else ""
    if not said:
        return None
    lasted = spell(max((now - one.since).total_seconds(), 1.0))
    return Ailment(one.outlet_id, one.trouble, one.since, f"{said} ({one.trouble} for {lasted})", "", one.cause)


def _answers(chart: Chart, one: Ailment) -> str:
    if any(pulse.reason for pulse in chart.pulses):
        return ""
    if one.cause == "polls":
        return "answers again"
    bad = WALLS if one.trouble is Trouble.BLOCKED else _AWAY
    last = [glance for glance in _judged(chart) if glance.at > one.since][-2:]
    return "its pages can be read again" if len(last) == 2 and all(glance.reason not in bad for glance in last) else ""


def _readable(chart: Chart, one: Ailment) -> str:
    since = [glance for glance in _judged(chart, without=_AWAY | WALLS) if glance.at > one.since]
    last = since[-2:]
    if len(last) < 2 or not all(map(_whole, last)) or last[0].body == last[1].body:
        return ""
    if all(glance.length * _SHORTER >= one.usual for glance in last):
        return "its pages have their text again"
    # A redesign, not a fault: all that is remembered is as short, and none of it empty.
    taken = len(since) >= GLANCES and all(map(_whole, since)) and _most_shared(since) < IN_A_ROW
    return "its pages are shorter now" if taken else ""


def _speaks(chart: Chart, one: Ailment) -> str:
    return "brings articles again" if any(p.news_at and p.news_at > one.since for p in chart.pulses) else ""


def _taken_up(chart: Chart, one: Ailment) -> str:  # noqa: ARG001
    return "" if any(pulse.waiting for pulse in chart.pulses) else "no links wait any more"


def _stays(chart: Chart, one: Ailment) -> str:  # noqa: ARG001
    return "" if any(map(_elsewhere, chart.pulses)) else "is not redirected any more"


_ENDS: dict[Trouble, Callable[[Chart, Ailment], str]] = {
    Trouble.FAILING: _answers,
    Trouble.CERTIFICATE: _answers,
    Trouble.BLOCKED: _answers,
    Trouble.LAYOUT: _readable,
    Trouble.SILENT: _speaks,
    Trouble.FLOODING: _taken_up,
    Trouble.MOVED: _stays,
}


# ---- our own network

ASKED = 20
"""Hosts by whose last answers our own network is judged."""
_LEAST_ASKED, _LOST, _FOUND = 3, 0.8, 0.5


def cut_off(reached: Sequence[bool], *, already: bool) -> bool:
    """Say whether our own network is gone, by whether each of the hosts asked last was reached. `already`: it was gone
    before; then only answers since count.
    """
    lost = len(reached) - sum(reached)
    if already:
        return not reached or lost > _FOUND * len(reached)
    return lost >= _LEAST_ASKED and lost >= _LOST * len(reached)


def network(lost: int, asked: int, words: str, now: datetime) -> Ailment:
    """Return the trouble of a network that is gone. `words`: how many hosts could not be reached for which reason."""
    said = f"our own network is gone: {lost} of the last {asked} hosts cannot be reached ({words})"
    todo = "look at this machine's network, name server and clock; of outlets nothing is told meanwhile"
    return Ailment(ALL, Trouble.NETWORK, now, said, todo)


def back(one: Ailment, now: datetime) -> Ailment:
    """Return how that ended."""
    lasted = spell(max((now - one.since).total_seconds(), 1.0))
    return Ailment(ALL, Trouble.NETWORK, one.since, f"outlets can be reached again (after {lasted})")


def _ago(then: datetime, now: datetime) -> str:
    return f"{spell(max((now - then).total_seconds(), 1.0))} ago"
