"""What changed between two versions of an article."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Block, Role
from monitor.review.changes import Change, changes
from monitor.views import Version


def version(*paragraphs, title="Ice", standfirst=""):
    blocks = tuple(Block(Role.BODY, text) for text in paragraphs)
    return Version(1, None, title, standfirst, blocks, "full")


def shown(paragraph):
    marks = {Change.SAME: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    return "".join(marks[piece.change].format(piece.text) for piece in paragraph)


def test_words_are_marked_within_a_paragraph_that_changed():
    before = version("The harbour froze on Monday.", "Two ferries stayed at the quay.")
    after = version("The harbour froze on Tuesday night.", "Two ferries stayed at the quay.", title="Ice everywhere")
    assert [shown(one) for one in changes(before, after)] == [
        "Ice{+ everywhere+}",
        "The harbour froze on [-Monday-]{+Tuesday night+}.",
        "Two ferries stayed at the quay.",
    ]


def test_paragraphs_that_came_and_went_are_marked_whole():
    before = version("First about the harbour.", "Nobody was hurt, police said.", "Ferries sail again tomorrow.")
    after = version("First about the harbour.", "Ferries sail again tomorrow.", "A minister spoke late at night.")
    assert [shown(one) for one in changes(before, after)][1:] == [
        "First about the harbour.",
        "[-Nobody was hurt, police said.-]",
        "Ferries sail again tomorrow.",
        "{+A minister spoke late at night.+}",
    ]


def test_words_that_changed_side_by_side_are_one_change():
    (_, line) = changes(version("The five old ferries sail at noon."), version("The two new boats sail at noon."))
    assert shown(line) == "The [-five old ferries-]{+two new boats+} sail at noon."


text = st.text("ab .", max_size=40)
articles = st.builds(lambda parts, title: version(*parts, title=title), st.lists(text, max_size=6), text)


@given(articles, articles)
def test_both_versions_can_be_read_from_what_changed(before, after):
    def said(version):
        return "".join([version.title, *(block.text for block in version.blocks)])

    found = [piece for paragraph in changes(before, after) for piece in paragraph]
    assert "".join(piece.text for piece in found if piece.change is not Change.ADDED) == said(before)
    assert "".join(piece.text for piece in found if piece.change is not Change.REMOVED) == said(after)


def test_texts_made_to_be_slow_are_shown_as_replaced():
    before = version(*["a b " * 5_000 + str(number) for number in range(50)], *["same"] * 3_000)
    after = version(*["b a " * 5_000 + str(number) for number in range(50)], *["same"] * 3_001)
    began = time.process_time()
    found = changes(before, after)
    # Word by word these would take hours.
    assert time.process_time() - began < 30
    assert {piece.change for paragraph in found for piece in paragraph} == {Change.REMOVED, Change.ADDED}
