"""The one byte a letter that the automaton scans misses nothing that the folded text holds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.match import haystack
from monitor.match.segments import own_segments, own_texts, source
from monitor.match.view import View
from monitor.model import Article, Block, Role
from monitor.parse import words

# Letters whose folding is one to one, longer, shorter, or together with what stands beside them.
ODD = "aB zßİıſﬁ½²ΣςσЌё\u0301\u0300\u0327ẹé\u200b\u00ad\u00a0  ’“—x9_.-№™北约한국\u1112\u1161\u11abกำไทย\u0e33አማबिंदी🙂\U0001d400\ufeff\ud800\uff21\t\n\0`´ŁłÉ\u3099か"
TEXT = st.one_of(st.text(st.sampled_from(ODD), max_size=14), st.text(max_size=14))


@settings(max_examples=400, deadline=None)
@given(TEXT)
def test_a_text_is_folded_as_everywhere(text):
    joined = f" {text} "
    _, shape = haystack.read(joined)
    assert (haystack.folded(joined) if shape is None else shape.text) == words.fold(joined).text


@settings(max_examples=400, deadline=None)
@given(TEXT, TEXT)
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
