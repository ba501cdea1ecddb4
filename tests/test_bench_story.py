"""The benchmark of stories counts rightly: figures worked out by hand."""

from __future__ import annotations

import random

import pytest

from tests.bench._story_data import mutations
from tests.bench._story_score import bcubed, f1, folds, interval


def test_bcubed_counts_what_an_article_stands_with():
    # One story holds two articles of event x and an unrelated one; the third of x is alone.
    each = bcubed({"a": "1", "b": "1", "z": "1", "c": "2"}, {"a": "x", "b": "x", "c": "x"})
    assert each == {"a": (2 / 3, 2 / 3), "b": (2 / 3, 2 / 3), "c": (1.0, 1 / 3)}
    precision, recall, both = f1(each.values())
    assert precision == pytest.approx(100 * 7 / 9)
    assert recall == pytest.approx(100 * 5 / 9)
    assert both == pytest.approx(2 * precision * recall / (precision + recall))


def test_unrelated_articles_are_no_event_together():
    each = bcubed({"a": "1", "y": "2", "z": "2"}, {"a": "x"})
    assert each == {"a": (1.0, 1.0)}


def test_every_event_is_in_one_fold():
    parts = folds(["c", "a", "b", "a", "d"], 2)
    assert sorted(label for part in parts for label in part) == ["a", "b", "c", "d"]


def test_the_interval_is_wilsons():
    low, high = interval(97, 100)
    assert (round(low, 1), round(high, 1)) == (91.5, 99.0)
    assert interval(0, 0) == (0.0, 100.0)


def test_mutations_keep_the_share_they_say():
    text = " ".join(f"word{number}." for number in range(100))
    made = mutations(text, "other " * 60, random.Random(1))
    kept = {kind: sum(word in copy.split() for word in text.split()) for kind, copy in made.items()}
    assert kept["cut to 60 %"] == 60
    assert kept["cut to 35 %, new lead"] == 35
    assert kept["re-ordered"] == kept["boilerplate added"] == 100
    assert 88 <= kept["5 % edited"] < 100
    assert kept["rewritten lead"] == 85
