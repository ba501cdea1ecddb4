"""What articles are compared by: bounded, the same everywhere, whatever the script."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Article, Block, Role
from monitor.story.latin import latin
from monitor.story.space import Space
from monitor.story.terms import Terms, unpack
from monitor.story.traits import MAX_TERMS, ROOM, VERSION, pack, traits


def channel(terms: Terms, number: int) -> set[int]:
    return set(terms.ids[terms.cuts[number] : terms.cuts[number + 1]].tolist())


def terms(body: str, title: str = "", language: str = "en") -> Terms:
    return unpack(pack(language, title, "", body))


def test_terms_are_of_three_kinds_each_a_unit_vector():
    found = terms("Mayor Holt closed 3 piers; the mayor paid 1,200 for it.")
    assert found.language == b"en"
    assert [len(channel(found, kind)) for kind in range(3)] == [8, 2, 2]
    for start, end in zip(found.cuts, found.cuts[1:], strict=False):
        assert np.isclose(np.linalg.norm(found.weights[start:end]), 1, atol=1e-3)


def test_what_stands_first_weighs_more():
    found = terms("harbour " + "filler " * 100 + "lantern")
    early = channel(terms("harbour"), 0).pop()
    late = channel(terms("lantern"), 0).pop()
    weights = dict(zip(found.ids.tolist(), found.weights.tolist(), strict=True))
    assert weights[early] > 2 * weights[late]


@pytest.mark.parametrize("same", ["1,200", "1.200", "1200"])
def test_a_number_is_the_same_however_its_thousands_are_set(same):
    assert channel(terms(f"paid {same} for"), 2) == channel(terms("1200"), 2)


def test_years_are_no_numbers():
    assert channel(terms("in 2013 and 1999, not in 1812"), 2) == channel(terms("1812"), 2)


def test_a_headline_that_the_page_repeats_counts_once():
    assert pack("en", "Ferry closes", "", "Ferry closes\nNo boats since.") == pack(
        "en", "Ferry closes", "", "No boats since."
    )


@pytest.mark.parametrize(
    "text",
    [
        "渡轮停航议会投票关闭码头",
        "フェリー航路の廃止が決まった",
        "เรือข้ามฟากหยุดให้บริการแล้ว",
        "नौका सेवा बंद कर दी गई",
        "Паромная переправа закрыта",
    ],
)
def test_every_script_has_words(text):
    found = terms(text, language="xx")
    assert len(channel(found, 0)) >= 3
    assert channel(found, 0) == channel(terms(text, language="xx"), 0)


def test_letters_with_vowel_signs_are_one_word():
    assert len(channel(terms("नौका"), 0)) == 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60), st.sampled_from([None, "", "en", "zh-hant-hk", "ü"]))
def test_any_text_has_traits_of_a_bounded_size(body, title, language):
    made = traits(Article("https://a.invalid/1", title, language, (Block(Role.BODY, body),), outlet="a"))
    assert made.terms[0] == VERSION
    assert len(made.terms) <= MAX_TERMS
    Space().query(unpack(made.terms))


@pytest.mark.parametrize("unit", ["Word12 ", "字", "1 2 3 ", "A", "\ud800x "])
def test_a_million_characters_are_no_more_than_a_page(unit):
    made = traits(
        Article("https://a.invalid/1", "t", "en", (Block(Role.BODY, unit * (1_000_000 // len(unit))),), outlet="a")
    )
    assert len(made.terms) <= MAX_TERMS
    assert len(made.sketch) <= 128
    assert len(unpack(made.terms)) <= sum(ROOM)


@pytest.mark.parametrize("bad", [b"", b"\x01", b"\x07" * 50, b"\x01en\0\0\0\0\0\0\xff\xff\xff\0\0\0\0", bytes(300)])
def test_what_is_damaged_or_of_another_version_reads_as_little_and_never_raises(bad):
    found = unpack(bad)
    space = Space()
    space.count(found, 1)
    assert space.near(space.query(found)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Зеленський", "Zelenskyj"),
        ("Zełenski", "Зеленский"),
        ("Orbán", "Орбан"),
        ("Μητσοτάκης", "Mitsotakis"),
        ("Łódź", "Лодзь"),
    ],
)
def test_a_name_is_the_same_in_other_letters(one, other):
    assert latin(one.casefold()) == latin(other.casefold())
