"""Memory that malloc keeps although it is free, given back to the system. glibc does so by itself at the end of a heap
alone: one small piece that is still in use there holds all that is free before it.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


# Of mallopt(3), and its value where nothing has been freed yet.
_MMAP_THRESHOLD, _LARGE = -3, 128 << 10
_ARENA_MAX = -8


def keep_apart() -> None:
    """Have each piece of 128 kB or more mapped by itself, for good, so that it goes back when freed. glibc does so
    until the first is freed; then up to its size, 32 MB at most, all come from the heap and leave holes there, which
    small pieces fill: of a daemon's heap of 114 MB half was free after 20,000 articles, and resident.
    """
    with suppress(AttributeError):
        _libc().mallopt(_MMAP_THRESHOLD, _LARGE)


def share() -> None:
    """Have all threads of this process use one heap: what one has freed the others use. Before there are threads."""
    with suppress(AttributeError):
        _libc().mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give it back, of all threads; nothing where malloc cannot (musl, macOS). A heap of 100 MB takes some 10 ms."""
    with suppress(AttributeError):
        _libc().malloc_trim(0)
