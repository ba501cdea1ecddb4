"""Folding with a way back, words, sentences."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.parse import sentences, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("NATO’s “Summit” – today", 'nato\'s "summit" - today'),
        ("coali\u00adtion\u200b of", "coalition of"),
        ("a\u00a0b\u2009c\td", "a b c d"),
        ("a  b", "a b"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁrst ＮＡＴＯ", "first nato"),
        ("Cafe\u0301", "café"),
        ("НАТО", "нато"),
        ("п’ять пʼять", "п'ять п'ять"),
        ("\u0130stanbul \u0049\u0307stanbul", "istanbul istanbul"),
        ("\u1102\u1161\u1110\u1169", "\ub098\ud1a0"),
        ("5½ km²  Apple™", "5½ km2 apple™"),
        ("d`Ivoire", "d'ivoire"),
        ("half \ud800 a pair", "half \ufffd a pair"),
    ],
)
def test_what_looks_alike_is_one(text, folded):
    assert words.fold(text).text == folded


def test_accents_count():
    assert words.fold("café").text != words.fold("cafe").text


@given(st.text(max_size=60))
def test_every_folded_piece_leads_back(text):
    folded = words.fold(text)
    for start in range(len(folded.text)):
        begin, end = folded.span(start, start + 1)
        assert 0 <= begin < end <= len(text)
    assert words.fold(folded.text).text == folded.text or "\u0130" in text or not folded.text.isascii()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a NATO-led force", True),
        ("NATO’s", True),
        ("(NATO)", True),
        ("senator", False),
        ("natoque", False),
        ("NATO2", False),
        ("北約NATO首脑", True),
        ("l'nato", True),
        ("#nato_summit", True),
        ("nato는", True),
        ("nato\u0301", False),
    ],
)
def test_words_are_whole(text, found):
    folded = words.fold(text).text
    at = folded.find("nato")
    assert (at >= 0 and words.bounded(folded, at, at + 4)) is found


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [("나토는 말했다", "나토", True), ("미나토", "나토", False), ("佐々木", "佐々", True), ("ก่า", "ก", False),
     ("กากา", "กา", True), ("カナダ", "ナダ", True)],
)  # fmt: skip
def test_words_of_other_scripts(text, word, found):
    at = text.find(word)
    assert words.bounded(text, at, at + len(word)) is found


def test_a_term_loses_the_marks_around_it_but_not_its_own():
    bare = [words.bare(text) for text in ("deal,", "'ndrangheta'", "Inc.", "U.S.", "C++", ".NET", "AT&T", "anti-")]
    assert bare == ["deal", "ndrangheta", "Inc", "U.S.", "C++", ".NET", "AT&T", "anti"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith met Dr. J. Jones of the U.S. Navy. They talked.", 2),
        ("He left. “Why?” she asked. Nobody knew!", 3),
        ("Prices rose 3.5 percent. Then they fell.", 2),
        ("北约峰会开始了。会议很长！结束了吗？", 3),
        ("यह खबर है। यह दूसरी है।", 2),
        ("هل وصل؟ نعم.", 2),
        ("ይህ ዜና ነው። ሌላ ነው።", 2),
        ("Er kam am 3. April. Dann ging er.", 2),
        ("Wait… and see.", 1),
        ("", 0),
    ],
)
def test_sentences(text, count):
    found = sentences.sentences(text)
    assert len(found) == count
    assert all(text[begin:end] == text[begin:end].strip() for begin, end in found)


def test_the_sentence_around_a_span():
    text = "One here. NATO met. Three."
    at = text.index("NATO")
    assert text[slice(*sentences.sentence_at(text, at, at + 4))] == "NATO met."


@pytest.mark.parametrize(
    ("text", "name", "capitals"),
    [
        ("WHO SAYS IT IS US", "US", True),
        ("SENATORS MEET NATO STAFF", "NATO", True),
        ("The US, UK and EU agree", "US", False),
        ("US, UK, EU", "US", False),
        ("BREAKING: WHO SAYS IT IS US, officials told reporters in Geneva", "US", True),
        ("GENEVA — WHO said on Monday that it is ready", "WHO", False),
        ("NATO", "NATO", False),
        ("A NATO official said", "NATO", False),
    ],
)
def test_a_run_of_capitals(text, name, capitals):
    at = text.index(name)
    assert sentences.in_capitals(text, (at, at + len(name))) is capitals


def test_the_start_of_a_sentence():
    text = "They left. “Nato il 3 maggio.” Poi Nato."
    first = text.index("Nato")
    last = text.rindex("Nato")
    assert sentences.starts_sentence(text, (first, first + 4))
    assert not sentences.starts_sentence(text, (last, last + 4))


@given(st.text(max_size=80))
def test_sentences_of_anything_are_in_order(text):
    at = 0
    for begin, end in sentences.sentences(text):
        assert at <= begin < end <= len(text)
        at = end


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("aIſŉ'éẹकি়ােৌொோಕೋ한ㄱㅏｶﾞカ㋕\u0301\u0323\u0345\u3099\u0bbe\u0bd7"), max_size=6))
def test_a_text_folds_alike_however_its_letters_are_composed(text):
    composed = words.fold(unicodedata.normalize("NFC", text)).text
    assert words.fold(unicodedata.normalize("NFD", text)).text == composed
    assert words.fold(composed).text == composed
