"""The way of one visit over its redirects. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.errors import FetchError, Reason
from monitor.model import Page
from monitor.parse import urls

MAX_REDIRECTS = 5
PERMANENT = frozenset({301, 308})
_REDIRECT = frozenset({301, 302, 303, 307, 308})


class Trail:
    """The URLs of a visit: five redirects at most, none to where it has been."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.hops = 0

    def enter(self, url: str) -> str:
        """Return `url` as it is to be asked for, without its fragment. Raises FetchError (REDIRECTS)."""
        url = (urls.absolute(url, url) or url).split("#", 1)[0]
        if url in self._seen:
            raise FetchError(Reason.REDIRECTS, f"redirected in a circle to {url[:200]}")
        if len(self._seen) > MAX_REDIRECTS:
            raise FetchError(Reason.REDIRECTS, f"more than {MAX_REDIRECTS} redirects")
        self._seen.add(url)
        return url


def redirects(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether an answer sends us elsewhere."""
    return status in _REDIRECT and bool(headers.get("location"))


def target(page: Page) -> str | None:
    """Return where an answer sends us; None for one that does not. FetchError (BAD_URL) for what is no http URL."""
    if not redirects(page.status, page.headers):
        return None
    place = page.headers["location"]
    url = urls.absolute(page.url, place)
    if url is None:
        raise FetchError(Reason.BAD_URL, f"redirected to {place[:200]!r}", retry=False)
    return url
