"""The language model in less room: the same moves and the same weights, of py3langid's own model and of a small one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from monitor.parse import grams

GRAMS = (b"he", b"she", b"his", b"hers", b"s", b"er", "\u00e9".encode())
LANGUAGES = 5


def written_out(words=GRAMS):
    """Return the moves of all states by byte, each state's row and its gram, made the plain way."""
    states = sorted({word[:end] for word in words for end in range(len(word) + 1)}, key=lambda one: (len(one), one))
    random.Random(3).shuffle(states)
    # The beginning is state 0 in any order.
    states.remove(b"")
    states.insert(0, b"")

    def longest(text):
        return next(states.index(text[start:]) for start in range(len(text) + 1) if text[start:] in states)

    table = [[longest(state + bytes([letter])) for letter in range(256)] for state in states]
    distinct = [list(row) for row in dict.fromkeys(map(tuple, table))]
    rows = [distinct.index(row) for row in table]
    return np.array(distinct, np.uint32).ravel(), rows, [words.index(s) if s in words else -1 for s in states]


def walked(moves, rows, output, text):
    state, found = 0, []
    for letter in text:
        state = moves[(rows[state] << 8) + letter]
        found.append(output[state])
    return found


@pytest.fixture
def weights():
    noise = np.random.default_rng(4)
    table = np.tile(noise.uniform(-15, -5, LANGUAGES).astype(np.float16), (len(GRAMS), 1))
    table[[0, 0, 2, 3, 6], [1, 4, 0, 2, 3]] = noise.uniform(-4, 0, 5)
    return table


def test_what_is_reduced_moves_as_what_is_written_out(weights):
    moves, rows, output = written_out()
    reduced, *rest = grams.reduced(weights, moves, rows, output)
    letters, starts, suffixes, *_ = rest
    assert len(letters) == len(rows) - 1
    made = grams.Moves(letters, starts, suffixes)
    chance = random.Random(5)
    for _ in range(200):
        text = bytes(chance.choices(b"hersi\xc3\xa9x", k=40))
        assert walked(made, range(len(rows)), reduced, text) == walked(moves, rows, output, text)


def test_weights_are_those_of_the_table(weights):
    moves, rows, output = written_out()
    made = grams.Weights(*grams.reduced(weights, moves, rows, output)[4:])
    # Gram 1 has the usual weights alone.
    for wanted in ([0], [1], [6, 2, 0, 1], [5, 4, 3, 2, 1, 0]):
        found = made[np.array(wanted, np.intp)]
        assert found.dtype == weights.dtype
        assert (found == weights[wanted]).all()


def test_what_is_no_such_automaton_is_left_alone(weights):
    moves, rows, output = written_out()
    assert grams.reduced(weights.astype(np.float64), moves, rows, output) is None
    # A second way to a state.
    wrong = moves.copy()
    wrong[rows[0] * 256 + ord("x")] = moves[rows[0] * 256 + ord("h")]
    assert grams.reduced(weights, wrong, rows, output) is None
    # A state that nothing leads to.
    assert grams.reduced(weights, moves, [*rows, 0], [*output, 0]) is None
