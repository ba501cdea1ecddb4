"""Where a subscription's headers and cookies may go, what a redirect leaves of them, which ports an outlet names. Pure.

They go to the outlet's own origins: scheme, host and port of its home page or of a source, and from http on port 80 to
https on port 443 of the same host. Never the other way: what was meant for https is not sent in the clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from monitor.model import Cookie, Outlet
from monitor.parse import urls
from monitor.ports import Request

# What every server takes; RFC 9110 sets no limit.
MAX_VALUE = 8_000
_SECRET = 6
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# What the client says itself, and what would make another request of it. Cookies have a file.
_OURS = frozenset(
    "accept-encoding connection content-length cookie expect host if-modified-since if-none-match keep-alive "
    "proxy-authorization range te trailer transfer-encoding upgrade user-agent".split()
)


def header_name(name: str) -> str:
    """Return the name of a header that a subscription may set. Raises ValueError, which says what is expected."""
    if not _NAME.fullmatch(name) or name.lower() in _OURS:
        raise ValueError("the name of a header such as Authorization; cookies go into cookies_file")
    return name


def ports(outlet: Outlet) -> frozenset[int]:
    """Return the ports in the URLs of an outlet's home page and sources."""
    return frozenset(filter(None, map(urls.port, _places(outlet))))


def own(outlet: Outlet, url: str) -> bool:
    """Say whether `url` stands on an origin of the outlet's own."""
    return any(reaches(place, url) for place in _places(outlet))


def reaches(first: str, url: str) -> bool:
    """Say whether what is meant for the origin of `first` may be sent to `url`: the same origin, or its upgrade."""
    meant, there = urls.origin(first), urls.origin(url)
    if not meant or not there:
        return False
    scheme, _, place = meant.partition("://")
    upgrade = f"https://{place.removesuffix(':80')}:443" if scheme == "http" and place.endswith(":80") else ""
    return there in (meant, upgrade)


def onward(request: Request, url: str) -> Request:
    """Return the request for where a redirect leads. What was permitted or meant for one origin ends where another
    begins, also for a way back.
    """
    stays = urls.origin(url).split("://", 1)[-1] == request.private_origin.lower()
    ours = reaches(request.url, url)
    return replace(
        request,
        url=url,
        private_origin=request.private_origin if stays else "",
        headers=request.headers if ours else (),
        cookies=request.cookies if ours else (),
    )


def sendable(value: str) -> bool:
    """Say whether a value can stand in a header."""
    return len(value) <= MAX_VALUE and all(" " <= char <= "~" for char in value)


def cookie_header(cookies: Iterable[Cookie], url: str, now: datetime) -> str:
    """Return the Cookie header for `url` by RFC 6265 5.4, "" for none: by domain, path, `secure` and `expires`,
    the longest path first. Those that cannot stand in a header, or no longer fit in, are left out.
    """
    normal = urls.absolute(url, url)
    if normal is None:
        return ""
    host, secure = urls.host(normal), normal.startswith("https:")
    path = "/" + "".join(normal.split("/", 3)[3:]).partition("#")[0].partition("?")[0]
    sent = [
        cookie
        for cookie in cookies
        if (secure or not cookie.secure)
        and (cookie.expires is None or cookie.expires > now.timestamp())
        and (host == cookie.domain or (cookie.subdomains and host.endswith(f".{cookie.domain}")))
        and _within(path, cookie.path)
    ]
    header = ""
    for one in sorted(sent, key=lambda cookie: -len(cookie.path)):
        longer = f"{header}; {one.name}={one.value}" if header else f"{one.name}={one.value}"
        header = longer if sendable(longer) else header
    return header


def masked(text: str, headers: Iterable[tuple[str, str]], cookies: Iterable[Cookie]) -> str:
    """Return a text without the values of these headers, whole or their last word ("Bearer ..."), and cookies."""
    values = {part for _, value in headers for part in (value, *value.split()[-1:])} | {one.value for one in cookies}
    for value in sorted(values, key=len, reverse=True):
        # A cookie "1" is no secret, and stands in every text.
        if len(value) >= _SECRET:
            text = text.replace(value, "***")
    return text


def _within(path: str, folder: str) -> bool:
    return path == folder or (path.startswith(folder) and (folder.endswith("/") or path[len(folder)] == "/"))


def _places(outlet: Outlet) -> Iterator[str]:
    yield from filter(None, (outlet.homepage, *(source.url for source in outlet.sources)))
