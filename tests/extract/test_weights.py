"""The table of weights and the features it is for."""

from __future__ import annotations

import pytest

from monitor.extract.features import NAMES
from monitor.extract.weights import TABLE, WEIGHTS, ordered


def test_the_table_is_of_these_features_in_their_order() -> None:
    assert [TABLE[name] for name in NAMES] == list(WEIGHTS)


def test_a_table_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match="is_p"):
        ordered({name: weight for name, weight in TABLE.items() if name != "is_p"})
    with pytest.raises(ValueError, match="is_new"):
        ordered({**TABLE, "is_new": 1.0})
