"""Names that hit too much, or never: each kind on a planted case, and its guarded twin that is fine."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from monitor.errors import QueryError
from monitor.match import ordinary
from monitor.match.lint import Kind, _parts, lint
from monitor.model import Entity, Name, Rule
from monitor.settings.load import load

SHIPPED = Path(__file__).parents[2] / "config"


def of(*names, **fields):
    return Entity(fields.pop("id", "e"), tuple(Name(n) if isinstance(n, str) else n for n in names), **fields)


def kinds(*names, languages=(), **fields):
    """What is found of one entity that one rule uses."""
    entity = of(*names, **fields)
    return [finding.kind for finding in lint([Rule("r", f"@{entity.id}", languages=languages)], [entity])]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (Name("UNICEF"), Kind.CAPITALS),
        (Name("НАТО"), Kind.CAPITALS),
        (Name("OTAN", languages=("fr",)), Kind.CAPITALS),
        (Name("XQ"), Kind.SHORT),
        (Name("Xq", languages=("en",)), Kind.SHORT),
        (Name("人"), Kind.CHARACTER),
        (Name("人", exact=True), Kind.CHARACTER),
        (Name("독"), Kind.CHARACTER),
        (Name("WHO"), Kind.ORDINARY),
        (Name("EU"), Kind.ORDINARY),
        (Name("Nato"), Kind.ORDINARY),
        (Name("Nato", exact=True, languages=("it",)), Kind.ORDINARY),
        (Name("Apple", exact=True, languages=("en",)), Kind.ORDINARY),
        (Name("Rat", exact=True, languages=("de",), not_at_sentence_start=True), Kind.ORDINARY),
        (Name("May", exact=True, languages=("en",), not_at_sentence_start=True), Kind.ORDINARY),
        (Name("Rat", only_with=("EU",), languages=("de",)), Kind.ORDINARY),
    ],
)
def test_a_name_that_hits_too_much_is_found_once(name, kind):
    assert kinds(name) == [kind]


@pytest.mark.parametrize(
    "name",
    [
        Name("UNICEF", exact=True),
        Name("ACADEMY"),
        Name("МЗС ФРН"),
        Name("XQ", exact=True),
        Name("北约"),
        Name("나토"),
        Name("人", only_with=("北约",)),
        Name("WHO", exact=True),
        Name("Nato", exact=True, not_at_sentence_start=True),
        Name("Nato", languages=("de",)),
        Name("Nato", exact=True, languages=("en", "de")),
        Name("Apple", exact=True, languages=("en",), not_at_sentence_start=True),
        Name("Rat", exact=True, languages=("de",), only_with=("EU",)),
        Name("Rat der Weisen"),
        Name("Siemens"),
    ],
)
def test_a_guarded_name_is_fine(name):
    assert kinds(name) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (Name("WHO"), "Give it `case: exact`, or"),
        (Name("Apple"), "`case: exact` and `not_at_sentence_start: true`"),
        (Name("Apple", exact=True), "Give it `not_at_sentence_start: true`"),
        (Name("Rat", exact=True), "`only_with`"),
        (Name("apple", exact=True), "`only_with`"),
    ],
)
def test_the_hint_is_what_would_help(name, hint):
    (found,) = lint([Rule("r", "@e")], [of(name)])
    assert hint in found.hint
    assert (found.entity, found.name, found.rule, found.information) == ("e", name.text, "r", False)


@pytest.mark.parametrize(
    ("language", "several"),
    {
        "it": "nato grossi costa",
        "sl": "nato",
        "en": "who it us may apple target shell gap aids",
        "fr": "eu ours un",
        "es": "eu costa duda un",
        "de": "rat not bund",
        "pl": "to od duda rada",
        "pt": "eu",
        "ro": "eu un",
        "uk": "рада",
        "ru": "мир",
        "bg": "мир",
        "cs": "duma",
        "nl": "wolf",
        "sv": "visa",
    }.items(),
)
def test_what_it_asked_for_is_known(language, several):
    for word in several.split():
        assert kinds(Name(word.capitalize(), languages=(language,))) == [Kind.ORDINARY], word


def test_the_table_is_tidy():
    assert " ".join(sorted(ordinary.LANGUAGES)) == "bg cs de en es fr it nl pl pt ro ru sl sv uk"
    for language in ordinary.LANGUAGES:
        listed = ordinary._WORDS[language].split()
        assert len(listed) == len(set(listed)) >= 150, language
        script = "CYRILLIC" if language in {"uk", "ru", "bg"} else "LATIN"
        for word in listed:
            assert 1 <= len(word) <= 6, word
            assert all(unicodedata.name(char).startswith(script) for char in word), (language, word)
            assert unicodedata.is_normalized("NFC", word)
    assert not ordinary.is_word("nato", "xx")
    assert ordinary.is_word("GROSS", "de"), "as the matcher folds it"


def test_languages_of_the_rules_narrow_where_a_name_can_hold():
    assert kinds("Nato", languages=("it",)) == [Kind.ORDINARY]
    assert kinds("Nato", languages=("de",)) == []
    # One rule without languages is enough.
    two = [Rule("a", "@e", languages=("de",)), Rule("b", "@e")]
    assert [finding.kind for finding in lint(two, [of("Nato")])] == [Kind.ORDINARY]


def test_a_name_in_languages_of_no_rule():
    english, german = Name("Alliance One", languages=("en",)), Name("Allianz Eins", languages=("de",))
    rules = [Rule("r", "@e", languages=("en",))]
    (own,) = lint(rules, [of(english, german)], own=["e"])
    assert (own.kind, own.name, own.information) == (Kind.LANGUAGES, "Allianz Eins", False)
    assert "'Allianz Eins' (de)" in own.message
    (pack,) = lint(rules, [of(english, german)])
    assert pack.information, "a pack has names in all languages"
    assert lint([*rules, Rule("s", "@e", languages=("de", "fr"))], [of(english, german)], own=["e"]) == []
    assert lint([*rules, Rule("s", "@e")], [of(english, german)], own=["e"]) == []
    assert lint(rules, [of("Alliance")], own=["e"]) == [], "a name of all languages holds in every rule"


def test_a_rule_in_which_no_name_can_hold():
    entity = of(Name("Alliance One", languages=("en",)))
    (found,) = lint([Rule("r", "@e", languages=("uk",)), Rule("s", "@e")], [entity])
    assert (found.kind, found.rule, found.information) == (Kind.LANGUAGES, "r", False)
    assert "'r' (uk)" in found.message
    # Said of the rule, it is not said of each name again.
    assert len(lint([Rule("r", "@e", languages=("uk",))], [entity], own=["e"])) == 1


def test_entities_that_no_rule_uses():
    unused, pack = of("Some Name", id="mine"), of("WHO", id="pack")
    (found,) = lint([Rule("r", "summit")], [unused, pack], own=["mine"])
    assert (found.kind, found.entity, found.name, found.rule) == (Kind.UNUSED, "mine", "", "")
    # What nobody uses of a pack is not looked at; what is one's own is, used or not.
    assert [finding.kind for finding in lint([], [pack], own=["pack"])] == [Kind.UNUSED, Kind.ORDINARY]
    assert lint([], [pack]) == []


def test_one_name_of_two_entities():
    both = [Rule("r", "@a OR @b")]
    (found,) = lint(both, [of("Acme Corp", "Acme Inc", id="a"), of("ACME  corp", "Acme Inc", id="b")])
    assert (found.kind, found.entity, found.name) == (Kind.SHARED, "a", "Acme Corp")
    assert found.message == "'Acme Corp' is a name of @b too, and 1 more name"
    assert lint([Rule("r", "@a")], [of("Acme Corp", id="a"), of("Acme Corp", id="b")]) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Name("Acme", languages=("en",)), Name("Acme", languages=("de",))),
        (Name("ACME", exact=True), Name("Acme", exact=True)),
        (Name("Congress", only_with=("Delhi",)), Name("Congress", only_with=("Washington",))),
    ],
)
def test_names_that_something_tells_apart_are_not_the_same(left, right):
    assert lint([Rule("r", "@a @b")], [of(left, id="a"), of(right, id="b")]) == []


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (Name("Parliament"), "European Parliament"),
        (Name("UN", exact=True, languages=("en",)), "UN Security Council"),
        (Name("U.N.", exact=True), "the U.N. Charter"),
        (Name("北约"), "北约峰会"),
        (Name("Parliament", only_with=("european",)), "European Parliament"),
    ],
)
def test_a_name_inside_another_is_told_as_information(inner, outer):
    (found,) = lint([Rule("r", "@short"), Rule("s", "@long")], [of(inner, id="short"), of(outer, id="long")])
    assert (found.kind, found.entity, found.name, found.information) == (Kind.INSIDE, "short", inner.text, True)
    assert f"{outer!r} of @long" in found.message


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (of("Parliament", id="short"), of("Parliamentary Union", id="long")),
        # A vowel's mark makes another syllable of the last letter.
        (of("นก", id="short"), of("นกิน", id="long")),
        (of("Parliament", id="short", unless_near=("European",)), of("European Parliament", id="long")),
        (of(Name("UN", exact=True), id="short"), of("Un bel di", id="long")),
        (
            of(Name("Parliament", languages=("en",)), id="short"),
            of(Name("Parliament House", languages=("de",)), id="long"),
        ),
        (of(Name("Parliament", only_with=("Delhi",)), id="short"), of("European Parliament", id="long")),
    ],
)
def test_a_name_that_would_not_hit_inside_another_is_not_told(inner, outer):
    assert lint([Rule("r", "@short"), Rule("s", "@long")], [inner, outer]) == []


def test_names_inside_another_are_told_only_of_entities_that_rules_use():
    entities = [of("Parliament", id="short"), of("European Parliament", id="long")]
    found = lint([Rule("r", "@short")], entities, own=["short", "long"])
    assert [(finding.kind, finding.entity) for finding in found] == [(Kind.UNUSED, "long")]
    # Within one entity a longer name beside a shorter one is usual.
    assert lint([Rule("r", "@e")], [of("Parliament", "European Parliament")]) == []


def test_findings_come_in_the_order_of_the_entities():
    entities = [of("UNICEF", id="b"), of("Parliament", id="a"), of("EU Parliament", "OPEC", id="c")]
    found = lint([Rule("r", "@a @b @c")], entities)
    assert [(finding.entity, finding.kind) for finding in found] == [
        ("b", Kind.CAPITALS),
        ("a", Kind.INSIDE),
        ("c", Kind.CAPITALS),
    ]


def test_unknown_entities_and_bad_rules():
    assert lint([Rule("r", "@nobody")], []) == []
    with pytest.raises(QueryError):
        lint([Rule("r", "a AND")], [])


def test_names_without_end_cost_little():
    long = of(*(f"{number} " + "word " * 2_000 for number in range(20)), "人" * 5_000, id="long")
    assert lint([Rule("r", "@long @e")], [long, of("Siemens")]) == []
    assert len(list(_parts("人" * 5_000, 5_000))) < 2_000


def test_what_ships_is_fine():
    settings = load(SHIPPED, os.environ, addresses=False)
    found = lint(settings.rules, settings.entities, own=["nato"])
    assert [finding for finding in found if finding.kind in {Kind.ORDINARY, Kind.SHARED, Kind.UNUSED}] == []
