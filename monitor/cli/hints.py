"""What to do about a source that is not read as it should be: a sentence for each reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.errors import Reason

if TYPE_CHECKING:
    from monitor.enrol import Trial
    from monitor.views_health import Ailment

_BROWSER = "open it in a browser; if it shows there, the site keeps programs out: ask them, or watch their feed"
_LATER = "try again later; if it stays so, look whether the site still stands there"
_NEW_ADDRESS = "`monitor outlets discover` the home page for its present address"
_REPORT = "try again; if it stays so, report it with the address"
_PAGE = "this is a page and no list of articles: `monitor outlets discover` it"

HINTS = {
    Reason.TIMEOUT: _LATER,
    Reason.DNS: "look at the spelling of the host, and whether this machine can look up names",
    Reason.CONNECT: _LATER,
    Reason.TLS: "its certificate cannot be trusted: open it in a browser; the site has to mend it",
    Reason.BLOCKED_ADDRESS: "it stands in a private network: if it is your own, write `private: true` (add: --private)",
    Reason.REDIRECTS: f"it sends visitors in a circle: {_NEW_ADDRESS}",
    Reason.TOO_LARGE: "raise limits.page_size, or watch a smaller list of the outlet",
    Reason.PROTOCOL: _LATER,
    Reason.BAD_URL: "write a whole address that begins with https:// or http://, without user name",
    Reason.ROBOTS: "its robots.txt keeps monitor away: ask them, or give `ignore_robots` with the reason why you may",
    Reason.ROBOTS_UNREACHABLE: "its robots.txt cannot be had, so that nothing is asked: try again in an hour",
    Reason.UNAUTHORIZED: "it wants a login: a subscription's access has to be configured for this outlet",
    Reason.FORBIDDEN: f"it refuses programs, or this network: {_BROWSER}",
    Reason.NOT_FOUND: f"there is nothing (any more): {_NEW_ADDRESS}",
    Reason.RATE_LIMITED: "it asks for fewer visits: wait an hour, and give the outlet a longer `every`",
    Reason.CLIENT_ERROR: f"it does not answer such a request: {_NEW_ADDRESS}",
    Reason.SERVER_ERROR: "the site is in trouble: try again later",
    Reason.EMPTY: f"it answers with nothing: {_NEW_ADDRESS}",
    Reason.ENCODING: "it is packed in a way that was not asked for; tell the site",
    Reason.WRONG_TYPE: f"this is neither page nor feed: {_NEW_ADDRESS}",
    Reason.HOSTILE: "it is built so that it would stop a reader; tell the site, or watch another list of it",
    Reason.NOT_A_FEED: _PAGE,
    Reason.NO_BODY: _PAGE,
    Reason.CONSENT: f"a question about cookies stands before it, which monitor does not answer: {_BROWSER}",
    Reason.LOGIN: "a login stands before it: a subscription's access has to be configured for this outlet",
    Reason.PAYWALL: "it is for subscribers: configure the access of a subscription, or watch its feed",
    Reason.CHALLENGE: f"it asks whether you are human, which monitor does not answer: {_BROWSER}",
    Reason.ERROR_PAGE: f"it shows an error as if it were a page: {_NEW_ADDRESS}",
    Reason.LIST_PAGE: _PAGE,
    Reason.OVER_TIME: _REPORT,
    Reason.OVER_MEMORY: _REPORT,
    Reason.CRASHED: _REPORT,
    Reason.BAD_REPLY: _REPORT,
    Reason.NO_READER: "this machine could start no reader process: look at its free memory",
}
OLD = timedelta(days=14)


def hint(reason: Reason | None) -> str:
    """Return what to do about a reason; "" for none."""
    if reason is None:
        return ""
    return HINTS[Reason.TLS] if reason.startswith("tls") else HINTS.get(reason, _REPORT)


def advice(found: Trial, now: datetime) -> tuple[str, str]:
    """Return what is wrong with what a source answered, and what to do; two empty texts where nothing is."""
    if found.reason:
        return f"{found.reason}: {found.detail}" if found.detail else str(found.reason), hint(found.reason)
    if not found.links:
        return "it lists nothing", f"if that stays so, {_NEW_ADDRESS}"
    if found.newest and now - found.newest > OLD:
        return f"nothing new for {(now - found.newest).days} days", f"nobody may keep it any more: {_NEW_ADDRESS}"
    return "", ""


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago that was, in the largest unit that fits; "" for None."""
    if moment is None:
        return ""
    passed = max((now - moment).total_seconds(), 0.0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if passed >= 2 * size or (unit == "min" and passed >= size):
            return f"{passed // size:.0f} {unit}"
    return "just now"


def ailing(one: Ailment) -> str:
    """Say what is wrong with an outlet, and what to try."""
    return one.said + (f"; try: {one.todo}" if one.todo else "")
