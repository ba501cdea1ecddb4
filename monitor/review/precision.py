"""How precise a rule is, by what people said of its hits: pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

# 95 %: of the normal distribution.
_Z = 1.959964


def precision(relevant: int, noise: int) -> tuple[float, float, float]:
    """Return the share of relevant hits with its 95 % interval (Wilson, JASA 22, 1927). There must be one at least."""
    total = relevant + noise
    share = relevant / total
    middle = share + _Z * _Z / (2 * total)
    spread = _Z * sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total))
    scale = 1 + _Z * _Z / total
    return share, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def told(marks: Mapping[str, int]) -> str:
    """Say how precise a rule is, by its marks: "75% [30%, 95%] by 4 marked hits"; "" where nothing was said."""
    relevant, noise = marks.get("relevant", 0), marks.get("noise", 0)
    total = relevant + noise
    if not total:
        return ""
    share, low, high = precision(relevant, noise)
    return f"{share:.0%} [{low:.0%}, {high:.0%}] by {total} marked {'hit' if total == 1 else 'hits'}"
