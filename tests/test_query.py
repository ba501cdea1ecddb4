"""The rule language: what is read, how, and what is refused with the place and a way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.query import MAX_TEXT, entities_in, parse
from monitor.query_tree import show


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("nato summit", "nato AND summit"),
        ("nato AND summit", "nato AND summit"),
        ("a OR b OR c", "a OR b OR c"),
        ("(a OR b) c", "(a OR b) AND c"),
        ("nato -sport", "nato AND NOT sport"),
        ("nato NOT (sport OR film)", "nato AND NOT (sport OR film)"),
        ("“coalition of the willing”", '"coalition of the willing"'),
        ("«grain deal»", '"grain deal"'),
        ("{NATO}", "{NATO}"),
        ('{"Coalition of the Willing"}', "{Coalition of the Willing}"),
        ("title:summit", "title:summit"),
        ("title:(a b) body:c", "title:(a AND b) AND body:c"),
        ("@nato-eu OR otan", "@nato-eu OR otan"),
        ("NATO-led anti-war", "NATO-led AND anti-war"),
        ("9/11 km/h", "9/11 AND km/h"),
        ("12:30", "12:30"),
        ("((a))", "a"),
        ("summit,", "summit"),
        ("u.s.", "u.s."),
        ("near sentence", "near AND sentence"),
        ("nato –film", "nato AND NOT film"),
        ("summit (grain OR NOT ship)", "summit AND (grain OR NOT ship)"),
        ('"grain deal," summit.', '"grain deal" AND summit.'),
        ("a NEAR/5 b", "a NEAR/5 b"),
        ("(a OR b) ONEAR/5 (@c OR {D})", "(a OR b) ONEAR/5 (@c OR {D})"),
        ("a b NEAR/2 c d", "a AND b NEAR/2 c AND d"),
        ("NOT a SENTENCE b c", "NOT a SENTENCE b AND c"),
        ("a PARAGRAPH b OR c", "a PARAGRAPH b OR c"),
        ("title:(a NEAR/3 b)", "title:(a NEAR/3 b)"),
        ("ATLEAST/3 (a OR b)", "ATLEAST/3 (a OR b)"),
        ("ATLEAST/2 title:a", "title:ATLEAST/2 a"),
        ("title:ATLEAST/2 a", "title:ATLEAST/2 a"),
        ("ATLEAST/3 a b", "ATLEAST/3 a AND b"),
        ("sanction*", "sanction*"),
        ('"new sanction*"', '"new sanction*"'),
        ("{Sanction*}", "{Sanction*}"),
        ("/G-?20/", "/G-?20/"),
        ("title:/G(7|20)/ a", "title:/G(7|20)/ AND a"),
        ("outlet:(bbc OR TASS) a", "(outlet:bbc OR outlet:tass) AND a"),
        ('url:"https://a.example/x"', 'url:"https://a.example/x"'),
        ("url:a.example lang:EN", "url:a.example AND lang:en"),
        (
            "lead:a author:b section:c caption:d teaser:e",
            "lead:a AND author:b AND section:c AND caption:d AND teaser:e",
        ),
        ("nearly sentences paragraphs", "nearly AND sentences AND paragraphs"),
        ("and/or", "and/or"),
    ],
)
def test_what_is_written_is_read(text, read):
    query = parse(text)
    assert show(query.root) == read
    assert query.warnings == ()
    assert show(parse(read).root) == read


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "empty"),
        ("a (b", 2, "never closed"),
        ("a b)", 3, "closes nothing"),
        ("a ()", 2, "nothing between"),
        ('a "b', 2, "never closed"),
        ("{b", 0, "never closed"),
        ("a OR", 4, "ends here"),
        ("AND a", 0, "AND stands here"),
        ("-sport", 1, "lacks something"),
        ("NOT (a OR b)", 5, "lacks something"),
        ("a OR -b", 6, "lacks something"),
        ("a - b", 2, "stands alone"),
        ("a AND NOT a", 10, "can never hit"),
        ("(a b) -(c OR a)", 13, "can never hit"),
        ("{NATO} -nato", 8, "can never hit"),
        ("title:a -a", 9, "can never hit"),
        ("NOT (NOT a)", 9, "must be there"),
        ("foo:bar", 0, "no field 'foo'"),
        ("titel:x", 0, "did you mean title:?"),
        ("title:(a body:b)", 9, "cannot be nested"),
        ("title: a", 6, "right after title:"),
        ("...", 0, "no letter or digit"),
        ("a | b", 2, "no letter or digit"),
        ("a NEAR b", 2, "a number from 1 to 500"),
        ("a NEAR/0 b", 2, "a number from 1 to 500"),
        ("ATLEAST/x b", 0, "a number from 1 to 100"),
        ("a NEAR/5 b NEAR/5 c", 11, "NEAR after NEAR"),
        ("a NEAR/5 b SENTENCE c", 11, "SENTENCE after NEAR"),
        ("title:a NEAR/5 b", 0, "title:(a NEAR/5 b)"),
        ("a NEAR/5 (b c)", 9, "cannot stand beside NEAR"),
        ("a SENTENCE (b OR -c)", 11, "cannot stand beside SENTENCE"),
        ("a NEAR/5 /b/", 9, "cannot stand beside NEAR"),
        ("ATLEAST/2 (a b)", 10, "cannot stand beside ATLEAST/2"),
        ("NEAR/5 b", 0, "NEAR/5 stands here"),
        ("ab*", 2, "3 letters"),
        ('"ab cd*"', 6, "3 letters"),
        ("sanc*tion", 4, "at the end"),
        ('"sanction* relief"', 9, "last word"),
        ("北约*", 2, "does nothing"),
        ("/(a/", 1, "RE2 refuses"),
        ("/a(?=b)/", 1, "look-around"),
        (r"/(a)\1/", 1, "back-references"),
        (r"/a\bb/", 2, "leave it out"),
        ("/.*/", 1, "no text at all"),
        ("/.+/", 1, "every article"),
        ("/abc", 0, "never closed"),
        ("/(?-i)NATO/", 1, "case does not count"),
        ("lang:en", 5, "every article in en"),
        ("lang:en -sport", 5, "every article in en"),
        ("lang:english a", 5, "two or three letters"),
        ("outlet:@bbc", 7, "plain value"),
        ("url:x a", 4, "its host"),
        ("outlet:a outlet:b", 16, "must be a and b"),
        ("a NEAR/3 b -a", 12, "can never hit"),
        ("a\x07b", 0, "control character"),
        ("@", 0, "id of an entity"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text, position, says):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in str(caught.value)


def test_a_query_that_can_be_misread_shows_both_readings():
    (warning,) = parse("grain OR wheat deal").warnings
    assert "grain OR (wheat AND deal)" in warning
    assert "(grain OR wheat) deal" in warning
    assert parse("grain OR (wheat deal)").warnings == ()
    (warning,) = parse("a OR b OR c d").warnings
    assert "(a OR b OR c) d" in warning
    (warning,) = parse("a OR b c OR d").warnings
    assert "(a OR b) (c OR d)" in warning
    (warning,) = parse("grain or wheat").warnings
    assert "OR" in warning


@pytest.mark.parametrize(
    ("text", "says"),
    [("grain W/5 wheat", "NEAR/5"), ("grain Near/5 wheat", "NEAR/5"), ("grain NEAR5 wheat", "NEAR/5"), ("a AROUND(5) b", "NEAR/5"),
     ("grain And wheat", "AND"), ("strik!", "strik*"), ("wom?n", "OR"), ("allcaps(us)", "{NATO}"), ("atleast3(grain)", "ATLEAST/3")],
)  # fmt: skip
def test_what_looks_like_an_operator_is_doubted(text, says):
    assert any(says in warning for warning in parse(text).warnings)


@pytest.mark.parametrize("text", ["near the pre school", "sentence paragraph caps", "g20 n95", "who?", "Yahoo!"])
def test_words_are_not_doubted(text):
    assert parse(text).warnings == () or text == "Yahoo!"


def test_a_field_aside_and_the_text_contradict_nothing():
    assert parse("caption:a -a")


def test_a_dash_that_touches_what_is_before_it_is_no_not():
    for text in ('"NATO"-led', "{NATO}-led", "(NATO)-led"):
        assert "NOT" not in show(parse(text).root)


def test_entities_are_named():
    assert entities_in(parse("@nato title:(@eu OR x) -@un")) == {"nato", "eu", "un"}


def test_bounds():
    with pytest.raises(QueryError):
        parse("a " * MAX_TEXT)
    with pytest.raises(QueryError):
        parse("(" * 500 + "a" + ")" * 500)
    with pytest.raises(QueryError):
        parse(" ".join("a" for _ in range(2_001)))


@given(st.text(alphabet='ab ()"{}:-@/*ANDORNOTE35\n“”', max_size=60))
def test_anything_is_read_or_refused(text):
    error = query = None
    try:
        query = parse(text)
    except QueryError as caught:
        error = caught
    if query is not None:
        assert show(parse(show(query.root)).root) == show(query.root)
    else:
        assert 0 <= error.position <= len(text)
        assert str(error)
