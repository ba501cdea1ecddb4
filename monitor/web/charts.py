"""Charts as SVG shapes: pure numbers for a template, which draws them beside a table of the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 240.0, 32.0, 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A column in units of the chart: `x`, `y` of its upper left corner. `value`: what it stands for."""

    x: float
    y: float
    width: float
    height: float
    value: int


def bars(counts: Sequence[int], most: int | None = None) -> tuple[Bar, ...]:
    """Return a column for each count, the highest as high as the chart. `most`: the count of that height, where charts
    are to be compared. A count above 0 is at least one unit high, so that it is seen.
    """
    top = max(most or max(counts, default=0), 1)
    width = WIDTH / max(len(counts), 1)
    found = []
    for place, count in enumerate(counts):
        height = max(HEIGHT * min(count / top, 1.0), 1.0) if count else 0.0
        found.append(
            Bar(round(place * width, 2), round(HEIGHT - height, 2), round(width - GAP, 2), round(height, 2), count)
        )
    return tuple(found)
