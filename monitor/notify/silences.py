"""Silences: what is not told for a time, as `rule=nato outlet=bbc*`. All of its matchers must hold."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.model import Silence
from monitor.notify.routes import Facts

KEYS = ("rule", "tag", "severity", "outlet", "outlet_tag", "lang", "story")
_NOTED = re.compile("silence ([0-9]{1,18})")


def parse(text: str) -> tuple[tuple[str, str], ...]:
    """Read matchers. Raises ValueError that says what was expected. "*" stands for any letters, "?" for one."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    matchers = []
    for word in words:
        key, equals, pattern = word.partition("=")
        if not equals or not pattern or key not in KEYS:
            raise ValueError(f"found {word!r}, expected KEY=VALUE with one of {', '.join(KEYS)}")
        matchers.append((key, pattern))
    if not matchers:
        raise ValueError("nothing to silence: write for example rule=nato outlet=bbc*")
    return tuple(matchers)


def written(matchers: Iterable[tuple[str, str]]) -> str:
    """Write matchers as `parse` reads them."""
    return " ".join(f"{key}={shlex.quote(pattern)}" for key, pattern in matchers)


def silenced(silences: Iterable[Silence], facts: Facts, now: datetime) -> Silence | None:
    """Return the silence that covers a hit now, the one that lasts longest; None for none."""
    held = [one for one in silences if one.starts_at <= now < one.ends_at and _covers(one, facts)]
    return max(held, key=lambda one: one.ends_at, default=None)


def noted(silence: Silence) -> str:
    """Return what a decision says of the silence that it was made for."""
    return f"silence {silence.id}"


def named(detail: str) -> int:
    """Return the id of the silence that a decision names, 0 for none."""
    found = _NOTED.fullmatch(detail)
    return int(found[1]) if found else 0


def _covers(silence: Silence, facts: Facts) -> bool:
    has = {
        "rule": (facts.rule.id,),
        "tag": facts.rule.tags,
        "severity": (facts.rule.severity,),
        "outlet": (facts.outlet_id,),
        "outlet_tag": facts.outlet_tags,
        "lang": (facts.language or "",),
        "story": (facts.story_id,),
    }
    return all(any(fnmatchcase(value, pattern) for value in has[key]) for key, pattern in silence.matchers)
