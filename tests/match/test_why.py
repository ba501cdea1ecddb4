"""What `rules why` says of a rule and an article."""

from __future__ import annotations

import pytest

from monitor.match.engine import Matcher
from monitor.match.why import ClauseReason, first_failure, lines, why
from monitor.model import Article, Block, Entity, Name, Role, Rule
from tests.match.test_agreement import pair

ARTICLE = Article(
    "https://a.example/1",
    "Senators met in Kursk",
    "en",
    (
        Block(
            Role.BODY, "The NATO summit opened. Nato spoke. Officials from Kyiv and other allies talked about grain."
        ),
        Block(Role.TEASER, "Ferry to Belgorod"),
        Block(Role.BODY, "Sanctions. Kursk again. THE WHO SAYS IT IS US."),
    ),
    outlet="bbc",
)
NAMES = (
    Entity("who", (Name("WHO", exact=True),)),
    Entity("otan", (Name("Kyiv", languages=("fr",)),)),
    Entity("start", (Name("Nato", exact=True, not_at_sentence_start=True),)),
    Entity("beside", (Name("Kyiv"),), unless_near=("Officials",)),
    Entity("company", (Name("Kyiv", only_with=("Moscow",)),)),
    Entity("none", (Name("Tashkent"),)),
)


@pytest.mark.parametrize(
    ("query", "reason", "says"),
    [
        ("belgorod", ClauseReason.ELSEWHERE, "teaser, paragraph 2"),
        ("title:nato", ClauseReason.ELSEWHERE, "body, paragraph 1"),
        ("senator", ClauseReason.WITHIN_WORD, "senators"),
        ("{GRAIN}", ClauseReason.OTHER_CASE, "grain"),
        ('"summit nato"', ClauseReason.NOT_IN_A_ROW, "not in a row"),
        ('"summit lunch"', ClauseReason.NOT_THERE, "1 of its 2"),
        ("quake", ClauseReason.NOT_THERE, "not there"),
        ("nato NEAR/3 grain", ClauseReason.TOO_FAR, "10 words apart"),
        ("grain ONEAR/10 kyiv", ClauseReason.WRONG_ORDER, "other way round"),
        ("nato SENTENCE grain", ClauseReason.OTHER_SENTENCE, "no one sentence"),
        ("grain PARAGRAPH sanctions", ClauseReason.OTHER_PARAGRAPH, "no one paragraph"),
        ("ATLEAST/3 kursk", ClauseReason.TOO_FEW, "2 of 3"),
        ("outlet:tass nato", ClauseReason.OTHER_VALUE, "bbc"),
        ("nato -kursk", ClauseReason.FORBIDDEN, "must not"),
        ("/G[78]/", ClauseReason.NOT_THERE, "nothing"),
        ("@who", ClauseReason.CONDITIONS, "run of capitals"),
        ("@otan", ClauseReason.CONDITIONS, "a name in fr only"),
        ("@start", ClauseReason.CONDITIONS, "begins a sentence"),
        ("@beside", ClauseReason.CONDITIONS, "near Officials"),
        ("@company", ClauseReason.CONDITIONS, "only with Moscow"),
        ("@none", ClauseReason.NOT_THERE, "none of its 1 names"),
    ],
)
def test_the_first_clause_that_failed_says_how_near_it_came(query, reason, says):
    failure = first_failure(why(ARTICLE, Rule("r", query), NAMES))
    assert failure.reason is reason
    assert says in failure.detail


def test_a_rule_bound_to_languages_says_so():
    told = why(ARTICLE, Rule("r", "nato", languages=("fr",)))
    assert (told.held, told.reason) == (False, ClauseReason.LANGUAGE)
    assert told.parts[0].held


def test_what_holds_shows_its_sentences():
    told = why(ARTICLE, Rule("r", "nato (grain OR wheat) -belgorod"))
    assert told.held
    assert first_failure(told) is None
    text = "\n".join(lines(told))
    assert "body, paragraph 1: The [NATO] summit opened." in text
    assert "no  wheat" in text


def test_it_says_what_the_engine_says():
    for number in range(300):
        query, entities, article = pair(number, seed=11)
        told = why(article, Rule("r", query), entities)
        assert told.held is bool(Matcher([Rule("r", query)], entities).match(article)), query
        assert (first_failure(told) is None) is told.held
        assert all(list(lines(told)))
