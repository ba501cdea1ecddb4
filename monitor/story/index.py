"""Who has which of some numbers: what a dict of lists would hold, 6 bytes an entry where that took 100.

Most entries stand in two arrays sorted by key, in which all keys that are asked for are sought at once. What came last
stands in a dict and is merged into them every FRESH owners; what left is struck out then.
"""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]
Owners = NDArray[np.uint16]
Numbers = NDArray[np.intp]

# Owners are numbers of two bytes: rows and places in lists, used again when they are free.
MOST = 1 << 16
# Merging 400,000 entries takes 2 ms: 8 us an owner. Their entries in a dict take 1 MB.
FRESH = 256


class Index:
    """Owners by key, those of a key in the order in which they came. One owner: not thread-safe."""

    def __init__(self) -> None:
        self._keys = np.zeros(0, np.uint32)
        self._owners = np.zeros(0, np.uint16)
        # Who stands in the arrays, and who did: their entries are no longer true.
        self._settled = np.zeros(MOST, np.bool_)
        self._left = np.zeros(MOST, np.bool_)
        self._leaving = 0
        self._own: dict[int, list[int]] = {}
        # Most keys have one owner.
        self._fresh: dict[int, int | tuple[int, ...]] = {}

    def __len__(self) -> int:
        """How many entries take room, of owners that left among them."""
        return len(self._keys) + sum(map(len, self._own.values()))

    def put(self, owner: int, keys: list[int]) -> None:
        """Add an owner in [0, MOST) that has no keys yet. `keys`: below 2^32."""
        self._own[owner] = keys
        for key in keys:
            held = self._fresh.get(key)
            if held is None:
                self._fresh[key] = owner
            else:
                self._fresh[key] = (*held, owner) if isinstance(held, tuple) else (held, owner)
        if len(self._own) >= FRESH:
            self._settle()

    def drop(self, owner: int) -> None:
        """Take an owner out with all its keys, where it has any."""
        for key in self._own.pop(owner, ()):
            held = self._fresh[key]
            left = tuple(one for one in held if one != owner) if isinstance(held, tuple) else ()
            if left:
                self._fresh[key] = left if len(left) > 1 else left[0]
            else:
                del self._fresh[key]
        if self._settled[owner]:
            self._settled[owner] = False
            self._left[owner] = True
            self._leaving += 1

    def find(self, keys: Keys, most: int) -> tuple[Numbers, Owners, NDArray[np.bool_]]:
        """Return owners of these keys: of each the number of the key, ascending, and the owner; and which keys have
        more owners than `most`, which are left out.
        """
        places, owners, crowded, highest = self._old(keys, most)
        asked = keys.tolist()
        known = self._fresh.keys() & asked
        if known:
            new: list[int] = []
            whose: list[int] = []
            for place, key in enumerate(asked):
                if key in known:
                    held = self._fresh[key]
                    several = held if isinstance(held, tuple) else (held,)
                    new += [place] * len(several)
                    whose += several
            places = np.concatenate([places, np.array(new, np.intp)])
            highest += len(new)
            order = places.argsort(kind="stable")
            places, owners = places[order], np.concatenate([owners, np.array(whose, np.uint16)])[order]
        if highest > most:
            crowded |= np.bincount(places, minlength=len(keys)) > most
            few = ~crowded[places]
            places, owners = places[few], owners[few]
        return places, owners, crowded

    def _old(self, keys: Keys, most: int) -> tuple[Numbers, Owners, NDArray[np.bool_], int]:
        """Do so for those that are settled; some that have more owners may be among them. Return also how many a key
        has at most.
        """
        crowded = np.zeros(len(keys), np.bool_)
        if not len(self._keys):
            return np.zeros(0, np.intp), np.zeros(0, np.uint16), crowded, 0
        low = self._keys.searchsorted(keys)
        there = np.flatnonzero(self._keys.take(low, mode="clip") == keys)
        low = low[there]
        counts = self._keys.searchsorted(keys[there], "right") - low
        highest = int(counts.max(initial=0))
        if highest > most + self._leaving:
            over = counts > most + self._leaving
            crowded[there[over]] = True
            counts[over] = 0
        places = np.repeat(there, counts)
        owners = self._owners[np.arange(len(places)) + np.repeat(low - counts.cumsum() + counts, counts)]
        if self._leaving:
            true = ~self._left[owners]
            places, owners = places[true], owners[true]
        return places, owners, crowded, highest

    def _settle(self) -> None:
        true = ~self._left[self._owners]
        keys, owners = self._keys[true], self._owners[true]
        counts = [len(own) for own in self._own.values()]
        new = np.array(list(chain.from_iterable(self._own.values())), np.uint32)
        order = new.argsort(kind="stable")
        new, whose = new[order], np.repeat(np.array(list(self._own), np.uint16), counts)[order]
        at = keys.searchsorted(new, "right")
        self._keys, self._owners = np.insert(keys, at, new), np.insert(owners, at, whose)
        self._settled[list(self._own)] = True
        self._left[:] = False
        self._leaving = 0
        self._own.clear()
        self._fresh.clear()
