"""What an outlet's other pages teach about a page, and what they must never take from it."""

from __future__ import annotations

import random

import pytest

from monitor.extract import memory
from monitor.extract.article import Hints, extract, read_page
from monitor.model import OWN_ROLES, Article, Block, Memory, Role
from monitor.parse.digest import digest
from tests.extract.pages import PARAGRAPHS, TITLE, news, page, page_of, paragraphs

NOTICE = "Harbour Times has reported from the coast since 1911, and is read by sailors of eleven nations every day."
STORM = "Storm over Skagen leaves thousands of households without power"
LAST = "The council meets again on Thursday, when the contract with the builders is to be signed in the town hall."
STORM_TEXT = (
    "Two power lines came down near Skagen overnight, and repair crews were still at work there in the morning."
)
_WHO = ("council", "union", "ferry company", "court", "museum", "school board", "coast guard", "fish market")
_DID = ("postponed", "approved", "sold", "inspected", "closed", "reopened", "paid for", "argued about")
_WHAT = ("the northern berths", "a crane", "nine lorries", "the winter timetable", "its archive", "the old lighthouse")


def story(number: int, size: int = 6) -> list[str]:
    """Paragraphs that no other number has."""
    pick = random.Random(number).choice
    return [
        f"In case {number} of part {part}, the {pick(_WHO)} {pick(_DID)} {pick(_WHAT)}, and the {pick(_WHO)} said that "
        f"it had not been asked before {pick(_WHAT)} was {pick(_DID)} by somebody else."
        for part in range(size)
    ]


def blocks(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(Role.BODY, text) for text in texts)


def learnt(*pages: tuple[Block, ...]) -> Memory:
    """The memory after these pages, each under an address of its own."""
    known = Memory()
    for number, found in enumerate(pages):
        known = memory.merge(known, memory.apply(found, f"https://harbour.example/{number}", (), known)[1])
    return known


def own(found: tuple[Block, ...]) -> list[str]:
    return [block.text for block in found if block.role in OWN_ROLES]


def judged(known: Memory, *texts: str, url: str = "https://harbour.example/new", titles: tuple[str, ...] = ()):
    return memory.apply(blocks(*texts), url, titles, known)[0]


class Outlet:
    """An outlet whose pages are read one after the other."""

    def __init__(self) -> None:
        self.memory = Memory()

    def read(self, number: int, texts: list[str], *, title: str = "") -> Article:
        title = title or f"What happened in case {number} on the coast"
        markup = page_of(f"<main><article><h1>{title}</h1>{paragraphs(*texts)}</article></main>", ld=None, title=title)
        url = f"https://harbour.example/news/{number}"
        read = read_page(page(markup, url=url), Hints(title=title, url=url), self.memory)
        self.memory = memory.merge(self.memory, read.gain)
        return read.article


# ---- digests


def test_a_digest_is_the_same_in_every_process_and_version() -> None:
    assert digest("The harbour council agreed.") == 3_291_306_738_822_425_241


def test_case_spaces_and_ascii_signs_do_not_tell_texts_apart() -> None:
    assert digest("Storm over  Skagen!") == digest("STORM, over Skagen")
    assert digest("Storm over Skagen 1") != digest("Storm over Skagen 2")


def test_half_a_surrogate_pair_is_digested_too() -> None:
    assert digest("Storm \ud83d over Skagen") >= 0


# ---- the guard


def test_a_block_of_two_other_articles_is_a_note() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2), NOTICE))
    found = judged(known, *story(3), NOTICE)
    assert own(found) == story(3)
    assert found[-1] == Block(Role.NOTE, NOTICE)


def test_one_other_article_is_no_proof() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2)))
    assert own(judged(known, *story(3), NOTICE)) == [*story(3), NOTICE]


def test_a_page_read_again_is_no_witness_against_itself() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2), NOTICE))
    for texts in ([*story(1)[1:], NOTICE], [*story(3), NOTICE]):
        assert own(judged(known, *texts, url="https://harbour.example/0")) == texts


def test_an_article_published_again_under_new_addresses_loses_nothing() -> None:
    whole = story(1, 12)
    growing = [whole[:1], whole[:3], whole[:6], whole, ["Since then the wind has dropped.", *whole[1:]], whole]
    outlet = Outlet()
    for number, texts in enumerate(growing):
        assert outlet.read(number, texts).body.split("\n\n") == texts, number


def test_an_article_put_together_from_others_loses_nothing() -> None:
    parts = [story(number) for number in range(6)]
    twice = [blocks(*parts[number], *parts[(number + 1) % 6]) for number in range(6)]
    roundup = [part[0] for part in parts] + story(9, 2)
    assert own(judged(learnt(*twice), *roundup)) == roundup


def test_a_heading_of_many_articles_stays() -> None:
    heading = Block(Role.HEADING, "What we know about the case so far")
    known = learnt(*((heading, *blocks(*story(number))) for number in range(4)))
    found, _ = memory.apply((heading, *blocks(*story(9))), "https://harbour.example/new", (), known)
    assert own(found) == [heading.text, *story(9)]


def test_a_heading_goes_with_the_text_below_it_and_lines_between_such_text_go_too() -> None:
    about = (Block(Role.HEADING, "About us"), Block(Role.BODY, NOTICE), Block(Role.BODY, "Ole Dahl"))
    known = learnt(*((*blocks(*story(number)), *about) for number in range(2)))
    found, _ = memory.apply((*blocks(*story(9)), *about), "https://harbour.example/new", (), known)
    assert own(found) == story(9)
    found, _ = memory.apply((*about, *blocks(*story(9))), "https://harbour.example/new", (), known)
    assert own(found) == ["Ole Dahl", *story(9)]


# ---- titles


