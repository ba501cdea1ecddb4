"""The rule language: what is read, how, and what is refused with the place and a way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.query import MAX_TEXT, entities_in, parse, show


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
        ("@", 0, "id of an entity"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text, position, says):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [("a NEAR/5 b", "NEAR"), ("a ONEAR/2 b", "ONEAR"), ("a SENTENCE b", "SENTENCE"), ("a PARAGRAPH b", "PARAGRAPH"),
     ("ATLEAST/3 a", "ATLEAST"), ("sanction*", "*"), ('"new sanction*"', "*"), ("{Sanction*}", "*"), ("/x+/", "/regex/"), ("lead:a", "lead:"), ("author:a", "author:"),
     ("outlet:bbc", "outlet:"), ("lang:en", "lang:"), ("url:x", "url:"), ("teaser:x", "teaser:")],
)  # fmt: skip
def test_what_is_reserved_is_refused_by_its_name(text, name):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert f"{name} is not supported yet" in str(caught.value) or f"{name} is not" in str(caught.value)


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


@given(st.text(alphabet='ab ()"{}:-@/*ANDORNOT\n“”', max_size=60))
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
