"""A card from Wikidata's JSON: which names it has, under what conditions, and that it always loads."""

from __future__ import annotations

import gzip
import json
import unicodedata
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import enrol
from monitor.enrol import card_yaml, entity_card, imported
from monitor.errors import BlockedAddressError, FetchError, ReadError, Reason
from monitor.fetch.client import Client
from monitor.match.engine import Matcher
from monitor.model import Article, Block, Name, Page, Role, Rule
from monitor.settings.load import load
from tests.web import Web

LANGUAGES = ["en", "de", "fr", "it", "pl", "sl", "uk", "ru"]


def texts(**values):
    return {code.replace("_", "-"): {"language": code, "value": value} for code, value in values.items()}


def lists(**values):
    return {code: [{"language": code, "value": one} for one in several] for code, several in values.items()}


def is_a(*classes):
    return {
        "P31": [{"mainsnak": {"datavalue": {"value": {"id": one}, "type": "wikibase-entityid"}}} for one in classes]
    }


def answer(qid="Q7184", **entity):
    """The JSON that Wikidata gives of one entity."""
    return json.dumps({"entities": {qid: {"id": qid, "type": "item", "lastrevid": 123, **entity}}}).encode()


NATO = answer(
    labels=texts(en="NATO", de="NATO", fr="OTAN", it="NATO", pl="NATO", sl="NATO", uk="НАТО", ru="НАТО", nl="NAVO"),
    descriptions=texts(en="military alliance"),
    aliases=lists(
        en=["North Atlantic Treaty Organization", "North Atlantic Alliance", "NA"],
        de=["Nordatlantikpakt", "Nato"],
        fr=["Alliance atlantique", "North Atlantic Alliance"],
        it=["Nato", "nato", "Alleanza atlantica"],
        pl=["Sojusz Północnoatlantycki"],
        sl=["Severnoatlantsko zavezništvo"],
        uk=["Північноатлантичний альянс"],
        ru=["Североатлантический альянс", "НА"],
    ),
    claims=is_a("Q1127126") | {"P159": []},
)


def names(data, languages=LANGUAGES):
    """The names of a card by their texts; of those that stand there twice, the last."""
    return {name.text: name for name in entity_card(data, "Q7184", languages).names}


def loaded(tmp_path, text):
    """The entities of a configuration folder whose only pack is this text; its rules name them all."""
    folder = tmp_path / "config"
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    for file in ("monitor", "outlets", "rules", "alerts"):
        (folder / f"{file}.yaml").write_text("", encoding="utf-8")
    (folder / "entities" / "new.yaml").write_text(text, encoding="utf-8")
    return load(folder, {}, addresses=False).entities


def test_a_name_that_several_languages_share_is_one_name():
    assert names(NATO)["NATO"] == Name("NATO", exact=True, languages=("en", "de", "it", "pl", "sl"))
    assert names(NATO)["OTAN"].languages == ("fr",)
    assert "NAVO" not in names(NATO)
    assert names(NATO, ["nl"])["NAVO"].languages == ("nl",)


def test_an_acronym_counts_in_its_case_alone():
    assert names(NATO)["НАТО"].exact
    assert names(NATO, ["de"])["Nato"].exact, "Nato beside NATO is the acronym"
    assert not names(answer(labels=texts(zh="北约")), ["zh"])["北约"].exact
    assert not names(NATO)["North Atlantic Alliance"].exact


def test_what_is_an_ordinary_word_is_not_counted_at_a_sentences_start():
    both = [name for name in entity_card(NATO, "Q7184", LANGUAGES).names if name.text == "Nato"]
    assert both == [
        Name("Nato", exact=True, languages=("de",), inflect=True),
        Name("Nato", exact=True, languages=("it",), not_at_sentence_start=True),
    ]
    assert names(answer(labels=texts(es="Duda"), claims=is_a("Q5")), ["es"])["Duda"].exact
    assert names(answer(labels=texts(mul="Duda")), ["en"])["Duda"] == Name(
        "Duda", exact=True, not_at_sentence_start=True
    )


def test_names_are_inflected_of_persons_and_organisations_in_languages_that_do():
    found = names(NATO)
    assert [text for text, name in found.items() if name.inflect] == [
        "Nordatlantikpakt",
        "Sojusz Północnoatlantycki",
        "Severnoatlantsko zavezništvo",
        "Північноатлантичний альянс",
        "Североатлантический альянс",
    ]
    labels = texts(ru="Владимир Зеленский", uk="Володимир Зеленський")
    assert all(name.inflect for name in names(answer(labels=labels, claims=is_a("Q5"))).values())
    assert all(name.inflect for name in names(answer(labels=labels, claims=is_a("Q43229"))).values())
    for claims in ({}, [], is_a("Q571"), {"P31": "x"}, {"P31": [{"mainsnak": {"snaktype": "somevalue"}}, 5]}):
        assert not any(name.inflect for name in names(answer(labels=labels, claims=claims)).values())


