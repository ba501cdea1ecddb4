"""What a receiver or a program says of itself, without the secrets that it may say back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _html
from json import dumps
from urllib.parse import quote, unquote, urlsplit

from monitor.notify.escape import one_line

# A path "hook" or an argument "-q" is no secret, and stands in many texts.
SHORTEST = 6
MAX_DETAIL = 200


def detail(said: str, secrets: Iterable[str]) -> str:
    """Return one clean line of what was said, each secret in it as ***, in whatever case and common coding."""
    forms = {form for secret in secrets for form in _forms(secret.strip()) if len(form) >= SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        said = re.sub(re.escape(form), "***", said, flags=re.IGNORECASE)
    return one_line(said, MAX_DETAIL)


def parts(url: str) -> set[str]:
    """Return what may be a token of an http(s) URL: all of it, host, path, query, and the pieces of the last two."""
    split = urlsplit(url)
    path = f"{split.path}?{split.query}" if split.query else split.path
    whole = {url, split.netloc, split.hostname or "", path, split.query}
    return whole | set(re.split(r"[/?&=;,]+", f"{split.path}/{split.query}"))


def _forms(secret: str) -> set[str]:
    plain = {secret, unquote(secret)}
    return plain | {coded for one in plain for coded in (quote(one, ""), _html(one), dumps(one)[1:-1])}
