"""What full text leaves out is no hit: over a real index, in many scripts."""

from __future__ import annotations

import random
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match.engine import Matcher
from monitor.match.entities import Names
from monitor.match.preselect import MAX_NAMES, preselect
from monitor.model import Article, Block, Entity, Name, Role, Rule
from monitor.query import QueryError, parse
from monitor.sought import AllOf, AnyOf, Phrase
from monitor.store.fulltext import words
from monitor.store.schema_archive import _TABLES
from monitor.store.search import expression
from tests.match import generate


class Index:
    """The archive's full text, in memory."""

    def __init__(self) -> None:
        self._base = sqlite3.connect(":memory:")
        self._base.execute(_TABLES[-1])

    def finds(self, article: Article, query: str, entities: tuple[Entity, ...] = ()) -> bool:
        sought = preselect(parse(query).root, Names(entities))
        if sought is None:
            return True
        held = words(article.title, article.standfirst, article.blocks)
        put = "INSERT INTO articles_fts (rowid, title, standfirst, body) VALUES (1, ?, ?, ?)"
        self._base.execute(put, [part.encode("utf-8", "replace").decode() for part in held])
        try:
            ask = "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?"
            return bool(self._base.execute(ask, [expression(sought)]).fetchone()[0])
        finally:
            self._base.execute("INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")


@pytest.fixture(scope="module")
def index() -> Index:
    return Index()


def _sought(query: str, *entities: Entity) -> object:
    return preselect(parse(query).root, Names(entities))


def test_whatever_hits_is_found_by_full_text(index: Index) -> None:
    hits = 0
    for seed in range(1_500):
        rng = random.Random(seed)
        query, entities = generate.rule(rng)
        article = generate.article(rng, query, entities)
        if Matcher([Rule("r", query)], entities).match(article):
            hits += 1
            assert index.finds(article, query, entities), (seed, query, article)
    assert hits > 400


# Letters that fold, compose, go without spaces, are written right to left, or that SQLite's tables do not know.
_ODD = "aéıİßŁłøΣςάЙи́ёכתיםمدّةहिन्दीবাংলাதமிழ்ಕನ್ನಡนาโต้ກຂမြန်北京峰会ッがガ゛한국나토ㄱኢ𞤀𞤁𐐀𝔸ﬁ①½№Ⅷﾊﾟ"
_SIGNS = " -'’\"“.,:;/&+*_()\u00ad\u200b\u00a0\u0301\u0308"
_TEXT = st.text(st.sampled_from(_ODD + _ODD + _SIGNS + "abyzAZ09"), max_size=24) | st.text(max_size=12)


@settings(max_examples=1_500, deadline=None)
@given(st.data())
def test_a_piece_of_a_text_that_the_matcher_finds_is_found_by_full_text(index: Index, data: st.DataObject) -> None:
    text = data.draw(_TEXT)
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : data.draw(st.integers(start, len(text)))]
    kind = data.draw(st.sampled_from(["plain", "prefix", "fold", "exact"]))
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, text),))
    quoted = piece.replace('"', " ")
    entities = (Entity("e", (Name(piece, fold_accents=kind == "fold", exact=kind == "exact"),)),)
    query = {"plain": f'"{quoted}"', "prefix": f'"{quoted}*"'}.get(kind, "@e")
    try:
        hits = Matcher([Rule("r", query)], entities).match(article)
    except QueryError:
        return
    if hits:
        assert index.finds(article, query, entities)


@pytest.mark.parametrize(
    ("query", "sought"),
    [
        ("nato", Phrase(("nato",))),
        ("sanction*", Phrase(("sanction",), prefix=True)),
        ("{NATO}", Phrase(("nato",))),
        ("a OR /x+/", None),
        ("a -b", Phrase(("a",))),
        ("a NEAR/3 b", AllOf((Phrase(("a",)), Phrase(("b",))))),
        ("ATLEAST/3 a", Phrase(("a",))),
        ("a AND /x+/ AND lang:en", Phrase(("a",))),
        ("title:(a OR b)", AnyOf((Phrase(("a",), columns=("title",)), Phrase(("b",), columns=("title",))))),
        ("lead:a", Phrase(("a",), columns=("standfirst", "body"))),
        ("author:a", None),
        ("author:a b", Phrase(("b",))),
        ("나토", Phrase(("나", "토"))),
        ("outlet:bbc", None),
    ],
)
def test_what_is_asked_of_full_text(query: str, sought: object) -> None:
    assert _sought(query) == sought


def test_a_letter_that_the_index_does_not_know_says_nothing() -> None:
    # Armenian of Unicode 11.
    assert _sought("\u0560\u0588") is None
    assert _sought("\u0560nato") == Phrase(("\u0560nato",))


def test_names_that_hold_another_are_found_by_it() -> None:
    made = Entity("e", (Name("Kyiv"), Name("city of Kyiv"), Name("Київ")))
    assert _sought("@e", made) == AnyOf((Phrase(("kyiv",)), Phrase(("киів",))))


def test_of_an_entity_of_many_names_the_beginnings_are_looked_for() -> None:
    made = Entity("e", tuple(Name(f"harbour{number}") for number in range(MAX_NAMES + 1)))
    assert _sought("@e", made) == Phrase(("harb",), prefix=True)


def test_a_thai_mark_behind_a_digit_ends_the_word_for_both(index: Index) -> None:
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, "0\u0e490"),))
    assert Matcher([Rule("r", "0")]).match(article)
    assert index.finds(article, "0")


def test_a_query_of_many_parentheses_is_one_that_the_index_reads(index: Index) -> None:
    query = "".join(f"(oil AND (t{number} OR " for number in range(24)) + "oil" + "))" * 24
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, "oil"),))
    assert Matcher([Rule("r", query)]).match(article)
    assert index.finds(article, query)
    assert index.finds(article, " OR ".join(f"w{number}" for number in range(1_000)) + " OR oil")
    assert not index.finds(article, "gas AND (oil OR coal)")


def test_words_of_an_expression_cannot_be_operators_or_end_it() -> None:
    assert expression(Phrase(('a"b', "OR"), prefix=True)) == '"a""b OR" *'
