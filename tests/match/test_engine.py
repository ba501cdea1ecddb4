"""Rules on articles: what hits, where, and why it says so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.match.evaluate import MAX_EVIDENCE
from monitor.match.receipt import receipt
from monitor.model import Article, Block, Entity, Name, Role, Rule

NATO = Entity(
    "nato",
    (
        Name("NATO", exact=True),
        Name("OTAN", exact=True, languages=("fr", "es", "it")),
        Name("Nato", exact=True, languages=("de", "it"), not_at_sentence_start=True),
        Name("North Atlantic Treaty Organization"),
        Name("北约"),
    ),
)


def article(*paragraphs, title="", standfirst="", language="en", role=Role.BODY):
    blocks = tuple(Block(role, text) for text in paragraphs)
    return Article("https://a.example/1", title, language, blocks, standfirst=standfirst)


def hits(query, *paragraphs, **fields):
    return Matcher([Rule("r", query)], [NATO]).match(article(*paragraphs, **fields))


@pytest.mark.parametrize(
    "text",
    ["NATO met.", "the NATO-led force", "NATO's plan", "NATO’s plan", "(NATO)", "“NATO”", "NATO/EU", "北约成员国",
     "the North Atlantic Treaty Organization", "the North\u00a0Atlantic Treaty Organi\u00adzation"],
)  # fmt: skip
def test_an_entity_is_found_by_its_names(text):
    (hit,) = hits("@nato", text)
    piece = hit.evidence[0]
    assert piece.entity == "nato"
    assert text[slice(*piece.span)] == piece.surface
    assert piece.quote[slice(*piece.mark)] == piece.surface


@pytest.mark.parametrize(
    ("text", "language"),
    [("two senators", "en"), ("è nato nel 1950", "it"), ("Nato nel 1950, vive qui", "it"), ("nato", "en"),
     ("Une réunion de l'OTAN", "en"), ("OTAN", None), ("SENATORS MEET NATO STAFF", "en"), ("NATOs", "en")],
)  # fmt: skip
def test_what_is_no_name_of_it_is_not(text, language):
    assert hits("@nato", text, language=language) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("Une réunion de l’OTAN", "fr"), ("Der Rat der Nato tagte", "de"), ("la Nato decide", "it")],
)
def test_names_hold_in_their_languages(text, language):
    assert hits("@nato", text, language=language)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("grain deal", True),
        ("grain ship", False),
        ('"grain deal"', False),
        ('"deal on grain"', True),
        ('"on grain"', True),
        ("ship OR grain", True),
        ("grain -ship", True),
        ("grain -deal", False),
        ("{Grain}", False),
        ("{grain}", True),
        ("title:harbour", True),
        ("title:grain", False),
        ("body:(grain deal)", True),
        ("body:harbour", False),
        ("(ship OR deal) (grain OR wheat) -(oil OR gas)", True),
        ("standing", True),
        ("secret", False),
        ('"end begin"', False),
        ("grain (ship OR NOT plane)", True),
        ("grain (ship OR NOT deal)", False),
        ('"deal on grain."', True),
    ],
)
def test_operators(query, holds):
    found = hits(query, "A deal on grain. The end", "begin again", title="Harbour", standfirst="Standing by")
    assert bool(found) is holds


def test_teasers_captions_and_notes_are_not_the_article():
    for role in (Role.TEASER, Role.CAPTION, Role.NOTE):
        assert hits("belgorod", "Ferry to Belgorod", role=role) == []
    assert hits("belgorod", "Ferry to Belgorod", role=Role.QUOTE)


def test_evidence_names_its_block_and_sentence():
    (hit,) = hits("nato AND title:staff", "First. Second.", "Nothing. NATO met here. Nothing.", title="A staff")
    title, body = hit.evidence
    assert (title.field, title.block, title.surface) == ("title", None, "staff")
    assert (body.field, body.block, body.span, body.sentence) == ("body", 1, (9, 13), (9, 23))
    assert (body.quote, body.clause) == ("NATO met here.", "nato")
    assert receipt(hit)[-1] == "  [NATO] met here."


def test_a_long_sentence_is_quoted_around_the_words():
    text = "word " * 400 + "NATO " + "word " * 400
    piece = hits("nato", text.strip())[0].evidence[0]
    assert len(piece.quote) <= 400
    assert piece.quote[slice(*piece.mark)] == "NATO"


def test_evidence_is_bounded():
    (hit,) = hits("nato", "NATO. " * 5_000)
    assert len(hit.evidence) == MAX_EVIDENCE


def test_evidence_shows_every_clause_and_each_place_once():
    (hit,) = hits("nato summit", "NATO. " * 50 + "A summit.")
    assert [piece.surface for piece in hit.evidence] == ["NATO"] * (MAX_EVIDENCE - 1) + ["summit"]
    force = Entity("force", (Name("NATO", exact=True), Name("NATO Response Force"), Name("Nato")))
    (hit,) = Matcher([Rule("r", "@force")], [force]).match(article("The NATO Response Force and NATO met."))
    assert [piece.surface for piece in hit.evidence] == ["NATO Response Force", "NATO"]


def test_half_a_surrogate_pair_harms_nothing():
    (hit,) = hits("nato", "NATO \ud83d met", title="\udc00")
    assert hit.evidence[0].quote == "NATO \ud83d met"


def test_a_rule_may_be_bound_to_languages():
    rule = Rule("r", "nato", languages=("en",))
    assert Matcher([rule]).match(article("NATO"))
    assert not Matcher([rule]).match(article("NATO", language="fr"))
    assert not Matcher([rule]).match(article("NATO", language=None))


@pytest.mark.parametrize(("query", "says"), [("@eu", "no entity 'eu'"), ("a AND", "ends here")])
def test_a_bad_rule_is_refused_by_name(query, says):
    with pytest.raises(QueryError, match=says) as caught:
        Matcher([Rule("good", "x"), Rule("bad", query)], [NATO])
    assert "rule bad" in str(caught.value)


def test_the_version_changes_with_any_rule_or_name():
    one = Matcher([Rule("r", "a")], [NATO]).version
    assert one == Matcher([Rule("r", "a")], [NATO]).version
    assert one != Matcher([Rule("r", "b")], [NATO]).version
    assert one != Matcher([Rule("r", "a")], [Entity("nato", NATO.names[:1])]).version


def test_no_rules_no_text():
    assert Matcher([]).match(article("NATO")) == []
    assert hits("nato") == []


WORDS = ("alpha", "beta", "gamma", "delta", "betamax", "al")
QUERIES = st.recursive(
    st.sampled_from([*WORDS, '"alpha beta"', "{Beta}", "title:gamma"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]} OR {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} AND {0[1]})".format),
        st.tuples(inner, inner).map("({0[0]} AND NOT ({0[1]}))".format),
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(QUERIES, min_size=1, max_size=6), st.lists(st.sampled_from([*WORDS, "Beta"]), max_size=6),
       st.lists(st.sampled_from(WORDS), max_size=2))  # fmt: skip
def test_many_rules_at_once_hit_as_each_alone(queries, body, title):
    page = article(" ".join(body), title=" ".join(title))
    rules = []
    alone = []
    for number, query in enumerate(queries):
        rule = Rule(f"r{number}", query)
        try:
            found = Matcher([rule]).match(page)
        except QueryError:  # a AND NOT a
            continue
        rules.append(rule)
        alone += [hit.rule_id for hit in found]
    assert [hit.rule_id for hit in Matcher(rules).match(page)] == alone


@settings(deadline=None)
@given(st.text(st.characters(), max_size=100))
def test_any_text_can_be_matched(text):
    for hit in hits("nato OR a OR @nato", text, title=text):
        for piece in hit.evidence:
            assert piece.quote[slice(*piece.mark)] == piece.surface
