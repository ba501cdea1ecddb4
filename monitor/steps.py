"""Whether the wall clock was set, or the machine slept, between two looks at its clocks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# Slewing (adjtime, chrony) moves all clocks of Linux alike and is never seen here; a leap second is 1 s. What is less
# than the lag that polls may have is left alone.
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Moment:
    """The clocks at one moment, in seconds. `wall`: since 1970, may be set. `awake`: stands still while the machine is
    suspended. `real`: goes on then; None where the system has no such clock.
    """

    wall: float
    awake: float
    real: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`by`: how far the wall clock was set, forward above 0. `slept`: for how long the machine was suspended."""

    by: float = 0.0
    slept: float = 0.0


def step(before: Moment, after: Moment) -> Step:
    """Compare two looks. Where no clock tells a suspend from a wall clock set forward, it counts as time that passed:
    laptops sleep every day, and work that is due early costs a request.
    """
    wall, awake = after.wall - before.wall, after.awake - before.awake
    if before.real is None or after.real is None:
        passed = max(wall, awake) if wall - awake >= LEAST else awake
    else:
        passed = after.real - before.real
    by, slept = wall - passed, passed - awake
    return Step(by if abs(by) >= LEAST else 0.0, slept if slept >= LEAST else 0.0)