def test_a_line_that_is_another_articles_title_is_a_teaser() -> None:
    known = Memory(titles=memory.learn_titles([STORM, TITLE]))
    for line in (f'<p><a href="/storm">{STORM}</a></p>', f"<p>{STORM}</p>", f"<h3>{STORM}</h3>"):
        read = extract(page(news(line + paragraphs(LAST))), memory=known)
        assert Block(Role.TEASER, STORM) in read.blocks, line
        assert PARAGRAPHS[5] in read.body


def test_a_label_may_stand_before_a_title() -> None:
    known = Memory(titles=memory.learn_titles([STORM]))
    found = judged(known, *story(1), f"Read also: {STORM}", f"What we know: {STORM}, and why", f"Note: {story(2)[0]}")
    assert own(found) == [*story(1), f"What we know: {STORM}, and why", f"Note: {story(2)[0]}"]


def test_the_articles_own_titles_are_no_teasers_of_it() -> None:
    known = Memory(titles=memory.learn_titles([STORM, TITLE]))
    found = judged(known, STORM, *story(1), TITLE, titles=(TITLE, STORM))
    assert own(found) == [STORM, *story(1), TITLE]


def test_text_below_another_articles_title_needs_one_witness() -> None:
    known = memory.merge(learnt(blocks(STORM_TEXT, *story(1))), Memory(titles=memory.learn_titles([STORM])))
    assert own(judged(known, *story(2), STORM, STORM_TEXT, "Ole Dahl")) == story(2)
    assert own(judged(known, *story(2), STORM_TEXT)) == [*story(2), STORM_TEXT]
    assert own(judged(known, *story(2), STORM, *story(3))) == [*story(2), *story(3)]


def test_titles_without_word_spaces_are_titles_and_short_words_are_none() -> None:
    assert len(memory.learn_titles(["港口委员会同意建造六个泊位", "Corrections", "Sport"])) == 1


# ---- what is kept


def test_reading_a_page_again_changes_nothing() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2), NOTICE))
    _, gain = memory.apply(blocks(*story(1), NOTICE), "https://harbour.example/0", (), known)
    assert memory.merge(known, gain) is known
    assert memory.merge(known, Memory()) is known


def test_a_revision_takes_the_place_of_what_was_there() -> None:
    known = learnt(blocks(*story(1)), blocks(*story(2)))
    _, same_address = memory.apply(blocks(*story(3)), "https://harbour.example/0", (), known)
    assert len(memory.merge(known, same_address).articles) == 2
    _, same_text = memory.apply(blocks(*story(1)[1:]), "https://harbour.example/new", (), known)
    assert len(memory.merge(known, same_text).articles) == 2


def test_a_page_that_holds_a_notice_alone_replaces_no_article() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2), NOTICE), blocks(NOTICE))
    assert len(known.articles) == 3


def test_the_memory_of_an_outlet_is_bounded_and_the_oldest_leaves() -> None:
    known = Memory()
    for number in range(200):
        _, gain = memory.apply(blocks(*story(number, 60)), f"https://harbour.example/{number}", (), known)
        known = memory.merge(known, Memory(gain.articles, memory.learn_titles([f"{STORM}, part {number}"] * 2)))
        assert len(gain.articles[0]) == 1 + memory.MAX_ARTICLE
    assert sum(1 + len(article) for article in known.articles) <= memory.MAX_BLOCKS
    assert known.articles[-1] == gain.articles[0]
    for number in range(400):
        known = memory.merge(known, Memory(titles=memory.learn_titles([f"{STORM}, number {number}"])))
    assert len(known.titles) == memory.MAX_TITLES
    assert known.titles[-1] == digest(f"{STORM}, number 399")


def test_a_list_teaches_its_newest_titles() -> None:
    told = memory.learn_titles([f"{STORM}, part {number}" for number in range(1_000)])
    assert len(told) == memory.MAX_TITLES
    assert told[-1] == digest(f"{STORM}, part 0")


def test_what_the_memory_takes_out_makes_no_revision() -> None:
    known = learnt(blocks(*story(1), NOTICE), blocks(*story(2), NOTICE))
    whole = page(news(paragraphs(NOTICE)))
    first, second = extract(whole), extract(whole, memory=known)
    assert NOTICE in first.body
    assert NOTICE not in second.body
    assert first.content_hash == second.content_hash


# ---- an outlet


@pytest.mark.parametrize("backwards", [False, True])
def test_an_outlet_of_ten_pages(backwards: bool) -> None:
    """A notice under all of them, two teasers in turn, and page 7 is page 5 printed again with another beginning."""
    outlet = Outlet()
    outlet.memory = memory.merge(outlet.memory, Memory(titles=memory.learn_titles([STORM])))
    strays, lost = [], []
    for number in range(10)[:: -1 if backwards else 1]:
        teaser = [STORM, STORM_TEXT] if number % 2 else [f"A teaser of page {number} alone stands here.", *story(90, 1)]
        texts = story(5 if number == 7 else number)
        if number == 7:
            texts[0] = "The first sentence of this article was written anew when it was published once more."
        title = "What happened in case 5 on the coast" if number == 7 else ""
        found = outlet.read(number, [*texts, NOTICE, *teaser], title=title)
        lost += [text for text in texts if text not in found.body]
        strays.append([text for text in (NOTICE, STORM, STORM_TEXT, *story(90, 1)) if text in found.body])
    assert not lost
    assert all(STORM not in stray for stray in strays)
    # The first two pages cannot know better; the notice stands on all, either teaser on every second one.
    assert [NOTICE in stray for stray in strays] == [True] * 2 + [False] * 8
    assert sum(STORM_TEXT in stray for stray in strays) == 1
    assert sum(story(90, 1)[0] in stray for stray in strays) == 2
