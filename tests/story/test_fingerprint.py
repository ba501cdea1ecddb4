from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.story.fingerprint import SIZE, fingerprint, overlap, similarity

WORDS = (
    "The council of the harbour town voted late on Tuesday to close the old ferry line after a winter of storms "
    "had damaged both piers beyond what the yearly budget can repair and the operator asked for a longer contract"
).split()


def text(seed: int, words: int) -> str:
    """Distinct prose: every sentence carries numbers of its own."""
    return " ".join(f"{WORDS[(seed * 7 + i * 5) % len(WORDS)]}{(seed + i) % 97}" for i in range(words))


def test_numbers_are_bounded_sorted_and_in_range() -> None:
    sketch = fingerprint("A headline of some words", text(1, 5_000))
    assert len(sketch) == SIZE
    assert list(sketch) == sorted(set(sketch))
    assert all(0 <= gram < 2**63 for gram in sketch)


def test_short_text_keeps_every_gram() -> None:
    assert len(fingerprint("one two three four five", "")) == 2
    assert len(fingerprint("Just three words", "")) == 1
    assert fingerprint("", " \n!") == ()


def test_another_process_finds_the_same_numbers() -> None:
    code = "from monitor.story.fingerprint import fingerprint; print(fingerprint('Ferry line closes', 'Körper, straße 12'))"
    env = {**os.environ, "PYTHONHASHSEED": "99", "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(fingerprint("Ferry line closes", "Körper, straße 12"))


def test_case_quotes_and_soft_hyphens_make_no_difference() -> None:
    assert fingerprint("", "The “old” ferry-line CLOSES to\u00adday, he said") == fingerprint(
        "", 'the "old" ferry line closes today he said'
    )


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    first = fingerprint("", "北约秘书长周二在布鲁塞尔表示将继续支持乌克兰")
    cut = fingerprint("", "秘书长周二在布鲁塞尔表示将继续支持")
    assert len(first) > 10
    assert similarity(first, cut) == 1.0
    assert similarity(first, fingerprint("", "东京股市周三收盘上涨日元兑美元走低")) == 0.0


@pytest.mark.parametrize(("words", "kept"), [(300, 0.6), (1_500, 0.35)])
def test_cut_copy_is_found_in_the_whole(words: int, kept: float) -> None:
    whole = text(2, words)
    cut = " ".join(whole.split()[: int(words * kept)])
    assert similarity(fingerprint("", whole), fingerprint("", cut)) > 0.9
    assert similarity(fingerprint("", cut), fingerprint("", whole)) > 0.9


def test_similarity_of_nothing_is_zero() -> None:
    assert similarity((), (1, 2)) == 0.0
    assert similarity((), ()) == 0.0


def test_short_and_long_text_are_compared_only_where_both_sketches_are_whole() -> None:
    brief = text(3, 40)
    shared, brief_size, long_size = overlap(fingerprint("", brief), fingerprint("", brief + " " + text(50, 3_000)))
    assert brief_size < 37  # the long text's sketch reaches over a part of the brief's grams
    assert shared <= min(brief_size, long_size)


def test_a_page_of_a_million_words_and_broken_characters_is_no_trouble() -> None:
    assert len(fingerprint("\ud800 broken", "word5 " * 5 + text(4, 200_000))) == SIZE
