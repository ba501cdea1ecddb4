"""A text as the full-text index holds it: the short way of Latin texts gives the tokens of the whole way."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.parse import index, words

# What folding changes by more than a character: marks, the invisible, compatibility forms, jamo, halves of pairs.
_ODD = "é\u0301\u0327\u0345\u3099\uff9e\u00ad\u200b½²ﬁŉǰẞ\u0130ıΣς“’—\u00a0™№\u0e01\u0e48中가\u1100\u1161\u11a8ａ\ud800\udc00😀ꭰ\u0338"
_LATIN = "x" * 9 * len(_ODD)


@pytest.fixture(scope="module")
def tokens():
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("CREATE VIRTUAL TABLE f USING fts5 (x, content = '', tokenize = 'unicode61 remove_diacritics 0')")
    database.execute("CREATE VIRTUAL TABLE v USING fts5vocab (f, instance)")

    def read(text):
        database.execute("BEGIN")
        database.execute("INSERT INTO f (rowid, x) VALUES (1, ?)", (text,))
        found = database.execute("SELECT offset, term FROM v ORDER BY offset").fetchall()
        database.execute("ROLLBACK")
        return found

    yield read
    database.close()


@given(st.lists(st.sampled_from(_ODD) | st.characters() | st.sampled_from("aI <=\n.'")).map("".join))
@example("Caf\u0301e co\u00adop I\u0307stanbul <\u0338 5½ ＮＡＴＯ")
@example("e" + "\u0301" * 40 + "a")
def test_latin_texts_have_the_tokens_that_folding_all_of_them_gives(tokens, text):
    text = f"{text} {_LATIN}{text}"
    whole = words.fold(text).text
    assert tokens(index.searchable(text)) == tokens("".join(map(index._indexed, whole)))


def test_what_rules_find_is_found(tokens):
    assert [term for _, term in tokens(index.searchable("Łódź–NATO’s 中文"))] == ["lodz", "nato", "s", "中", "文"]
