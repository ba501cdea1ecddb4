"""The screen on which a query is tried on the archive, with the same report as `monitor rules test`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from monitor.errors import QueryError
from monitor.model import Rule
from monitor.review.precision import told
from monitor.web import asked
from monitor.web.trials import SECONDS, Asked, Report, Trials, report

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.ports import Store
    from monitor.settings.record import Settings
    from monitor.web.app import Screens
    from monitor.web.archive import Archive
    from monitor.web.configured import Configured

# Characters of a query: of a rule written in pages nobody makes a link.
LONGEST = 4_000
PATH = "/rules/try"


@dataclass(frozen=True, slots=True)
class Form:
    """What stood in the form: `words`, to be shown again; what is to be tried, None where it is not yet; `doubts`: what
    was not understood, for people.
    """

    words: Mapping[str, str]
    wanted: Asked | None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a query. `said`: of which of the two, and what."""

    error: QueryError
    said: str

    @classmethod
    def of(cls, error: QueryError, wanted: Asked) -> Fault:
        """Say it without the name of the rule: there is none, or it stands in the form."""
        other = wanted.against is not None and error.text == wanted.against.query != wanted.rule.query
        rule = wanted.against if other and wanted.against else wanted.rule
        message = error.message.removeprefix(f"rule {rule.id}: ")
        return cls(error, f"beside: {message}" if other else message)


def read(given: Mapping[str, str], known: Mapping[str, Rule], now: datetime, zone: tzinfo) -> Form:
    """Read a query string: pure. A rule that is named and no query: the form with what it says."""
    one = asked.asked({name: text for name, text in given.items() if name != "q"}, now, zone)
    # What comes back from a text field has line ends of its own.
    query = given.get("q", "").replace("\r\n", "\n").strip()
    words, doubts = {**one.words, "q": query}, [*one.doubts]
    against = given.get("against", "").replace("\r\n", "\n").strip()
    base = known.get(words.get("rule", ""))
    if words.get("rule") and base is None:
        doubts.append(f"There is no rule “{words['rule']}”: leave it out to try the query alone.")
    if max(len(query), len(against)) > LONGEST:
        doubts.append(f"A query of more than {LONGEST:,} characters is tried by monitor rules test.")
    if base and not query:
        return Form({**words, "q": base.query, "against": against or base.id}, None, tuple(doubts))
    words["against"] = against
    if doubts or not query:
        return Form(words, None, tuple(doubts))
    base = base or Rule("query", query)
    rule = base if base.query.strip() == query else replace(base, query=query)
    other = (known.get(against) or Rule("query", against)) if against else None
    # The same beside itself gains and loses nothing, in twice the time.
    other = other if other and (other.query, other.languages) != (rule.query, rule.languages) else None
    return Form(words, Asked(rule, other, replace(one.wanted, rule=None, story=None)))


def _work(
    store: Store,
    wanted: Asked,
    settings: Settings,
    ended: Callable[[], bool],
    clock: Callable[[], float],
    now: datetime,
    zone: tzinfo,
) -> tuple[Report, str]:
    """Return the report, and how precise people found the rule, where it is one of the configured."""
    marks = store.marks.counts(wanted.rule.id) if wanted.rule in settings.rules else {}
    return report(store, wanted, settings, ended, clock, now, zone), told(marks)


class Trying:
    """The route of it."""

    def __init__(
        self, shown: Screens, archive: Archive, configured: Configured, now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._shown, self._configured, self._now, self._clock = shown, configured, now, clock
        self._trials = Trials(archive.open)

    async def screen(self, request: Request) -> Response:
        """Ask for a query; try it."""
        settings, now = await asyncio.to_thread(self._configured.settings), self._now()
        known = {rule.id: rule for rule in settings.rules}
        zone = self._shown.zone(request)
        form = read(request.query_params, known, now, zone)
        # A page of another site must not have it work: it shows what it would try.
        elsewhere = request.headers.get("sec-fetch-site") == "cross-site"
        if (wanted := form.wanted) is None or elsewhere or request.method == "HEAD":
            return self._page(request, form)
        try:
            found = await self._trials.ask(
                lambda store, ended: _work(store, wanted, settings, ended, self._clock, now, zone),
                request.is_disconnected,
            )
        except QueryError as error:
            return self._page(request, form, 400, fault=Fault.of(error, wanted))
        if found is None:
            busy = f"Another query is being tried, which takes {SECONDS:.0f} s at most: send yours again in a moment."
            answer = self._page(request, form, 503, busy=busy)
            answer.headers["Retry-After"] = f"{SECONDS:.0f}"
            return answer
        return self._page(request, form, report=found[0], precision=found[1])

    def _page(
        self, request: Request, form: Form, status: int = 200, *, report: Report | None = None, precision: str = "",
        fault: Fault | None = None, busy: str = "",
    ) -> Response:  # fmt: skip
        return self._shown.page(
            request, "try.html", status, here="rules", form=form, path=PATH, report=report, precision=precision,
            fault=fault, busy=busy, seconds=SECONDS,
        )  # fmt: skip

    @property
    def routes(self) -> list[Route]:
        """It alone."""
        return [Route(PATH, self.screen, name="try")]