def test_what_hits_too_much_is_left_out_and_said():
    card = entity_card(NATO, "Q7184", LANGUAGES)
    assert card.left_out == {"one or two letters": ("NA", "НА"), "a plain lower-case word": ("nato",)}
    text = card_yaml(card)
    assert "# Left out (one or two letters): NA, НА\n" in text
    assert entity_card(answer(labels=texts(zh="北约")), "Q7184", ["zh"]).names[0].text == "北约"
    with pytest.raises(ReadError, match="no usable name"):
        entity_card(answer(labels=texts(zh="人")), "Q7184", ["zh"])


def test_codes_of_wikidata_are_those_of_languages():
    labels = texts(en_gb="Organisation", pt_br="Organização", nb="Organisasjon", nn="Organisasjonen", simple="Simple")
    found = names(answer(labels=labels), ["en", "pt", "no"])
    assert {text: name.languages for text, name in found.items()} == {
        "Organisation": ("en",),
        "Organização": ("pt",),
        "Organisasjon": ("no", "nb"),
        "Organisasjonen": ("no", "nn"),
    }


def test_a_name_of_all_languages_is_bound_to_none():
    data = answer(labels=texts(mul="Angela Merkel", ru="Ангела Меркель"), claims=is_a("Q5"))
    card = entity_card(data, "Q7184", ["en", "pl", "uk"])
    # A pack has such a name twice: as it is, and with its forms where it has some.
    assert card.names == (
        Name("Angela Merkel"),
        Name("Angela Merkel", languages=("en", "pl"), inflect=True),
    )
    assert names(answer(labels=texts(mul="ACME")))["ACME"] == Name("ACME", exact=True)


def test_what_folding_makes_one_stands_once():
    data = answer(labels=texts(en="Atlantic Treaty"), aliases=lists(de=["atlantic treaty", "Atlantic  Treaty"]))
    assert entity_card(data, "Q7184", ["en", "de"]).names == (Name("Atlantic Treaty", languages=("en", "de")),)
    data = answer(labels=texts(pl="Sojusz Nowy"), aliases=lists(en=["sojusz nowy"]), claims=is_a("Q43229"))
    assert entity_card(data, "Q7184", ["en", "pl"]).names == (
        Name("Sojusz Nowy", languages=("pl", "en"), inflect=True),
    )


def test_the_card_says_where_it_is_from_and_loads(tmp_path):
    card = entity_card(NATO, "Q7184", LANGUAGES)
    text = card_yaml(card, source="https://mirror.example/\n\u202eentities")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert "# NATO: military alliance" in head
    assert any(
        "https://www.wikidata.org/wiki/Q7184, revision 123" in line and "mirror.example/" in line for line in head
    )
    assert any("CC0 1.0" in line for line in head)
    (entity,) = loaded(tmp_path, text)
    assert (entity.id, entity.label, entity.wikidata) == ("nato", "NATO", "Q7184")
    assert sorted(entity.names, key=repr) == sorted(card.names, key=repr)
    lines = [line for line in text.splitlines() if line.startswith("      - ")]
    assert len(lines) == len(card.names)
    assert "      - {text: OTAN, case: exact, languages: [fr]}" in lines


def test_names_stand_in_groups():
    text = card_yaml(entity_card(NATO, "Q7184", LANGUAGES))
    titles = [line.strip() for line in text.splitlines() if line.startswith("      # ")]
    assert titles[:2] == ["# in capitals", "# in several languages"]
    assert text.index("# in uk alone") < text.index("Північноатлантичний") < text.index("# in ru alone")


def test_the_card_matches_what_it_was_made_for(tmp_path):
    (entity,) = loaded(tmp_path, card_yaml(entity_card(NATO, "Q7184", LANGUAGES)))
    matcher = Matcher([Rule("r", "@nato")], [entity])

    def hits(language, text):
        return bool(matcher.match(Article("https://a.example/", "", language, (Block(Role.BODY, text),))))

    assert hits("uk", "Саміт Північноатлантичного альянсу завершився.")
    assert hits("it", "Secondo la Nato è presto.")
    assert not hits("it", "Nato a Roma, è cresciuto a Bari ed è nato due volte.")


