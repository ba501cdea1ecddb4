"""What an answer means and when to try again. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.errors import Reason
from monitor.model import Link, LinkState, Page
from monitor.views import LinkOutcome

PRODUCT = "news-monitor"
DAY = 86_400.0
# A host that does not say for how long it is to be left alone: what a visit waits for is no refusal after 503, which
# may be one page's alone.
UNSAID_PAUSE = {429: 60.0, 503: 30.0}
# What says that a host has too much to do, whatever page it was asked for.
STRAINED = frozenset(UNSAID_PAUSE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an answer is not what was asked for. `retry_after`: seconds the host is to be left alone."""

    reason: Reason
    detail: str = ""
    retry: bool = True
    retry_after: float | None = None


def user_agent(version: str, contact: str) -> str:
    """Return the User-Agent header: product, version, and whom to write to."""
    whom = "".join(char for char in contact if " " <= char <= "~" and char not in "()\\").strip()
    return f"{PRODUCT}/{version} (+{whom})" if whom else f"{PRODUCT}/{version}"


def product(agent: str) -> str:
    """Return the product token of a User-Agent, which is what robots.txt names."""
    return agent.split("/", 1)[0].split(" ", 1)[0]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (0 to a day); None for none and for what cannot be read."""
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is None:
        seconds = _until(text, headers, now)
    return None if seconds is None else _within_a_day(seconds)


def freshness(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return for how many seconds more an answer calls itself fresh (RFC 9111 4.2), 0 to a day; None: it says nothing.

    max-age counts before s-maxage, which is for caches that many share. What cannot be read is no longer fresh.
    """
    said: dict[str, list[str]] = {}
    for name, quoted, plain in _DIRECTIVE.findall(headers.get("cache-control", "")):
        said.setdefault(name.lower(), []).append(quoted or plain)
    # With a value, no-cache speaks of the headers it names.
    if "no-store" in said or "" in said.get("no-cache", ()):
        return 0.0
    ages = said.get("max-age") or said.get("s-maxage")
    if ages:
        life = min(_number(age) or 0.0 for age in ages)
    elif "expires" in headers:
        life = _until(headers["expires"], headers, now) or 0.0
    else:
        return None
    return _within_a_day(life - (_number(headers.get("age", "")) or 0.0))


