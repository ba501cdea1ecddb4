"""What becomes of a page that was read: the keeper, who remembers the stories, takes it in, or a worker hands it over.

    Keeper.keep(…)       place in a story, open alerts                                        one transaction
    Keeper.take_in(n)    the same with what workers handed over, its row dropped with it      one transaction each
    Keeper.look_again()  what persons decided of stories, what second looks find              one transaction
    HandingOver.keep(…)  a row for the keeper; the link is nobody's until it is taken in      one transaction

There is one keeper a database: two would not know of each other's stories. A worker needs no memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from monitor import handover, intake
from monitor.configured import Orders
from monitor.errors import BusyError, DamagedError, FullError, Reason
from monitor.fetch import policy
from monitor.fetch.visit import Refusal
from monitor.handover import AsBefore, Handed, HandoverError, PollReport
from monitor.intake import Item, Read
from monitor.model import Failure, Link, LinkState, Page, Reading
from monitor.outlets import health
from monitor.placing import Move, Placement
from monitor.ports import Clock, Ledger, Store
from monitor.story import across
from monitor.story.cluster import Clusters
from monitor.views_service import Report, Waiting

log = logging.getLogger("monitor")

# Stories that are looked for in other languages at each look, and how many may wait for it.
LINKED, GROWN = 20, 10_000
# So often in a row 20 articles are looked at again, 3 ms each time: 200 a second, more than readers bring. With so many
# moves not yet written no further ones are looked for: the disk refuses them.
LOOKS, UNWRITTEN = 20, 400
# What is said of the database, whichever reading is written.
_REFUSED = (BusyError, FullError, DamagedError)

T = TypeVar("T")
Written = tuple[Placement | None, Read | None]


class Keeping(Protocol):
    """What `read` gives its results to."""

    async def keep(
        self, link: Link, result: Reading | Failure, answer: Page | Refusal, story: str, version: str
    ) -> Read:
        """Keep what reading a link gave. `story`: where the article stands that it led to before, "" for none;
        `version`: of the configuration that was in force when the reading began.
        """
        ...

    async def as_before(self, link: Link, refusal: Refusal | None) -> Read:
        """Note that a page which was read before says nothing new, or is not there."""
        ...


@dataclass(slots=True)
class Keeper:
    """The one who has the memory of stories. `orders`: those in force."""

    ledger: Ledger
    clock: Clock
    clusters: Clusters
    orders: Callable[[], Orders]
    ordered: int = 0
    """The last order about stories that `clusters` knows."""
    _grown: dict[str, None] = field(default_factory=dict)
    _moves: list[Move] = field(default_factory=list)
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def _write(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(self.ledger.submit(work))

    # ---- what was read here

    async def keep(
        self, link: Link, result: Reading | Failure, answer: Page | Refusal, story: str, version: str  # noqa: ARG002
    ) -> Read:  # fmt: skip
        """Make a reading an article, place and announce its hits. The orders in force count, of whatever version."""
        now = self.clock.now()
        if isinstance(result, Failure):
            return await _failed(self.ledger, link, result, now, retry=_retry(answer))
        item = self._place(_handed(link, result, answer), story, now)
        # Whoever is to be told does not wait for company.
        written = self._submit(
            item, lambda store: intake.take_article(store, self.orders(), item, now), patient=not result.hits
        )
        read = await self._accepted(item, written)
        assert read is not None
        return read

    async def as_before(self, link: Link, refusal: Refusal | None) -> Read:
        """Note that a page was as before."""
        now, one = self.clock.now(), _as_before(link, refusal)
        return await self._write(
            lambda store: intake.take_nothing(
                store, self.orders(), link, now, gone=one.gone, missing=one.missing
            )
        )  # fmt: skip

    def _place(self, one: Handed, story: str, now: datetime) -> Item:
        """Decide and remember at once: two copies of a story read side by side must not open two stories."""
        result = one.reading
        placed = self.clusters.place(result.article, result.traits, now, kept=bool(result.hits), story=story)
        new_name = bool(result.hits) and self.clusters.new_name(placed.mark)
        return Item(one.link, result, one.retry, placed, one.etag, one.last_modified, new_name)

    def _submit(self, item: Item, work: Callable[[Store], Written], *, patient: bool) -> asyncio.Future[Written]:
        """Hand the write in; nothing may come between placing and this."""
        try:
            return asyncio.wrap_future(self.ledger.submit(work, patient=patient))
        except BaseException:
            self.clusters.withdraw(item.placement.mark)
            raise

    async def _accepted(self, item: Item, written: asyncio.Future[Written]) -> Read | None:
        """Wait for the write, and let memory know what became of it."""
        accepted, mark = None, item.placement.mark
        try:
            accepted, read = await written
        finally:
            if accepted is None:
                self.clusters.withdraw(mark)
            elif accepted.story_id != item.placement.story_id:
                self.clusters.put(mark, accepted.story_id)
        if item.reading.hits and accepted is not None:
            self._grown[accepted.story_id] = None
            if len(self._grown) > GROWN:
                del self._grown[next(iter(self._grown))]
        return read

    # ---- what workers read

    async def take_in(self, limit: int) -> list[Read | None]:
        """Keep the oldest readings that workers handed over, `limit` at most; return of each what was done, None where
        it was not kept: its page is to be read again, or a newer reading of it waits.

        Raises BusyError, FullError, DamagedError where the database takes none; they wait on.
        """
        async with self._taking:
            rows = await asyncio.wrap_future(self.ledger.look(lambda store: store.readings.oldest(limit)))
            version = self.orders().version
            found = [(row, _opened(row, version)) for row in rows]
            useless = [row for row, one in found if one is None]
            if useless:
                await self._give_back(useless, timedelta(0))
            good = [(row, one) for row, one in found if one is not None]
            done = await self._all_of(good) if good else {}
            await self._judge([row for row, _ in good], done)
            return [one if isinstance(one := done.get(row.link_id), Read) else None for row in rows]

    async def _all_of(self, good: Sequence[tuple[Waiting, Handed | AsBefore]]) -> dict[int, Read | Exception | None]:
        """Take these in; return, by link, what was done, or why it could not be."""
        stories = await self._stories([one.link for _, one in good])
        done: dict[int, Read | Exception | None] = {}
        tasks: dict[int, asyncio.Task[Read | Exception | None]] = {}
        async with asyncio.TaskGroup() as group:
            for place, (row, one) in enumerate(good, 1):
                try:
                    # They share a commit; the last of them lets it begin.
                    begun = self._begin(row, one, stories.get(row.link_id, ""), patient=place < len(good))
                except Exception as error:  # noqa: BLE001 - its own, and judged with the others
                    done[row.link_id] = error
                else:
                    tasks[row.link_id] = group.create_task(self._ended(*begun))
                # 2 ms an article: others have their turn between two.
                await asyncio.sleep(0)
        return done | {number: task.result() for number, task in tasks.items()}

    async def _stories(self, links: Sequence[Link]) -> dict[int, str]:
        """Return, by link, the stories of the articles that links led to before."""
        again = [link for link in links if link.article_id]
        if not again:
            return {}
        return await asyncio.wrap_future(
            self.ledger.look(lambda store: {link.id: intake.story_of(store, link) for link in again})
        )

    def _begin(
        self, row: Waiting, one: Handed | AsBefore, story: str, *, patient: bool
    ) -> tuple[Item | None, asyncio.Future[Written]]:
        now = self.clock.now()
        if isinstance(one, AsBefore):
            done = self.ledger.submit(lambda store: self._nothing(store, row, one, now), patient=patient)
            return None, asyncio.wrap_future(done)
        item = self._place(one, story, now)
        return item, self._submit(item, lambda store: self._article(store, row, item, now), patient=patient)

    async def _ended(self, item: Item | None, written: asyncio.Future[Written]) -> Read | Exception | None:
        try:
            return await self._accepted(item, written) if item else (await written)[1]
        except Exception as error:  # noqa: BLE001 - it is judged with the others
            return error

    def _article(self, store: Store, row: Waiting, item: Item, now: datetime) -> Written:
        orders = self.orders()
        if not _taken(store, row, orders):
            return None, None
        return intake.take_article(store, orders, item, now)

    def _nothing(self, store: Store, row: Waiting, one: AsBefore, now: datetime) -> Written:
        orders = self.orders()
        if not _taken(store, row, orders):
            return None, None
        return None, intake.take_nothing(store, orders, one.link, now, gone=one.gone, missing=one.missing)

    async def _judge(self, rows: Sequence[Waiting], done: dict[int, Read | Exception | None]) -> None:
        """Look at what could not be written: where it is a reading that is to blame it must not be the first for ever.
        Its page is read again when the lease of a worker that died of it would have ended.
        """
        failed = {row.link_id: error for row in rows if isinstance(error := done[row.link_id], Exception)}
        refused = [error for error in failed.values() if isinstance(error, _REFUSED)]
        if refused and len(failed) == len(rows):
            raise refused[0]
        bad = [row for row in rows if row.link_id in failed and not isinstance(failed[row.link_id], _REFUSED)]
        for row in bad:
            log.error("link %d: what was read of it cannot be kept", row.link_id, exc_info=failed[row.link_id])
        if bad:
            await self._give_back(bad, timedelta(seconds=self.orders().lease))

    async def _give_back(self, rows: Sequence[Waiting], after: timedelta) -> None:
        """Drop readings; their pages are to be read again."""
        at = self.clock.now() + after

        def drop(store: Store) -> None:
            # One that came meanwhile in the place of another stays.
            store.links.give_back([row.link_id for row in rows if store.readings.drop(row.link_id, row.at)], at)

        await self._write(drop)

    async def take_reports(self, limit: int) -> list[PollReport | Read]:
        """Return the oldest reports of workers, `limit` at most, and forget them."""
        found: list[PollReport | Read] = []
        for row in await self._write(lambda store: store.readings.take_reports(limit)):
            try:
                one = handover.unpack(row.kind, row.data)
            except HandoverError as error:
                log.warning("a report is left out: %s", error)
                continue
            if isinstance(one, PollReport | Read):
                found.append(one)
        return found

    # ---- stories

    async def look_again(self) -> int:
        """Carry out what persons decided of stories, and what a second look at their articles finds; link those with
        hits to what other languages tell. Return how many articles moved.
        """
        now = self.clock.now()
        after = self.ordered
        for order in await self._write(lambda store: store.stories.orders(after)):
            if order.kind == "join":
                self.clusters.join(order.story_id, order.other)
            else:
                self.clusters.put(order.mark, order.other, by_hand=True)
            self.ordered = order.id
        # Kept until they are written: in memory they are done.
        for _ in range(LOOKS):
            if len(self._moves) >= UNWRITTEN:
                break
            self._moves += self.clusters.looks(now)
            if not self.clusters.behind(now):
                break
            await asyncio.sleep(0)
        moves = tuple(self._moves)
        if moves:
            await self._write(lambda store: store.stories.move(moves, now))
            del self._moves[: len(moves)]
        await self._link()
        return len(moves)

    async def _link(self) -> None:
        """Link stories that have new hits to what other languages tell, those that wait longest first."""
        kin = []
        for story in list(self._grown)[:LINKED]:
            del self._grown[story]
            kin += across.links(self.clusters.groups, story)
            # 5 ms a story among 22 languages: others have their turn between two.
            await asyncio.sleep(0)
        if kin:
            await self._write(lambda store: store.stories.relate(kin))


@dataclass(slots=True)
class HandingOver:
    """What stands in the keeper's place where there is no memory of stories. `orders`: those in force."""

    ledger: Ledger
    clock: Clock
    orders: Callable[[], Orders]

    async def _write(self, work: Callable[[Store], T], *, patient: bool = False) -> T:
        return await asyncio.wrap_future(self.ledger.submit(work, patient=patient))

    async def keep(
        self, link: Link, result: Reading | Failure, answer: Page | Refusal, story: str, version: str  # noqa: ARG002
    ) -> Read:  # fmt: skip
        """Hand a reading over; what was not read is finished here. How many hits are new the keeper alone can say: here
        there are none, and no glance.
        """
        now = self.clock.now()
        if isinstance(result, Failure):
            return await _failed(self.ledger, link, result, now, retry=_retry(answer))
        if version != self.orders().version:
            # Nobody can say by which of the two its reader matched it.
            await self._write(lambda store: store.links.give_back([link.id], now), patient=True)
            return Read(link)
        if not await self._hand(_handed(link, result, answer), version, now, patient=not result.hits):
            return Read(link)
        return Read(link, result.article.text, result.article.reason)

    async def as_before(self, link: Link, refusal: Refusal | None) -> Read:
        """Hand over that a page was as before: where it is gone, people are told."""
        await self._hand(_as_before(link, refusal), self.orders().version, self.clock.now(), patient=True)
        return Read(link)

    async def _hand(self, one: Handed | AsBefore, version: str, now: datetime, *, patient: bool) -> bool:
        link, (kind, data) = one.link, handover.pack(replace(one, link=handover.slim(one.link)))
        return await self._write(
            lambda store: store.readings.put(link.id, link.outlet, kind, version, data, now), patient=patient
        )

    async def report(self, reports: Sequence[PollReport | Read]) -> None:
        """Tell the keeper how polls and readings ended that it had no part in."""
        packed = [
            Report(*handover.pack(replace(one, link=handover.slim(one.link)) if isinstance(one, Read) else one))
            for one in reports
        ]
        await self._write(lambda store: store.readings.put_reports(packed), patient=True)


