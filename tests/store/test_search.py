"""Ranges of ids, and what is asked of the index in which case."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Block, Role
from monitor.sought import AllOf, AnyOf, Phrase
from monitor.store import search
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from tests.store.make import article, hit, save


@given(st.lists(st.integers(1, 200_000), min_size=1))
def test_runs_hold_every_number_and_leave_out_the_widest_gaps(numbers):
    found = search.runs(numbers)
    assert all(any(first <= number <= last for first, last in found) for number in numbers)
    assert all(first in numbers and last in numbers for first, last in found)
    assert len(found) <= search._MAX_RUNS
    gaps = [after[0] - before[1] for before, after in pairwise(found)]
    assert all(gap > search._GAP for gap in gaps)


def test_what_is_sought_is_written_in_the_language_of_the_index():
    one, two = Phrase(("new", "york")), Phrase(("harb",), prefix=True, columns=("title", "body"))
    assert search.expression(one) == '"new york"'
    assert search.expression(two) == '{title body} : "harb" *'
    assert search.expression(AnyOf((one, AllOf((one, two))))) == (
        '("new york" OR ("new york" AND {title body} : "harb" *))'
    )


def _asked(store: SqliteStore, word: str, wanted: Filter) -> tuple[list[int], list[str]]:
    said: list[str] = []
    store._connection.set_trace_callback(said.append)
    found = [number for number, _ in store.hits.sift(Phrase((word,)), wanted)]
    store._connection.set_trace_callback(None)
    return found, [one for one in said if "MATCH" in one]


def test_the_index_is_asked_once_and_of_rare_words_for_all_articles(tmp_path, monkeypatch):
    store = SqliteStore.open(tmp_path / "monitor.db")
    for number in range(60):
        saved = save(store, article(number, blocks=(Block(Role.BODY, "rare" if number == 6 else "frequent"),)))
        with store.transaction():
            store.hits.add([hit(saved.article_id, "all"), *([hit(saved.article_id, "few")] if number % 6 == 0 else [])])
    monkeypatch.setattr(search, "FIRST_BATCH", 4)
    monkeypatch.setattr(search, "RARE", 10)
    monkeypatch.setattr(search, "_SPARSE", 2)
    all_hits = len(store.hits.rows(Filter(rule="all", limit=999)))
    found, asked = _asked(store, "frequent", Filter(rule="all"))
    assert (len(found), all_hits, len(asked)) == (59, 60, 1)
    # Hits that stand apart: where the words are rare, what is newer than the first hit is asked for too.
    found, asked = _asked(store, "rare", Filter(rule="few"))
    assert (len(found), len(asked)) == (1, 2)
    assert f"AND {search.LAST}" in asked[1]
    # The matcher looks at each where the index would have to go through too much: all candidates come.
    monkeypatch.setattr(search, "_LOOK", 1)
    monkeypatch.setattr(search, "_PART", 2)
    found, asked = _asked(store, "frequent", Filter(rule="few"))
    assert (len(found), len(asked)) == (10, 1)
    assert found == sorted(found, reverse=True)
    store.close()


def test_hits_that_came_in_another_order_than_their_articles_are_all_found(tmp_path, monkeypatch):
    store = SqliteStore.open(tmp_path / "monitor.db")
    texts = ["harbour" if number % 5 == 0 else "mountain" for number in range(60)]
    ids = [save(store, article(n, blocks=(Block(Role.BODY, text),))).article_id for n, text in enumerate(texts)]
    with store.transaction():
        for number in reversed(ids):
            store.hits.add([hit(number, "all")])
    for name, value in {"FIRST_BATCH": 4, "_LARGE": 4, "_FEWER": 2, "_PATIENCE": 99, "_PART": 1}.items():
        monkeypatch.setattr(search, name, value)
    found = [number for _, number in store.hits.sift(Phrase(("harbour",)), Filter())]
    assert found == [number for number, text in zip(ids, texts, strict=True) if text == "harbour"]
    store.close()
