"""A crew does each thing once at a time, and never forgets one that was asked for."""

from __future__ import annotations

import asyncio

from monitor.crew import Crew


def test_a_key_in_hand_is_not_started_twice() -> None:
    async def scene() -> list[str]:
        crew, said, gate = Crew(2), [], asyncio.Event()

        async def work(name: str) -> None:
            await gate.wait()
            said.append(name)

        crew.start(("a",), work("first"))
        crew.start(("a",), work("second"))
        assert crew.room == 1
        gate.set()
        await crew.drained()
        return said

    assert asyncio.run(scene()) == ["first"]


def test_what_is_asked_for_in_the_moment_after_the_end_is_done() -> None:
    async def scene() -> list[str]:
        crew, said = Crew(1), []

        async def second() -> None:
            said.append("second")

        async def first() -> None:
            said.append("first")
            # Runs when this task has ended, before the crew has heard of it.
            asyncio.get_running_loop().call_soon(lambda: crew.start(("a",), second()))

        crew.start(("a",), first())
        await crew.drained()
        assert crew.keys == []
        return said

    assert asyncio.run(scene()) == ["first", "second"]


def test_a_fault_is_counted_and_gives_its_place_back() -> None:
    async def scene() -> Crew:
        crew = Crew(1)

        async def fault() -> None:
            raise ValueError("no")

        crew.start(("a",), fault())
        await crew.drained()
        return crew

    crew = asyncio.run(scene())
    assert (crew.failed, crew.room) == (1, 1)
