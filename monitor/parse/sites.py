"""Whether two addresses belong to one site, without a list of public suffixes."""

from __future__ import annotations

from functools import lru_cache

from monitor.parse.urls import canonical, host, origin

_PREFIXES = ("www.", "m.", "amp.", "mobile.")


@lru_cache(512)
def site(url: str) -> str:
    """Return the host without the prefixes that only name a form of the site; "" for what is no URL."""
    name = host(url)
    for prefix in _PREFIXES:
        # "www.mobile.de" is no form of "de".
        if name.startswith(prefix) and "." in name[len(prefix) :]:
            name = name[len(prefix) :]
    return name


def same_site(one: str, other: str) -> bool:
    """Say whether two sites, as `site` returns them, are one or one is part of the other."""
    return bool(one and other) and (one == other or one.endswith("." + other) or other.endswith("." + one))


def port(url: str) -> str:
    """Return the port; "" where it is that of http or https."""
    number = origin(url).rpartition(":")[2]
    return "" if number in {"80", "443"} else number


def bare(url: str) -> str:
    """Return what two spellings of one address share: no scheme, no form of the site, no slash at the end."""
    return f"{site(url)}:{port(url)}/{path(canonical(url))}"


def path(url: str) -> str:
    """Return path and query without the outer slashes; "" for a front page."""
    return url.split("://", 1)[-1].split("#", 1)[0].partition("/")[2].strip("/")
