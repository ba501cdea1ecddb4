"""What was read of a large configuration, without the room that reading it took.

Of 100,000 outlets 90 MB stay, scattered among the 500 MB that it takes to read them: 640 MB were kept from the system.
Written down, and read back when all else is gone, they stand together.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from monitor.settings.load import Settings

T = TypeVar("T")
# Nothing else runs while a part is read back, 5 ms. All at once, 100,000 outlets would hold up a daemon that reads them
# beside its work for 2 s.
_PART = 500
_LARGE = ("outlets", "rules", "entities", "warnings", "origins")


def compact(read: Callable[[], Settings]) -> Settings:
    """Return what `read` returns, copied."""
    small, parts = _written(read())
    settings = _read(small)
    found: dict[str, Any] = {name: tuple(chain.from_iterable(map(_read, _taken(rows)))) for name, rows in parts.items()}
    return replace(cast("Settings", settings), **(found | {"origins": dict(found["origins"])}))


def _written(settings: Settings) -> tuple[bytes, dict[str, list[bytes]]]:
    parts = {name: [pickle.dumps(part, 5) for part in _cut(_row(settings, name))] for name in _LARGE}
    empty: dict[str, Any] = dict.fromkeys(_LARGE, ())
    return pickle.dumps(replace(settings, **empty), 5), parts


def _row(settings: Settings, name: str) -> Sequence[Any]:
    value = getattr(settings, name)
    return tuple(value.items()) if name == "origins" else value


def _cut(row: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(row), _PART):
        yield row[start : start + _PART]


def _taken(rows: list[bytes]) -> Iterator[bytes]:
    rows.reverse()
    while rows:
        yield rows.pop()


def _read(packed: bytes) -> Any:
    return pickle.loads(packed)  # noqa: S301 - written by `_written`, in this process
