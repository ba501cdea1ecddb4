"""The table of weights and the features it is for."""

from __future__ import annotations

import pytest

from monitor.extract.features import NAMES
from monitor.extract.score import SECOND_NAMES
from monitor.extract.weights import FIRST, SECOND, WEIGHTS, ordered


def test_the_tables_are_of_these_features_in_their_order() -> None:
    assert [FIRST[name] for name in NAMES] == list(WEIGHTS.first)
    assert [list(SECOND[name]) for name in SECOND_NAMES] == WEIGHTS.second.T.tolist()


def test_a_table_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match="is_p"):
        ordered({name: weight for name, weight in FIRST.items() if name != "is_p"}, NAMES)
    with pytest.raises(ValueError, match="is_new"):
        ordered({**FIRST, "is_new": 1.0}, NAMES)
