"""Cases that the generators of test_agreement do not reach, and articles made to hold the matcher up."""

from __future__ import annotations

import pytest

from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.match.evaluate import MAX_EVIDENCE, Evaluation
from monitor.match.why import why
from monitor.model import Article, Block, Entity, Name, Role, Rule
from monitor.query import parse


def hits(query, *texts, entities=(), language="en", **fields):
    article = Article(
        "https://a.example/1", fields.pop("title", ""), language, tuple(Block(Role.BODY, t) for t in texts), **fields
    )
    found = Matcher([Rule("r", query)], entities).match(article)
    assert why(article, Rule("r", query), entities).held is bool(found)
    return found


def folding(text):
    return (Entity("e", (Name(text, fold_accents=True),)),)


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ("Hawaiʻi", "In Hawaiʻi today", True),
        ("Oʼzbekiston", "Oʻzbekiston va", True),
        ('"Hawaiʻi Oahu"', "Hawai'i Oahu", True),
        ("O'Brien", "Mr O`Brien said", True),
        ("฿500", "He paid ฿500 today", True),
        ("Louis・Vuitton", "a Louis・Vuitton bag", True),
        ("nato", "the nato\u0e48 x", False),
        ('"nato led"', "A NATO-led force", False),
        ('"9 11"', "on 9/11 and", False),
        ("C++", "uses C++ and", True),
        (".NET", "the .NET way", True),
        ("AT&T", "AT&T said", True),
        ("/foo…bar/", "a fooxbar here", False),
        ("/北京（市）/", "在北京（市）的", True),
        ("/北京（市）/", "在北京市的", False),
        ("/G7/", "G7 G7 G7", True),
        ("nato", "the nato\x08 met", True),
        ("nato", "the \x07nato é met", True),
    ],
)
def test_letters_and_signs(query, text, holds):
    assert bool(hits(query, text)) is holds


@pytest.mark.parametrize(
    ("name", "text", "holds"),
    [
        ("한국", "그는 하고 있다", False),
        ("Café 서울", "in Cafe 서울 today", True),
        ("কো", "কে", False),
        ("مُحَمَّد", "قال محمد", True),
        ("שָׁלוֹם", "אמר שלום", True),
        ("Łódź", "in Lodz", True),
        ("Lodz", "w Łódź", True),
        ("Zelenský", "Zelensky", True),
        ("Ẹ̀bá", "eba", True),
    ],
)
def test_accents_fold_and_nothing_else(name, text, holds):
    assert bool(hits("@e", text, entities=folding(name))) is holds


def test_only_with_may_stand_in_quotes():
    entities = (Entity("e", (Name("bank", only_with=('"river bed"',)),)),)
    assert hits("@e", "A bank and a river bed", entities=entities)
    assert not hits("@e", "A bank and a river", entities=entities)


def test_more_mentions_than_anybody_reads_change_nothing():
    assert hits("econom* NEAR/1 foo", "economy " * 1_001 + "foo")
    spoilt = (Entity("e", (Name("bank"),), unless_near=("spoil",)),)
    assert hits("@e", "bank spoil " * 1_001 + "x " * 20 + "bank", entities=spoilt)
    assert not hits("@e", "spoil " * 1_001 + "bank spoil", entities=spoilt)


@pytest.mark.parametrize("value", ['"www."', '"https://www."', "x"])
def test_an_address_names_its_host(value):
    with pytest.raises(QueryError, match="its host"):
        parse(f"url:{value}")


def test_addresses():
    page = {"canonical_url": "https://canon.example/b"}
    assert hits('url:"HTTPS://A.Example/"', "x")
    assert hits('url:"a.example"', "x")
    assert hits("url:www.a.example", "x")
    assert not hits('url:"http://a.example"', "x")
    (hit,) = hits("url:canon.example", "x", **page)
    assert hit.evidence[0].surface == "https://canon.example/b"
    assert not hits('url:"canon.example/?u=http://x"', "x", **page)


def test_evidence_of_attributes_shows_what_held():
    (hit,) = hits('(outlet:bbc AND zebra) OR url:"a.example"', "x", outlet="bbc")
    assert [piece.clause for piece in hit.evidence] == ["url:a.example"]


def test_an_entity_and_a_phrase_that_looks_like_it_are_two():
    assert hits('@e NOT "@e"', "bank", entities=(Entity("e", (Name("bank"),)),))


@pytest.mark.parametrize("query", ["/(?s-i:NATO)/", "/a\\\ud800/", "/stra[ß]e/"])
def test_expressions_that_cannot_be_meant_are_refused(query):
    with pytest.raises(QueryError):
        parse(query)


