"""Looking at an outlet before it is watched: what its sources hold now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.errors import FetchError, Reason
from monitor.fetch import policy
from monitor.fetch.visit import private_origin
from monitor.model import Failure, Outlet, Source
from monitor.ports import Fetcher, Readers, Request
from monitor.views import DueSource


@dataclass(frozen=True, slots=True)
class Trial:
    """What one source answered. `newest`: when its newest entry was published, where it says so."""

    outlet: str
    url: str
    links: int = 0
    newest: datetime | None = None
    title: str = ""
    reason: Reason | None = None
    detail: str = ""


async def check(fetcher: Fetcher, readers: Readers, outlet: Outlet, source: Source) -> Trial:
    """Ask a source once. Stores nothing, never raises for what the outlet does."""
    try:
        page = await fetcher.get(Request(source.url, private_origin=private_origin(outlet, source.url)))
    except FetchError as error:
        return Trial(outlet.id, source.url, reason=error.reason, detail=error.detail)
    verdict = policy.judge(page)
    if verdict is not None:
        return Trial(outlet.id, source.url, reason=verdict.reason, detail=verdict.detail)
    due = DueSource(0, outlet.id, source.url, source.kind, datetime.now(UTC))
    found = await readers.links(page, due)
    if isinstance(found, Failure):
        return Trial(outlet.id, source.url, reason=found.reason, detail=found.detail)
    dates = [link.published for link in found.links if link.published]
    return Trial(outlet.id, source.url, len(found.links), max(dates, default=None), found.title)