def validators(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return ETag and Last-Modified as they are to be asked with next time, "" for none.

    Where an answer says `Expires: 0`, its ETag is left out, as in Miniflux: some such servers never change it, and
    their news would never come.
    """
    etag = "" if headers.get("expires", "").strip() == "0" else headers.get("etag", "")
    return etag, headers.get("last-modified", "")


_DIRECTIVE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|([^\s,]*)))?")


def _number(text: str) -> float | None:
    """Return a count of seconds; None for what is none."""
    text = text.strip()
    return float(text[:20]) if text.isascii() and text.isdigit() else None


def _until(text: str, headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until a date by the clock of the server that named it; None for what is none."""
    at = _date(text)
    return (at - (_date(headers.get("date", "")) or now)).total_seconds() if at else None


def _within_a_day(seconds: float) -> float:
    return min(max(seconds, 0.0), DAY)


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text.strip()[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# Why, and whether trying again may help: by status, else by its first digit.
_STATUS: dict[int, tuple[Reason, bool]] = {
    401: (Reason.UNAUTHORIZED, False),
    402: (Reason.PAYWALL, False),
    403: (Reason.FORBIDDEN, True),
    # A page may be listed minutes before every server of its outlet has it; 410 is said on purpose.
    404: (Reason.NOT_FOUND, True),
    407: (Reason.UNAUTHORIZED, False),
    408: (Reason.SERVER_ERROR, True),
    410: (Reason.NOT_FOUND, False),
    425: (Reason.SERVER_ERROR, True),
    429: (Reason.RATE_LIMITED, True),
    451: (Reason.FORBIDDEN, False),
}
_CLASS: dict[int, tuple[Reason, bool]] = {
    2: (Reason.EMPTY, True),
    # Those with a usable Location were followed.
    3: (Reason.REDIRECTS, True),
    4: (Reason.CLIENT_ERROR, False),
    5: (Reason.SERVER_ERROR, True),
}


# What a wall says of itself: Cloudflare, Vercel, AWS WAF (a challenge with status 202, a captcha with 405).
_SAID = {
    "cf-mitigated": frozenset({"challenge"}),
    "x-vercel-mitigated": frozenset({"challenge"}),
    "x-amzn-waf-action": frozenset({"challenge", "captcha"}),
}


def _wall(page: Page) -> str:
    """Return the header by which an answer is known as a check for robots; "" for any other answer."""
    for name, words in _SAID.items():
        value = page.headers.get(name, "").strip().lower()
        if value in words:
            return f"{name}: {value}"
    if page.status != 403:
        return ""
    # These two sign every answer; a refusal is their own.
    if "x-datadome" in page.headers:
        return "x-datadome"
    return "server: ddos-guard" if page.headers.get("server", "").strip().lower() == "ddos-guard" else ""


def judge(page: Page) -> Verdict | None:
    """Return what is wrong with an answer; None for a 2xx with a body, and for 304."""
    status, detail = page.status, f"HTTP {page.status}"
    asked = retry_after(page.headers, page.fetched_at)
    wall = _wall(page)
    if wall:
        return Verdict(Reason.CHALLENGE, f"{detail}, {wall}", retry_after=asked)
    if status == 304 or (200 <= status < 300 and page.body):
        return None
    if asked is None:
        asked = UNSAID_PAUSE.get(status)
    elif status not in {403, 429} and status < 500:
        # A missing page that names an hour says nothing about its host.
        asked = None
    if status in _STATUS:
        reason, retry = _STATUS[status]
    else:
        reason, retry = _CLASS.get(status // 100, (Reason.PROTOCOL, False))
    return Verdict(reason, detail, retry, asked)


def _hours(*waits: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(hours=wait) for wait in waits)


_MINUTES_5, _MINUTES_30 = 5 / 60, 0.5
# How long to wait after the first, second … attempt. What passes by itself is tried over about 16 hours.
_USUAL = _hours(_MINUTES_5, _MINUTES_30, 3, 12)
_REREAD: dict[Reason, tuple[timedelta, ...]] = {
    # The same page will say the same tomorrow.
    Reason.BLOCKED_ADDRESS: (),
    Reason.BAD_URL: (),
    Reason.TOO_LARGE: (),
    Reason.UNAUTHORIZED: (),
    Reason.WRONG_TYPE: (),
    Reason.ENCODING: (),
    Reason.NOT_A_FEED: (),
    Reason.HOSTILE: (),
    Reason.LOGIN: (),
    Reason.PAYWALL: (),
    # A reader may die of a busy machine; a page that kills it twice is left alone.
    Reason.OVER_TIME: _hours(3),
    Reason.OVER_MEMORY: _hours(3),
    Reason.CRASHED: _hours(3),
    Reason.BAD_REPLY: _hours(3),
    # Walls are turned on for a night or for a surge; asking often keeps them up.
    Reason.CONSENT: _hours(12),
    Reason.CHALLENGE: _hours(_MINUTES_30, 3, 12),
    Reason.FORBIDDEN: _hours(_MINUTES_30, 3, 12),
    # A robots.txt is asked for again after 24 hours, so before that the answer is the same.
    Reason.ROBOTS: _hours(25),
    Reason.ROBOTS_UNREACHABLE: _hours(1.1, 3, 12, 24),
    # Together more than the day for which a host may be held: the attempts do not run out while it is.
    Reason.RATE_LIMITED: _hours(_MINUTES_30, 3, 12, 24),
    # Pages that are listed before they are written.
    Reason.NOT_FOUND: _hours(_MINUTES_5, _MINUTES_30, 3),
    Reason.NO_BODY: _hours(_MINUTES_5, _MINUTES_30, 3),
    Reason.LIST_PAGE: _hours(_MINUTES_30),
}


def reread_at(attempts: int, reason: Reason, retry: bool, now: datetime) -> datetime | None:  # noqa: FBT001
    """Return when to read a page again after `attempts` (1 and up) ended in `reason`; None: given up."""
    if reason is Reason.NO_READER:
        # This machine could start no process; the page is not to blame, however often that was.
        return now + timedelta(minutes=1)
    waits = _REREAD.get(reason, _USUAL)
    if not retry or attempts < 1 or attempts > len(waits):
        return None
    return now + waits[attempts - 1]


def outcome(link: Link, reason: Reason | None, detail: str, now: datetime, *, retry: bool) -> LinkOutcome:
    """Return how reading a link ended; `reason` None: as it should. `retry`: the page may be there later."""
    attempts = link.attempts + 1
    if reason is None:
        return LinkOutcome(link.id, LinkState.READ, attempts)
    again = reread_at(attempts, reason, retry, now)
    state = LinkState.FAILED if again is None else LinkState.PARTIAL
    return LinkOutcome(link.id, state, attempts, reason, detail[:300], next_at=again)
