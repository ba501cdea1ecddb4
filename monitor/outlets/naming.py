"""What a new outlet is called, and whether it is one that is watched already. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from monitor.model import Outlet
from monitor.parse import urls

MAX_ID = 64
# A longer name is a slogan ("… | News, sport and weather from …"); the host is shorter and better known.
MAX_SLUG = 30
_NO_WORD = re.compile(r"[^a-z0-9]+")
_SUFFIXES = frozenset("com org net co gov ac edu info news".split())


def new_id(name: str, url: str, taken: Collection[str] = ()) -> str:
    """Return an id made of a name, or where that cannot be (no Latin letters, too long) of the host; not in `taken`."""
    made = _slug(name)
    if not (2 <= len(made) <= MAX_SLUG) or not any(char.isalpha() for char in made):
        made = _of_host(url) or made[:MAX_SLUG].strip("-") or "outlet"
    number, found = 1, made
    while found in taken:
        number += 1
        found = f"{made}-{number}"
    return found


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("&", " ")).encode("ascii", "ignore")
    # Letters that fell out, as of "Правда 24", leave no name.
    lost = sum(char.isalpha() for char in name) > 2 * sum(char.isalpha() for char in plain.decode())
    return "" if lost else _NO_WORD.sub("-", plain.decode()).strip("-")


def _of_host(url: str) -> str:
    """Return "example" for www.example.co.uk, "127-0-0-1" for an address."""
    host = urls.host(url).removeprefix("www.")
    labels = host.split(".")
    if not labels[-1].isdigit():
        while len(labels) > 1 and (labels[-1] in _SUFFIXES or labels[-1] == host.rsplit(".", 1)[-1]):
            labels.pop()
    return _NO_WORD.sub("-", ".".join(labels))[: MAX_ID - 4].strip("-")


def key(url: str) -> str:
    """Return what two spellings of one source share: the canonical URL but for scheme, "www." and the last slash."""
    return urls.without_scheme(urls.canonical(url)).rstrip("/")


def watched(outlets: Iterable[Outlet]) -> dict[str, str]:
    """Return the id of the outlet by the key of each source that is watched."""
    return {key(source.url): outlet.id for outlet in outlets for source in outlet.sources}
