"""Subscriptions: the headers and cookies that outlets.yaml points to. With the channels, where secrets come in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError
from monitor.fetch.subscription import sendable
from monitor.model import Cookie
from monitor.parse import urls
from monitor.settings import paths, schema
from monitor.settings.check import Findings
from monitor.settings.document import Document

# How curl and browsers mark a cookie that scripts may not see; every other # is a comment.
_HTTP_ONLY = "#HttpOnly_"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELDS = "domain, TRUE or FALSE, path, TRUE or FALSE, time, name and value, with a tab between them"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What Outlet.headers and Outlet.cookies hold."""

    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[Cookie, ...] = ()


def load(
    file: schema.OutletsFile, document: Document, environ: Mapping[str, str], findings: Findings, *, needed: bool
) -> dict[str, Secrets]:
    """Return the secrets of outlets by their ids. Not `needed`: what cannot be had is no error; headers are empty."""
    found = {}
    for outlet_id, item in file.outlets.items():
        if not item.headers_env and item.cookies_file is None:
            continue
        noted = Findings()
        found[outlet_id] = Secrets(
            _headers(outlet_id, item, document, environ, noted), _cookies(outlet_id, item, document, noted)
        )
        keys = ("outlets", outlet_id)
        plain = [url for url in _addresses(item) if url.lower().startswith("http:")]
        if plain:
            noted.warn(document, keys, f"outlet {outlet_id!r}: its subscription is sent in the clear to {plain[0]}")
        if needed:
            findings.errors += noted.errors
            findings.warnings += noted.warnings
    return found


def _headers(
    outlet_id: str, item: schema.OutletKeys, document: Document, environ: Mapping[str, str], findings: Findings
) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, variable in item.headers_env.items():
        value, fault, hint = environ.get(variable, "").strip(), "", ""
        if not value:
            fault = f"the environment variable {variable} is not set"
            hint = f"Set {variable} to the value of the header {name} where `monitor` is started"
        elif not sendable(value):
            fault, value = f"what {variable} holds cannot stand in a header", ""
            hint = "Printable ASCII on one line, at most 8,000 characters"
        if fault:
            keys = ("outlets", outlet_id, "headers_env", name)
            findings.errors.append(document.error(keys, f"outlet {outlet_id!r}: {fault}", hint))
        headers.append((name, value))
    return tuple(headers)


def _cookies(outlet_id: str, item: schema.OutletKeys, document: Document, findings: Findings) -> tuple[Cookie, ...]:
    """Return those cookies of the outlet's file that are for a host of its own."""
    if item.cookies_file is None:
        return ()
    keys = ("outlets", outlet_id, "cookies_file")
    path = paths.absolute(item.cookies_file, document.path.parent)
    try:
        text, mode = path.read_text(encoding="utf-8-sig"), path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "this is not UTF-8 text"
        hint = "Netscape's format, as browsers' add-ons export it; a relative path starts at the configuration folder"
        findings.errors.append(document.error(keys, f"outlet {outlet_id!r}: cannot read {path}: {why}", hint))
        return ()
    if mode & 0o044:
        findings.warn(document, keys, f"{path} is readable by others; it holds secrets: chmod 600 it")
    hosts = {urls.host(url) for url in _addresses(item)}
    cookies = tuple(one for one in netscape(text, path, findings) if any(_is_for(one, host) for host in hosts))
    if not cookies:
        findings.warn(document, keys, f"outlet {outlet_id!r}: {path} has no cookie for {', '.join(sorted(hosts))}")
    return cookies


def netscape(text: str, path: Path, findings: Findings) -> list[Cookie]:
    """Read a cookie file. A line that is no cookie is an error with file and line, without the line itself."""
    found = []
    for number, whole in enumerate(text.split("\n"), start=1):
        line = whole.removesuffix("\r")
        row = line.removeprefix(_HTTP_ONLY)
        if not row.strip() or (row == line and line.startswith("#")):
            continue
        try:
            found.append(_cookie(row.split("\t")))
        except ValueError as error:
            findings.errors.append(ConfigError(f"this is no cookie: {error}", file=path, line=number))
    return found


def _cookie(fields: list[str]) -> Cookie:
    """Return a cookie of its fields. Raises ValueError, which says what was expected and never what was found."""
    # Editors cut the tab before an empty value.
    if len(fields) == 6:
        fields = [*fields, ""]
    if len(fields) != 7:
        raise ValueError(f"found {len(fields)} fields, expected {_FIELDS}")
    domain, subdomains, folder, secure, time, name, value = fields
    host = urls.host(f"http://{domain.lstrip('.')}/")
    if not host or set(domain) & set(" /:?#@\\"):
        raise ValueError("the first field is no domain")
    if {subdomains.upper(), secure.upper()} - {"TRUE", "FALSE"}:
        raise ValueError(f"the second or fourth field is not TRUE or FALSE; expected {_FIELDS}")
    if not folder.startswith("/"):
        raise ValueError("the third field is no path, which begins with /")
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]*)?", time):
        raise ValueError("the fifth field is no time in seconds since 1970, or 0")
    if not _NAME.fullmatch(name) or not sendable(value) or ";" in value:
        raise ValueError("its name or value cannot stand in a header")
    seconds = float(time)
    expires = seconds if seconds > 0 else None  # 0: as long as a browser is open
    return Cookie(name, value, host, subdomains.upper() == "TRUE", folder, secure.upper() == "TRUE", expires)


def _is_for(cookie: Cookie, host: str) -> bool:
    return host == cookie.domain or (cookie.subdomains and host.endswith(f".{cookie.domain}"))


def _addresses(item: schema.OutletKeys) -> list[str]:
    listings = [listing.url for listing in item.listings]
    return [url for url in (item.homepage, *item.feeds, *item.sitemaps, *listings) if url]