def test_an_id_is_given_or_made_of_the_label():
    def made(label):
        return entity_card(answer(labels=texts(en=label)), "Q7184", ["en"]).id

    assert made("Émile & Söhne, Ltd.") == "emile-sohne-ltd"
    assert made("北大西洋条約機構") == "q7184"
    assert len(made("long " * 20)) <= 64
    text = card_yaml(entity_card(NATO, "Q7184", ["en"]), "no")
    assert "\n  'no':\n" in text


@pytest.mark.parametrize(
    ("data", "reason", "said"),
    [
        (b"<html>", Reason.WRONG_TYPE, "no JSON"),
        (b"", Reason.WRONG_TYPE, "no JSON"),
        (b"\xff\xfe{}", Reason.WRONG_TYPE, "no JSON"),
        (b"[" * 1_000_000, Reason.WRONG_TYPE, "no JSON"),
        (b"[]", Reason.WRONG_TYPE, "no entity"),
        (b'{"error": {"code": "no-such-entity"}}', Reason.WRONG_TYPE, "no entity"),
        (b'{"entities": {}}', Reason.WRONG_TYPE, "not that entity"),
        (b'{"entities": {"Q7184": 5}}', Reason.WRONG_TYPE, "not that entity"),
        (b'{"entities": {"Q7184": {"id": "Q7184", "missing": ""}}}', Reason.NOT_FOUND, "deleted"),
        (answer("Q42"), Reason.NOT_FOUND, "merged into Q42"),
        (answer().replace(b'"id": "Q7184"', b'"id": "Q9"'), Reason.NOT_FOUND, "merged into Q9"),
        (answer("P31"), Reason.WRONG_TYPE, "not that entity"),
        (answer(labels="NATO"), Reason.WRONG_TYPE, "labels"),
        (answer(labels={"en": "NATO"}), Reason.WRONG_TYPE, "labels"),
        (answer(labels={"en": {"value": 5}}), Reason.WRONG_TYPE, "labels"),
        (answer(labels=texts(en="NATO"), aliases={"en": [None]}), Reason.WRONG_TYPE, "aliases"),
        (answer(labels=texts(en="NATO"), claims="x"), Reason.WRONG_TYPE, "claims"),
        (answer(labels=texts(ja="北大西洋条約機構")), Reason.EMPTY, "it has names in ja"),
        (answer(labels=[], aliases=[]), Reason.EMPTY, "no usable name"),
        (b" " * (enrol.MAX_CARD + 1), Reason.TOO_LARGE, "at most 5000000"),
    ],
    ids=str,
)
def test_what_is_no_such_entity_is_said_in_words(data, reason, said):
    with pytest.raises(ReadError, match=said) as caught:
        entity_card(data, "Q7184", LANGUAGES)
    assert caught.value.reason is reason


HOSTILE = [
    '"no": {',
    '"north": {',
    "'; - [x]: *a &b !c %d @e `f",
    "# comment",
    "alpha: beta",
    "alpha #beta",
    "alpha, beta]",
    "null",
    "No",
    "Yes",
    "12:30",
    "0x1F",
    "1e3",
    "- item one",
    "{text: x}",
    "it's “quoted”",
    "line\none: two",
    "tab\there",
    "next\x85line sep\u2028arated",
    "back\\slash",
    "\ufeffMarked Name",
    "Name\u202edesrever",
]


def test_text_that_breaks_yaml_is_a_name_like_any_other(tmp_path):
    data = answer(labels=texts(en='"no": {'), aliases=lists(en=HOSTILE), descriptions=texts(en="x\nentities: {}\n#"))
    (entity,) = loaded(tmp_path, card_yaml(entity_card(data, "Q7184", ["en"])))
    found = {name.text for name in entity.names}
    whole = {" ".join(text.replace("\ufeff", "").replace("\u202e", "").split()) for text in HOSTILE}
    left_out = {'"no": {', "null", "No"}
    assert found == whole - left_out
    assert entity.label == '"no": {'


@pytest.mark.parametrize(
    "odd", ["a\x00bc", "a\x1b[31mred", "a\x7fbc", "lone \ud800 half", "private \ue000", "abc\ufffe"]
)
def test_a_name_with_what_is_no_text_is_left_out(tmp_path, odd):
    data = answer(labels=texts(en="Good Name"), aliases=lists(en=[odd]))
    card = entity_card(data, "Q7184", ["en"])
    assert [name.text for name in card.names] == ["Good Name"]
    assert card.left_out == {"no text": (ascii(odd),)}
    text = card_yaml(card)
    assert all(char == "\n" or not unicodedata.category(char).startswith("C") for char in text)
    assert loaded(tmp_path, text)


