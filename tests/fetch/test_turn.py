"""A host's turn goes to polls before pages, and survives those who leave."""

from __future__ import annotations

import asyncio

from monitor.fetch.turn import Turn


async def test_polls_come_before_pages_and_each_in_order():
    turn, order = Turn(), []

    async def visit(name, *, urgent):
        await turn.acquire(urgent=urgent)
        order.append(name)
        await asyncio.sleep(0)
        turn.release()

    await turn.acquire(urgent=False)
    tasks = [
        asyncio.create_task(visit(name, urgent=name.startswith("poll"))) for name in ("a", "b", "poll1", "c", "poll2")
    ]
    await asyncio.sleep(0)
    turn.release()
    await asyncio.gather(*tasks)
    assert order == ["poll1", "poll2", "a", "b", "c"]
    await asyncio.wait_for(turn.acquire(urgent=False), 1)


async def test_who_leaves_the_queue_passes_the_turn_on():
    turn = Turn()
    await turn.acquire(urgent=False)
    first, second, third = (asyncio.create_task(turn.acquire(urgent=False)) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()
    turn.release()
    # The second was given its turn and is cancelled before it could take it.
    second.cancel()
    await asyncio.wait_for(third, 1)
    turn.release()
    await asyncio.wait_for(turn.acquire(urgent=True), 1)
