"""py3langid's model in a seventh of its room, with the same answers.

It comes as a table of moves by state and byte (39 MB) and one of weights by gram and language (28 MB), of which 600
texts in 23 languages touch 56 MB. Its moves are an automaton of Aho and Corasick written out (Efficient string
matching, CACM 18, 1975): a state's row is that of its longest suffix but for the letters by which a gram goes on, which
are 104,582 of 26.8 million. Of the weights 81 % are what a language gives to a gram that it does not have. Only what
differs is kept, 9 MB. The first look at a page takes .07 ms more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# Rows of moves that are compared at once: 8 MB.
_AT_ONCE = 4_096
_LETTERS = 256


class Moves:
    """The next state by state and byte (state << 8 | byte). `letters`, `starts`: those by which each state's grams go
    on, in the order of the states that they lead to, from 1 on; `suffixes`: the state of each one's longest suffix.
    """

    def __init__(self, letters: Array, starts: Array, suffixes: Array) -> None:
        self._letters, self._starts, self._suffixes = letters.tobytes(), starts.data, suffixes.data

    def __getitem__(self, index: int) -> int:
        state, letter = index >> 8, index & 255
        letters, starts = self._letters, self._starts
        while (found := letters.find(letter, starts[state], starts[state + 1])) < 0:
            if not state:
                return 0
            state = self._suffixes[state]
        return found + 1


class Weights:
    """Weights by gram, a row of all languages each. `usual`: those of a gram that a language does not have; `values`:
    the others, `columns`: their languages, `starts`: where each gram's begin.
    """

    def __init__(self, usual: Array, values: Array, columns: Array, starts: Array) -> None:
        self._usual, self._values, self._columns, self._starts = usual, values, columns, starts

    def __getitem__(self, grams: Array) -> Array:
        starts = self._starts.take(grams)
        counts = self._starts.take(grams + 1) - starts
        before = counts.cumsum()
        # Of each gram's values the first stands at its start, and those that follow at the next places.
        places = np.repeat(starts - before + counts, counts)
        places += np.arange(len(places), dtype=places.dtype)
        width = len(self._usual)
        table = np.empty((len(grams), width), self._usual.dtype)
        table[:] = self._usual
        cells = np.repeat(np.arange(0, table.size, width), counts)
        cells += self._columns.take(places)
        table.reshape(-1)[cells] = self._values.take(places)
        return table


def reduced(weights: Any, moves: Any, rows: Any, output: Any) -> list[Array] | None:
    """Return the gram that each state ends (-1: none), then what `Moves` takes, then what `Weights` takes; None for a
    model of another kind. `rows`: where in `moves` a state has its row; `output`: the gram of each.
    """
    table = np.asarray(weights)
    found = _automaton(np.asarray(moves), np.asarray(rows, np.int64))
    if found is None or table.dtype != np.float16:
        return None
    states, automaton = found
    return [np.asarray(output, np.int32)[states], *automaton, *_sparse(table)]


def _automaton(table: Array, rows: Array) -> tuple[Array, list[Array]] | None:
    """Return the old numbers of the states in their new order, and what `Moves` takes."""
    table = table.reshape(-1, _LETTERS)
    count = len(rows)
    suffixes, reached = np.zeros(count, np.int64), np.zeros(count, bool)
    reached[0] = True
    order, letters, counts = [np.zeros(1, np.int64)], [], []
    level = order[0]
    while len(level):
        targets = []
        for start in range(0, len(level), _AT_ONCE):
            part = level[start : start + _AT_ONCE]
            own = table[rows[part]]
            # The beginning has no suffix: all that does not lead back to it goes on.
            other = table[rows[suffixes[part]]] if len(order) > 1 else np.zeros_like(own)
            at, letter = np.nonzero(own != other)
            found = own[at, letter].astype(np.int64)
            if reached[found].any() or len(np.unique(found)) < len(found):
                return None
            reached[found] = True
            suffixes[found] = other[at, letter]
            targets.append(found)
            letters.append(letter.astype(np.uint8))
            counts.append(np.bincount(at, minlength=len(part)))
        level = np.concatenate(targets)
        order.append(level)
    numbers = np.concatenate(order)
    if len(numbers) < count:
        return None
    renamed = np.empty(count, np.uint32)
    renamed[numbers] = np.arange(count, dtype=np.uint32)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.uint32)
    return numbers, [np.concatenate(letters), starts, renamed[suffixes[numbers]]]


def _sparse(table: Array) -> list[Array]:
    usual = np.array([_most(column) for column in table.T], table.dtype)
    rows, columns = np.nonzero(table != usual)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(table)))]).astype(np.int32)
    narrow = np.uint8 if table.shape[1] <= _LETTERS else np.uint16
    return [usual, table[rows, columns], columns.astype(narrow), starts]


def _most(column: Array) -> Any:
    bits = np.ascontiguousarray(column).view(np.uint16)
    return np.bincount(bits).argmax().astype(np.uint16).view(column.dtype)