def test_ten_thousand_aliases_are_cut(tmp_path):
    many = [f"Alias Number {number}" for number in range(10_000)]
    card = entity_card(answer(labels=texts(en="Entity"), aliases=lists(en=many)), "Q7184", ["en"])
    assert len(card.names) == enrol.MAX_NAMES
    text = card_yaml(card)
    assert len(text) < 60_000
    assert "and 9581 more" in text
    assert len(loaded(tmp_path, text)[0].names) == enrol.MAX_NAMES


def test_a_name_without_end_is_left_out():
    card = entity_card(answer(labels=texts(en="Name"), aliases=lists(en=["x " * 100_000])), "Q7184", ["en"])
    assert [len(names[0]) for names in card.left_out.values()] == [enrol.MAX_NAME]
    card = entity_card(answer(labels=texts(en="x " * 100_000, de="Name")), "Q7184", ["de"])
    assert len(card.label) == enrol.MAX_NAME


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8), st.text(max_size=30))
def test_whatever_the_names_are_the_card_loads(tmp_path_factory, several, description):
    data = answer(
        labels=texts(mul="Some Name", uk=several[0]),
        aliases=lists(en=several, sl=several),
        descriptions=texts(en=description),
        claims=is_a("Q5"),
    )
    card = entity_card(data, "Q7184", LANGUAGES)
    (entity,) = loaded(tmp_path_factory.mktemp("card"), card_yaml(card))
    assert set(entity.names) == set(card.names)
    assert entity.label == card.label


# ---- over the network


@asynccontextmanager
async def client(**options):
    opened = Client(agent="test/1", **options)
    try:
        yield opened
    finally:
        await opened.aclose()


def quiet(web):
    """Let the server say nothing of a client that hangs up in the middle of 50 MB."""
    web._server.handle_error = lambda request, address: None


async def fetch(web):
    # The cap is that of a card, however large a page may be.
    opened = client(max_bytes=99_000_000)
    return await imported(opened, "Q7184", LANGUAGES, base=f"{web.url}/data/", private=True)


async def test_an_entity_is_read_over_http():
    with Web() as web:
        web.pages["/data/Q7184.json"] = (200, "application/json", NATO)
        card = await fetch(web)
        assert web.asked == ["/data/Q7184.json"]
    assert card == entity_card(NATO, "Q7184", LANGUAGES)


async def test_a_private_address_is_asked_only_where_it_is_said_to_be_one():
    with Web() as web:
        web.pages["/data/Q7184.json"] = (200, "application/json", NATO)
        with pytest.raises(BlockedAddressError):
            await imported(client(), "Q7184", LANGUAGES, base=f"{web.url}/data")
        assert web.asked == []


@pytest.mark.parametrize(
    ("page", "reason", "said"),
    [
        ((404, "text/html", b"no such entity"), Reason.NOT_FOUND, "no entity Q7184"),
        ((410, "text/html", b"gone"), Reason.NOT_FOUND, "deleted"),
        ((500, "text/html", b"oops"), Reason.SERVER_ERROR, "HTTP 500"),
        ((429, "text/html", b"slowly"), Reason.RATE_LIMITED, "HTTP 429"),
        ((200, "application/json", b" " * 50_000_000), Reason.TOO_LARGE, "at most 5000000"),
    ],
    ids=["missing", "gone", "broken", "busy", "large"],
)
async def test_what_the_server_says_instead_is_told(page, reason, said):
    with Web() as web:
        quiet(web)
        web.pages["/data/Q7184.json"] = page
        with pytest.raises(FetchError, match=said) as caught:
            await fetch(web)
    assert caught.value.reason is reason


class Packed:
    """A fetcher whose only answer is packed, as Wikidata's is."""

    def __init__(self, body):
        self.body = gzip.compress(body)

    async def get(self, request):
        return Page(request.url, request.url, 200, {"content-encoding": "gzip"}, self.body, datetime.now(UTC))


@asynccontextmanager
async def packed(body):
    yield Packed(body)


async def test_a_packed_answer_is_unpacked_within_the_cap():
    assert (await imported(packed(NATO), "Q7184", ["en"])).label == "NATO"
    with pytest.raises(ReadError) as caught:
        await imported(packed(b" " * 50_000_000), "Q7184", ["en"])
    assert caught.value.reason is Reason.TOO_LARGE