def test_a_rule_given_twice_is_refused():
    with pytest.raises(QueryError, match="rule d is given twice"):
        Matcher([Rule("d", "a"), Rule("d", "b")])


def test_edits_leave_nothing_behind():
    article = Article("https://a.example/1", "A bank", "en", (Block(Role.CAPTION, "in a zebra crossing"),))
    matcher = Matcher([])
    assert matcher.match(article) == []
    fresh = matcher.version
    matcher.amend([Rule("a", "bank"), Rule("b", "caption:zebra"), Rule("c", "/b.nk/"), Rule("d", "url:a.example")])
    assert [hit.rule_id for hit in matcher.match(article)] == ["a", "b", "c", "d"]
    with pytest.raises(QueryError):
        matcher.amend([Rule("a", "zebra"), Rule("bad", "(")])
    assert [hit.rule_id for hit in matcher.match(article)] == ["a", "b", "c", "d"]
    matcher.amend([Rule("a", "zebra")], ["b", "c"])
    assert [hit.rule_id for hit in matcher.match(article)] == ["d"]
    matcher.amend([], ["a", "d"])
    assert (matcher.version, len(matcher)) == (fresh, 0)
    matcher.amend([Rule("b", "bank")])
    assert [hit.rule_id for hit in matcher.match(article)] == ["b"]


NATO = Name("NATO", exact=True)
HOSTILE = [
    ("foo", "foo" + "." * 900_000 + "x", ()),
    ("foo SENTENCE x", ("foo" + "." * 20_000 + "x ") * 10, ()),
    ("foo AND aaa*", "foo " + "a" * 900_000, ()),
    (
        "@e",
        "nato summit " * 70_000,
        (Entity("e", (Name("nato"), Name("Nato"), NATO), unless_near=("summit", "nat", "x", "y")),),
    ),
    ("@e", "NATO " * 190_000, (Entity("e", (NATO,)),)),
    ("@e", "Nato. " * 160_000, (Entity("e", (Name("Nato", not_at_sentence_start=True),)),)),
    ("/-|zebra/", "- é " * 200_000, ()),
    ("foo", "e" + "\u0301\u0316" * 400_000 + " foo", ()),
    ("foo", "北" + "\u0301\u0316" * 400_000 + " foo", ()),
    ("nato NEAR/5 nato", "nato " * 190_000, ()),
    ("nat*", "nat" * 300_000, ()),
    ("strasse", "straße " * 140_000, ()),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("query", "text", "entities"), HOSTILE, ids=range(len(HOSTILE)))
def test_no_article_holds_the_matcher_up(query, text, entities):
    """Each of these took a minute or more where a step was quadratic; a reader's own deadline is 5 s."""
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, text),))
    assert len(Matcher([Rule("r", query)], entities).match(article)) <= 1


@pytest.mark.timeout(60)
def test_a_miss_in_a_long_word_is_explained_in_time():
    assert not why(Article("https://a.example/1", "", "en", (Block(Role.BODY, "a" * 900_000),)), Rule("r", "aa")).held


@pytest.mark.parametrize("joint", [" ", " OR "])
def test_what_a_query_repeats_is_looked_for_once(joint):
    parts = ["ice", "title:snow", "ice", *["ice"] * 300, "title:snow"]
    repeated, once = (Matcher([Rule("r", joint.join(words))]) for words in (parts, parts[:2]))
    [program], [short] = repeated._programs, once._programs
    assert program == short
    article = Article("https://a.example/1", "Snow and ice", "en", (Block(Role.BODY, "ice and ice"),))
    assert [hit.evidence for hit in repeated.match(article)] == [hit.evidence for hit in once.match(article)] != []


@pytest.mark.parametrize(
    "query",
    [
        " AND ".join(f"(ice OR q{number})" for number in range(200)),
        " OR ".join(f"(ice AND NOT q{number})" for number in range(200)),
        " AND ".join(f"(body:ice OR q{number})" for number in range(200)),
    ],
)
def test_places_that_many_clauses_share_are_held_once(query):
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, "ice " * 5_000),))
    matcher = Matcher([Rule("r", query)])
    [program] = matcher._programs
    looked = Evaluation(article, matcher._compiler.probes)
    places = looked.holds(program, looked.main, None)
    assert len(places) == 5_000
    [hit] = matcher.match(article)
    assert len(hit.evidence) == MAX_EVIDENCE
