"""The arrays say what a dict of lists would, whatever came and left in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.story import index
from monitor.story.index import Index

KEYS = st.integers(0, 12) | st.sampled_from([2**31, 2**32 - 1])


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 9), st.lists(KEYS, max_size=6, unique=True)), max_size=60),
    st.lists(KEYS, max_size=8, unique=True),
    st.integers(1, 4),
)
def test_owners_of_keys_are_those_of_a_dict_of_lists(fresh, steps, asked, most):
    """Each step drops an owner and puts it again, with no keys now and then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "FRESH", fresh)
        made, owners = Index(), {}
        for owner, keys in steps:
            made.drop(owner)
            owners.pop(owner, None)
            if keys:
                made.put(owner, keys)
                owners[owner] = keys
        places, found, crowded = made.find(np.array(asked, np.uint32), most)
    wanted = [[owner for owner, keys in owners.items() if key in keys] for key in asked]
    assert crowded.tolist() == [len(whose) > most for whose in wanted]
    pairs = [(place, owner) for place, whose in enumerate(wanted) if len(whose) <= most for owner in whose]
    assert list(zip(places.tolist(), found.tolist(), strict=True)) == pairs


def test_what_left_takes_no_room():
    made = Index()
    for owner in range(5_000):
        made.put(owner % 300, [owner, owner + 1])
        made.drop(owner % 300)
    assert len(made) <= 2 * 2 * index.FRESH