async def _failed(ledger: Ledger, link: Link, failure: Failure, now: datetime, *, retry: bool) -> Read:
    outcome = policy.outcome(link, failure.reason, failure.detail, now, retry=retry)
    await asyncio.wrap_future(ledger.submit(lambda store: store.links.finish(outcome), patient=True))
    return Read(link, None, failure.reason, glance=health.glance(link, None, failure.reason, now))


def _retry(answer: Page | Refusal) -> bool:
    return not isinstance(answer, Refusal) or answer.retry


def _handed(link: Link, reading: Reading, answer: Page | Refusal) -> Handed:
    headers = answer.headers if isinstance(answer, Page) else {}
    return Handed(link, reading, _retry(answer), *policy.validators(headers))


def _as_before(link: Link, refusal: Refusal | None) -> AsBefore:
    gone = refusal is not None and not refusal.retry
    return AsBefore(link, gone, refusal is not None and refusal.reason is Reason.NOT_FOUND)


def _opened(row: Waiting, version: str) -> Handed | AsBefore | None:
    """Return what a row holds; None where it is of no use."""
    if row.version != version:
        log.info("link %d was read by another configuration: it is read again", row.link_id)
        return None
    try:
        found = handover.unpack(row.kind, row.data)
    except HandoverError as error:
        log.warning("link %d is read again: %s", row.link_id, error)
        return None
    if isinstance(found, Handed | AsBefore):
        return found
    log.warning("link %d is read again: what was handed over is a %r", row.link_id, row.kind)
    return None


def _taken(store: Store, row: Waiting, orders: Orders) -> bool:
    """Take the row of a reading; say whether it is to be kept."""
    if orders.version != row.version or not store.readings.drop(row.link_id, row.at):
        # A reload came between, or a newer reading: it waits for the next time.
        return False
    link = store.links.get(row.link_id)
    if link is None or link.state is LinkState.GONE:
        log.warning("link %d is gone: what was read of it is left out", row.link_id)
        return False
    return True
