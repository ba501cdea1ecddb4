"""Who is next at a reader: without processes, on futures alone."""

from __future__ import annotations

import asyncio

from monitor.waiting import FIRST, THEN, Waiting


def queue(*said: tuple[str, int, bool]) -> tuple[Waiting[None], dict[asyncio.Future[None], str]]:
    waiting: Waiting[None] = Waiting()
    names = {}
    for name, rank, alone in said:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        names[future] = name
        waiting.add(rank, future, alone=alone)
    return waiting, names


async def test_who_wants_a_reader_alone_is_not_passed_over_and_not_put_behind_another() -> None:
    waiting, names = queue(("alone", FIRST, True), ("feed", FIRST, False), ("page", THEN, False))
    assert waiting.next(shared=True) is None
    assert [names[waiting.next()] for _ in range(3)] == ["alone", "feed", "page"]
    assert waiting.next() is None


async def test_a_page_that_wants_a_reader_alone_has_its_turn_among_feeds() -> None:
    waiting, names = queue(*[(f"f{n}", FIRST, False) for n in range(6)], ("alone", THEN, True), ("page", THEN, False))
    assert [names[waiting.next(shared=True)] for _ in range(3)] == ["f0", "f1", "f2"]
    assert waiting.next(shared=True) is None
    assert [names[waiting.next()] for _ in range(5)] == ["alone", "f3", "f4", "f5", "page"]


async def test_who_gave_up_is_passed_over() -> None:
    waiting, names = queue(("gone", FIRST, True), ("feed", FIRST, False))
    next(iter(names)).cancel()
    assert names[waiting.next(shared=True)] == "feed"
    assert len(waiting) == 0
