"""JSON-LD as pages break it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.extract import ldjson

WHOLE = (
    '{"@type": "NewsArticle", "headline": "Six berths", "datePublished": "2026-11-19", "author": {"name": "Ole Dahl"}}'
)


@pytest.mark.parametrize(
    "script",
    [
        WHOLE,
        f"[{WHOLE}]",
        f'{{"@context": "https://schema.org", "@graph": [{{"@type": "WebPage"}}, {WHOLE}]}}',
        f'{{"@type": "WebPage", "mainEntity": {WHOLE}}}',
        f'{{"@type": "Blog", "blogPost": [{WHOLE}]}}',
        f"<!-- {WHOLE} -->",
        f"//<![CDATA[\n{WHOLE}\n//]]>",
        f"/*<![CDATA[*/{WHOLE}/*]]>*/",
        f"{WHOLE};",
        f"{WHOLE} {WHOLE}",
        WHOLE.replace("}}", "},}"),
        WHOLE.replace("Six ", "Six\n\t").replace("\n\t", " \n"),
        WHOLE.replace('"', "&quot;"),
        WHOLE.replace('"datePublished"', '"about": "the "big" plan", "datePublished"'),
        WHOLE[:-1],
    ],
)
def test_it_is_read_however_it_is_wrapped_or_broken(script: str) -> None:
    (article,) = ldjson.articles(ldjson.items([script]))[:1]
    assert ldjson.string(article, "headline") == "Six berths"
    assert ldjson.string(article, "datePublished") == "2026-11-19"
    assert ldjson.names(article, "author", {}) == [("Ole Dahl", False)]


def test_an_organisation_is_told_from_a_person() -> None:
    item = {
        "author": [{"@type": "NewsMediaOrganization", "name": "Harbour Times"}, {"@type": "Person", "name": "Jo Ek"}]
    }
    assert ldjson.names(item, "author", {}) == [("Harbour Times", True), ("Jo Ek", False)]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "@graph", "@id", "name", "author", "headline", "mainEntity", "item"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(values, st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_no_value_and_no_cut_raises(value: object, cut: int) -> None:
    for text in (json.dumps(value), json.dumps(value)[:cut], WHOLE[:cut]):
        items = ldjson.items([text])
        for item in (*items, *ldjson.articles(items)):
            ldjson.types(item)
            assert isinstance(ldjson.string(item, "headline"), str)
            assert all(isinstance(name, str) for name, _ in ldjson.names(item, "author", {}))


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"@type":"NewsArticle","author":' + "[" * 100_000,
        '"@type":"NewsArticle" "headline":"' + "\\" * 200_000,
        ('"@type":"NewsArticle","author":' + " " * 50) * 3_000,
        "," + " " * 300_000,
        '"author":{' * 30_000,
        '"@type":"x' * 30_000,
    ],
)
def test_a_bomb_costs_little(bomb: str) -> None:
    began = time.process_time()
    ldjson.items([bomb])
    assert time.process_time() - began < 2
