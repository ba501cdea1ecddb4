"""The one byte a letter that the automaton scans misses nothing that the folded text holds."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.match import haystack
from monitor.match.segments import own_segments, own_texts, source
from monitor.match.view import View
from monitor.model import Article, Block, Role
from monitor.parse import words

# Letters whose folding is one to one, longer, shorter, or together with what stands beside them.
ODD = "aB zßİıſﬁ½²ΣςσЌё\u0301\u0300\u0327ẹé\u200b\u00ad\u00a0  ’“—x9_.-№™北约한국\u1112\u1161\u11abกำไทย\u0e33አማबिंदी🙂\U0001d400\ufeff\ud800\uff21\t\n\0`´ŁłÉ\u3099か"
TEXT = st.one_of(st.text(st.sampled_from(ODD), max_size=14), st.text(max_size=14))


# Letters that fold to others, and marks that Unicode puts in order or makes one character with what stands before
# them: over another mark, over one of a script without word spaces, and where both are no marks to Unicode.
KIN = "İıſßŉΐẖẛªºⅠĲ㋕㌈㌹ㄱㅏ\u212a\u212bꭰᏸΑαAIsKe\u1112\u1161\u11abাে\u09d7ಿೋொ\u0bbe\ufb01"
KIN += (
    "ﾞ\u0f75\u0300\u0301\u0307\u0323\u0331\u0344\u0345\u0362\u0736\u3099\u309a\u0e38\u0e49\u0f37\u0f72\u0f74\u094d\u093c"
)
MARKED = st.text(st.sampled_from(KIN), max_size=6)


@pytest.mark.parametrize(
    "text", ["আজ কলকাতায় বৃষ্টি", "தமிழ்நாடு அரசு", "കേരളം ഇന്നു കൊച്ചി", "ଓଡ଼ିଶା ରାଜ୍ୟ", "ಕರ್ನಾಟಕ ಸರ್ಕಾರ ಕೊಡಗು", "සිංහල කොළඹ"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_with_vowel_signs_have_their_needle_however_they_are_typed(text, form):
    hay, _ = haystack.read(f" {unicodedata.normalize(form, text)} ")
    for word in text.split():
        assert haystack.needle(words.fold(word).text, prefix=False) in hay.data


@settings(max_examples=400, deadline=None)
@given(st.one_of(TEXT, MARKED))
@example("\u0130\u3099\u0300")
@example("\u0130\u0307")
@example("㋕\u3099")
@example("ª\u0f37\u0309")
@example("ﬁ\u0f74\u0323")
@example("S\u0362\u0344")
@example("\u0345\u3099")
@example("ㄱㅏ")
@example("ｶﾞ")
@example("\u0330\u0f75")
def test_a_text_is_folded_as_everywhere(text):
    joined = f" {text} "
    _, shape = haystack.read(joined)
    assert (haystack.folded(joined) if shape is None else shape.text) == words.fold(joined).text


@settings(max_examples=400, deadline=None)
@given(st.one_of(TEXT, MARKED), st.one_of(TEXT, MARKED))
def test_whole_words_have_their_needle_in_the_haystack(before, word):
    pattern = words.fold(words.bare(words.neutral(word))).text
    if not any(map(words.is_word, pattern)):
        return
    joined = f" {before} {word} "
    hay, shape = haystack.read(joined)
    text = haystack.folded(joined) if shape is None else shape.text
    at = text.rfind(pattern)
    needle = haystack.needle(pattern, prefix=False)
    if at >= 0 and words.bounded(text, at, at + len(pattern)) and needle:
        assert needle in hay.data


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_places_lead_back_to_their_segment(texts):
    article = Article("https://a.example/1", "", None, tuple(Block(Role.BODY, text) for text in texts))
    view = View(article, source(own_texts(article)), own_segments, ())
    for number, (_, _, text) in enumerate(view.segments):
        for found in view.look("x9") + view.look("ss") + view.look("约"):
            segment, (start, end) = view.original(*found)
            assert 0 <= start < end <= len(view.segments[segment][2])
        folded = view.text[view.starts[number] :]
        assert folded.startswith(words.fold(text).text.strip().split("\0")[0][:3].strip()[:1])


@pytest.mark.parametrize(
    "text", ["Müller – “straße” Ǆ", "Жук ж\u0438\u0306", "한국 ㋕\u3099 約", "a\u0345 \ud800 \U0001f600"]
)
def test_the_first_text_with_a_letter_is_read_as_all_later_ones(monkeypatch, text):
    monkeypatch.setattr(haystack, "_TABLE", haystack._Tables())
    text = f" {text} "
    first, alone = haystack.read(text), haystack.folded(text)
    assert [str(one) for one in haystack.read(text)] == [str(one) for one in first]
    monkeypatch.setattr(haystack, "_TABLE", haystack._Tables())
    # What `folded` sees first is known to it as well.
    assert haystack.folded(text) == alone
