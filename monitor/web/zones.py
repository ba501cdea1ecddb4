"""In which zone times are shown: what a reader chose, kept in a cookie of its own; else that of monitor.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from monitor.web.entry import given

COOKIE = "monitor-zone"
"""The page's script reads and writes it too: what it holds is no secret."""
_YEAR = 365 * 24 * 3_600
# What a city may be named without. Not Etc: its GMT+2 lies two hours west.
_REGIONS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


@cache
def names() -> frozenset[str]:
    """Return the IANA names. From the list in tzdata, in .3 ms: zoneinfo's own opens some 1,800 files, in 60."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def _written() -> dict[str, str]:
    """Return names by how people write them."""
    found = {}
    for name in sorted(names(), key=lambda name: (-name.count("/"), name)):
        region, slash, _ = name.partition("/")
        if slash and region in _REGIONS:
            found[name.rpartition("/")[2].lower()] = name
    return found | {name.lower(): name for name in names()}


def named(text: str) -> str:
    """Return the IANA name that somebody wrote, in whatever case, or by its city alone; "" for anything else."""
    return _written().get("_".join(text.lower().split()), "")


def cookie(name: str, *, secure: bool) -> str:
    """Return the header that keeps a choice for a year; with "" the one that ends it."""
    return f"{COOKIE}={name}; Path=/; SameSite=Lax; Max-Age={_YEAR if name else 0}{'; Secure' if secure else ''}"


class Zones:
    """The zones of readers. `usual`: of whoever chose none."""

    def __init__(self, usual: tzinfo) -> None:
        self.usual = usual

    def of(self, cookies: Sequence[str]) -> tzinfo:
        """Return the zone of whoever sent these Cookie headers; what is no zone counts for nothing."""
        name = given(cookies, COOKIE)
        return ZoneInfo(name) if name in names() else self.usual

    def counted(self, zone: tzinfo, since: datetime, now: datetime) -> tzinfo:
        """Return in which zone to count days between two times, aware: the usual one where its clocks are the same, as
        the archive keeps counts of its days; others it counts hit by hit.
        """
        moments = [since + timedelta(days=day) for day in range(-1, (now - since).days + 2)]
        here, usual = ([moment.astimezone(one).utcoffset() for moment in moments] for one in (zone, self.usual))
        return self.usual if here == usual else zone
