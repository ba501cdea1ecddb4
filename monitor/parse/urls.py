"""URLs as keys and as things to dial. yarl parses as browsers do; nothing here ever raises."""

from __future__ import annotations

import re
from functools import lru_cache

from yarl import URL

# Parameters that say where a reader came from, never what is read (the list is Miniflux's, by facts not text).
_TRACKERS = frozenset(
    "fbclid gclid dclid gbraid wbraid yclid ysclid twclid msclkid mc_cid mc_eid mkt_tok _hsenc _hsmi srsltid "
    "igshid igsh vero_id oly_anon_id oly_enc_id at_medium at_campaign ns_mchannel ns_campaign cmpid xtor "
    "pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid".split()
)
_TRACKER_PREFIXES = ("utm_", "mtm_", "hsa_", "at_custom")
_SPACE = re.compile(r"[\x00-\x20]+")
_PLAIN_HOST = re.compile(r"(?:(?!xn--)[a-z0-9-]{1,63}(?:\.(?!$)|$))+")
MAX_URL = 2_000

_HTTP = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?[^/?#]*", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)
_NETLOC = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]+)")


def _parse(url: str) -> URL | None:
    text = _packed(url)
    return _parsed(text) if text and len(text) <= MAX_URL else None


# One visit asks of the same address ten times: for its host, its port, its origin.
@lru_cache(maxsize=512)
def _parsed(text: str) -> URL | None:
    try:
        parsed = URL(text)
        if parsed.scheme in {"http", "https"} and _is_host(parsed) and (parsed.port or 0) < 65536:
            return parsed
    except (ValueError, UnicodeError, IndexError):
        pass
    return None


def _packed(url: str) -> str:
    """Return a URL without white space and controls, as browsers read it."""
    return url if url.isprintable() and " " not in url else _SPACE.sub("", url)


def _is_host(parsed: URL) -> bool:
    # `host` reads the host as Unicode, .1 ms for one not seen lately; for plain ones that says nothing new.
    raw = parsed.raw_host or ""
    return bool(_PLAIN_HOST.fullmatch(raw) or parsed.host)


def absolute(base: str, url: str) -> str | None:
    """Resolve `url` against `base`; None unless the result is a usable http or https URL."""
    text = _packed(url)
    if not text or len(text) > MAX_URL:
        return None
    whole = _parse(text)
    if whole is None:
        root = _parse(base)
        if root is None:
            return None
        try:
            whole = _parse(str(root.join(URL(text))))
        except (ValueError, UnicodeError, IndexError):
            return None
    return str(whole) if whole else None


def canonical(url: str) -> str:
    """Return the key a URL is known by: trackers, fragment and default port gone, query sorted.

    Two different pages never share a key. Text that is no URL comes back stripped.
    """
    parsed = _parse(url)
    if parsed is None:
        return url.strip()
    # Most links have no parameters or trackers alone: these need not be read as pairs, sorted and written again.
    query = parsed.raw_query_string
    if not parsed.raw_fragment and all(_is_tracker(pair.partition("=")[0]) for pair in query.split("&") if query):
        return str(parsed.with_query(None) if query else parsed)
    kept = [(name, value) for name, value in parsed.query.items() if not _is_tracker(name)]
    fragment = parsed.fragment if parsed.fragment.startswith("!") else ""
    try:
        return str(parsed.with_query(sorted(kept) or None).with_fragment(fragment or None))
    except (ValueError, UnicodeError):
        return str(parsed)


def _is_tracker(name: str) -> bool:
    name = name.lower()
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIXES)


def origin(url: str) -> str:
    """Return "https://host:port", the port always there; "" for what is no URL."""
    parsed = _parse(url)
    if parsed is None:
        return ""
    host = f"[{parsed.raw_host}]" if ":" in (parsed.raw_host or "") else parsed.raw_host
    return f"{parsed.scheme}://{host}:{parsed.port}"


def netloc(url: str) -> str:
    """Return "host" or "host:port" as the URL has it, in small letters and without a user; "" for what is no URL. The
    database has the same of sources and links (store/dialect.py, host_of).
    """
    found = _NETLOC.match(url)
    return found[1].lower() if found else ""


def port(url: str) -> int:
    """Return the port, the scheme's own where none is written; 0 for what is no URL."""
    parsed = _parse(url)
    return (parsed.port or 0) if parsed else 0


def host(url: str) -> str:
    """Return the lower-case host in its ASCII form; "" for what is no URL."""
    parsed = _parse(url)
    return (parsed.raw_host or "").lower() if parsed else ""


def without_scheme(url: str) -> str:
    """Return a URL, or how one begins, without what says nothing of its site: scheme and a leading www."""
    return _SCHEME.sub("", url, count=1)


def has_scheme(url: str) -> bool:
    """Say whether how a URL begins is written with its scheme."""
    return _HTTP.match(url) is not None


def with_lower_host(url: str) -> str:
    """Return a URL, or how one begins, with scheme and host in lower case, as they have none."""
    match = _HOST.match(url)
    return match[0].lower() + url[match.end() :] if match else url
