"""Where the outlets of the service's benchmark stand."""

from __future__ import annotations

NAMES = "outlets.bench.example"
_FIRST_ADDRESS = 127 << 24 | 1 << 16


def host(number: int, *, named: bool = False) -> str:
    """Return where an outlet stands."""
    if named:
        return f"o{number}.{NAMES}"
    address = _FIRST_ADDRESS + number
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def outlet_of(host: str) -> int:
    """Return which outlet stands there."""
    name = host.partition(":")[0]
    if name.endswith(NAMES):
        return int(name[1:].partition(".")[0])
    first, second, third, fourth = map(int, name.split("."))
    return (first << 24 | second << 16 | third << 8 | fourth) - _FIRST_ADDRESS
