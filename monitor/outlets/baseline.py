"""What an outlet already held when it was added, parted from what is new."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Link, Outlet
from monitor.views import DueSource


def split(links: Sequence[Link], source: DueSource, outlet: Outlet) -> tuple[list[Link], list[Link]]:
    """Return (new, baseline) links, each in the order given.

    A further feed of an outlet that is being read has a baseline too, but what was published since the outlet was last
    read is news: its other feed may list it a minute later, and would find it known.
    """
    if not source.baseline or outlet.alert_baseline:
        return list(links), []
    since = source.outlet_ok_at
    new = [link for link in links if since and link.published and link.published > since]
    found = {link.canonical for link in new}
    return new, [link for link in links if link.canonical not in found]
