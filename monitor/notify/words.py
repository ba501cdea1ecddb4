"""Reasons in the words of a message."""

from __future__ import annotations

from monitor.errors import AlertReason, Reason
from monitor.model import TextKind

REASONS = {
    Reason.TIMEOUT: "the page did not answer in time",
    Reason.DNS: "the site's name could not be found",
    Reason.CONNECT: "the site could not be reached",
    Reason.TLS: "no secure connection to the site",
    Reason.TLS_EXPIRED: "the site's certificate has expired",
    Reason.TLS_UNTRUSTED: "the site's certificate is not trusted",
    Reason.TLS_WRONG_HOST: "the site's certificate is another site's",
    Reason.BLOCKED_ADDRESS: "the link leads to an address we may not open",
    Reason.REDIRECTS: "the link leads in a circle",
    Reason.TOO_LARGE: "the page is too large",
    Reason.PROTOCOL: "the site's answer was broken",
    Reason.BAD_URL: "the link is no usable address",
    Reason.ROBOTS: "the site asks programs not to read the page",
    Reason.ROBOTS_UNREACHABLE: "the site did not say whether programs may read it",
    Reason.UNAUTHORIZED: "the page asks for a login",
    Reason.FORBIDDEN: "the site refused us the page",
    Reason.NOT_FOUND: "the page is not there",
    Reason.RATE_LIMITED: "the site asked us to wait",
    Reason.CLIENT_ERROR: "the site refused our request",
    Reason.SERVER_ERROR: "the site has a fault",
    Reason.EMPTY: "the page was empty",
    Reason.ENCODING: "the page could not be decoded",
    Reason.WRONG_TYPE: "the link is not a web page",
    Reason.HOSTILE: "the page could not be read safely",
    Reason.NOT_A_FEED: "the source is not a feed",
    Reason.NO_BODY: "no article text was found on the page",
    Reason.CONSENT: "a consent page stands before it",
    Reason.LOGIN: "the page asks for a login",
    Reason.PAYWALL: "the page is behind a paywall",
    Reason.CHALLENGE: "the site checks for robots first",
    Reason.ERROR_PAGE: "the page is an error page",
    Reason.LIST_PAGE: "the page is a list of articles",
    Reason.OVER_TIME: "the page took too long to read",
    Reason.OVER_MEMORY: "the page took too much memory to read",
    Reason.CRASHED: "the page could not be read",
    Reason.BAD_REPLY: "the page could not be read",
    Reason.NO_READER: "the page waits to be read",
}

# What is another now of what was told.
CHANGED = {
    "headline": "Headline changed",
    "sentence": "No longer in the article",
    "deleted": "The article is gone",
}

# Why a message comes after the first of its story, or of a rule that tells of spikes.
TOLD = {
    AlertReason.NEW_OUTLET: "more outlets have it",
    AlertReason.NEW_FACT: "a new name in it",
    AlertReason.REVISED: "an article was changed",
    AlertReason.RETRACTED: "an article says it no more",
    AlertReason.SPIKE: "much more of it than usual",
}


def in_part(text: str, reason: Reason | None) -> str:
    """Say that an article was read in part, and why; "" for one that was read whole. `text`: its TextKind."""
    if text == TextKind.FULL and reason is None:
        return ""
    what = "its beginning only" if text == TextKind.FULL else "headline and summary only"
    return f"{what} ({REASONS[reason]})" if reason else what
