"""The walk over a page's tree."""

from __future__ import annotations

import re

import pytest

from monitor.extract import marks
from monitor.extract.segment import MAX_DEPTH, MAX_SEGMENTS, Mark, segments
from monitor.parse import html


def walk(markup):
    return segments(html.parse(f"<body>{markup}</body>").body)


def texts(markup):
    return [segment.text for segment in walk(markup)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One <b>two</b>\n <i>three</i></p><p>four</p>", ["One two three", "four"]),
        ("<div>One<br>two<br>\n<br>three</div>", ["One two", "three"]),
        ("<div>One<hr>two<p>three</p>four</div>", ["One", "two", "three", "four"]),
        ("<x-card>One <x-name>two</x-name></x-card> three <unknown>four</unknown>", ["One two three", "four"]),
        ("<nav>menu</nav><p>One<script>1</script><!-- no --> two</p>", ["One two"]),
        ("<p>\u200f\ufeff</p><p> \n\u00a0</p><p>one\u00a0 two</p>", ["one two"]),
    ],
    ids=["inline", "breaks", "boundaries", "unknown", "skipped", "nothing"],
)
def test_text_is_cut_at_boundaries_of_blocks(markup, expected):
    assert texts(markup) == expected


def test_a_link_around_blocks_makes_a_card_of_all_but_what_it_begins_with():
    rows = walk('<a href="/pier">\n<p>one</p></a><p><a href="/quay">two</a> <a href="#top">three</a></p>')
    assert [(row.text, row.card, row.links, row.link_chars) for row in rows] == [
        ("one", True, ("/pier",), 3),
        ("two three", False, ("/quay",), 3),
    ]
    assert rows[1].link_share == pytest.approx(1 / 3)


def test_boxes_hold_the_sums_of_what_is_in_them():
    rows = walk("<main><div></div><div><p>four</p><p>five<b>!</b></p></div><footer></footer></main><p>last</p>")
    p = rows[0].box
    div, main = p.parent, p.parent.parent
    body = main.parent
    assert [box.tag for box in (p, div, main, body)] == ["p", "div", "main", "body"]
    assert (div.chars, div.segments, main.chars, body.chars, body.segments) == (9, 2, 9, 13, 3)
    # The empty boxes are counted.
    assert (main.order, p.order, div.last, main.last, body.last) == (1, 4, 5, 6, 7)
    assert rows[1].strong_chars == 1


def test_marks_come_from_tag_class_and_style_and_go_down_to_what_is_inside():
    rows = walk(
        '<aside class="Related-Stories" id="x"><p>one</p></aside><div style="display: none"><p>two</p></div>'
        '<div itemprop="articleBody" role="main" hidden>three</div>'
    )
    assert rows[0].box.marks == (Mark.ASIDE | Mark.RELATED).value
    assert rows[0].box.own == 0
    assert rows[0].box.parent.names == "related-stories x"
    assert rows[1].box.marks == Mark.HIDDEN.value
    assert rows[2].box.names == " articlebody main"
    assert rows[2].box.marks == (Mark.BODY | Mark.HIDDEN).value


def test_a_deep_and_a_long_page_are_read_to_the_bounds():
    deep = walk("<div>" * (MAX_DEPTH + 50) + "bottom" + "</div>" * (MAX_DEPTH + 50) + "<p>after</p>")
    assert [(row.text, row.box.depth) for row in deep] == [("bottom", MAX_DEPTH), ("after", 1)]
    assert len(walk("<p>x</p>" * (MAX_SEGMENTS + 10))) == MAX_SEGMENTS


def test_words_are_found_by_their_first_letters_as_by_a_search_for_each():
    plain = {mark: re.compile("|".join(words.split())) for mark, words in marks._WORDS.items()}
    assert all(
        re.match(r"(?:\\b)?[a-z-]{3}(?![?*])", word) for words in marks._WORDS.values() for word in words.split()
    )
    names = [
        re.sub(r"\\b|\?:|[?*()]", "", word.replace("|", " ")) for words in marks._WORDS.values() for word in [words]
    ]
    for word in {f"{before}{word}{after}" for name in names for word in name.split() for before in ("", "x", "x-", "_")
                 for after in ("", "s", "-1", "_x")}:  # fmt: skip
        if not re.search(r"\bad(?:s|vert|slot|box|-|_|\b)", word):
            assert marks.named(word) == (word, sum(mark.value for mark, words in plain.items() if words.search(word)))
    assert marks.named("Top-AD")[1] == marks.named("ads_1")[1] == Mark.ADVERT.value
    assert not marks.named("header-load")[1]
