"""Troubles of outlets are told once when they begin and once when they are over, whatever dies between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from monitor.configured import Orders
from monitor.daemon import _everything_due
from monitor.errors import Reason, StoreError, Trouble
from monitor.model import Channel, Kind, Links, Outlet, Source
from monitor.outlets import cadence
from monitor.outlets.novelty import News
from monitor.settings.load import load
from monitor.store.ledger import StoreLedger
from monitor.views import DueSource
from monitor.views_health import Glance
from monitor.vigil import Vigil
from monitor.wiring import line
from monitor.works import Works
from tests import engines
from tests.desk import Clock
from tests.newsroom import Newsroom
from tests.receivers import HttpReceiver
from tests.store.make import NOW
from tests.web import Web, article

HOUR = timedelta(hours=1)
GOOD, EMPTY = Glance(NOW, None, 3_000), Glance(NOW, Reason.NO_BODY)


@dataclass
class Watch:
    """A vigil over a database, and the polls that it hears of."""

    path: Path
    outlets: tuple[Outlet, ...]
    clock: Clock
    ledger: StoreLedger
    vigil: Vigil

    @property
    def orders(self) -> Orders:
        channels = {"desk": Channel("desk", "console"), "hook": Channel("hook", "console")}
        return Orders({one.id: one for one in self.outlets}, {}, channels, (), notices=self.notices)

    notices: tuple[str, ...] = ("desk",)

    def restart(self) -> None:
        self.vigil = Vigil(self.ledger, self.clock, lambda: self.orders)

    def polls(self, reason: Reason | None = None, **reasons: Reason | None) -> int:
        """Ask what is due; all end in `reason`, or the one given for the outlet."""

        def work(store) -> list[tuple[DueSource, Reason | None]]:
            done, now = [], self.clock.now()
            for source in store.outlets.lease_due(now, limit=10_000, lease=60):
                why = reasons.get(source.outlet_id, reason)
                outlet = self.orders.outlets[source.outlet_id]
                if why:
                    store.outlets.record(cadence.failed(source, outlet, why, "so it is", now, None))
                else:
                    store.outlets.record(cadence.answered(source, outlet, cadence.Answer("", Links(())), News(), now))
                done.append((source, why))
            return done

        done = self.ledger.submit(work).result()
        for source, why in done:
            self.vigil.polled(source.outlet_id, source.last_ok_at, source.url, why)
        return len(done)

    def tick(self) -> None:
        asyncio.run(self.vigil.tick())

    def live(self, span: timedelta, reason: Reason | None = None, **reasons: Reason | None) -> None:
        """Let time pass, minute by minute."""
        ends = self.clock.now() + span
        while self.clock.now() < ends:
            self.polls(reason, **reasons)
            self.tick()
            self.clock.forward(60)

    def ask(self, sql: str) -> list[tuple]:
        return engines.ask(self.path, sql)

    def events(self) -> list[tuple[str, str, str]]:
        return self.ask("SELECT kind, outlet_id, reason FROM events WHERE kind <> 'baseline' ORDER BY id")

    def titles(self) -> list[str]:
        return [title for (title,) in self.ask("SELECT title FROM outbox ORDER BY created_at, id")]


@contextmanager
def watch(folder: Path, count: int, *, every: float = 900.0) -> Iterator[Watch]:
    outlets = tuple(
        Outlet(f"o{n}", f"Outlet {n}", sources=(Source(f"https://o{n}.example/feed"),), every=every)
        for n in range(count)
    )
    clock, path = Clock(), folder / "monitor.db"
    ledger = StoreLedger(lambda: engines.opened(path))
    try:
        ledger.submit(lambda store: store.outlets.sync(outlets, clock.now())).result()
        one = Watch(path, outlets, clock, ledger, None)  # type: ignore[arg-type]
        one.restart()
        yield one
    finally:
        ledger.close()


def test_our_own_network_gone_is_one_event_for_four_hundred_outlets(tmp_path: Path) -> None:
    with watch(tmp_path, 400) as room:
        # One was dead before.
        room.live(3 * HOUR, o0=Reason.DNS)
        assert room.events() == [("trouble", "o0", "failing")]
        room.live(2 * HOUR, Reason.CONNECT)
        room.restart()
        room.live(2 * HOUR, Reason.DNS)
        assert room.events()[1:] == [("trouble", "", "network")]
        room.live(HOUR / 2, o0=Reason.DNS)
        assert room.events()[1:] == [("trouble", "", "network"), ("recovered", "", "network")]
        # All have been asked again within a quarter of an hour, and what fails now begins anew.
        [(never, failing)] = room.ask("SELECT count(reason), count(nullif(failures, 0)) FROM sources")
        assert (never, failing) == (1, 1)
        room.live(2 * HOUR)
        assert room.events()[3:] == [("recovered", "o0", "failing")]
        assert room.titles() == [
            "Outlet 0: failing: dns (so it is), 3 polls in a row, never read",
            "Our own network is gone: 20 of the last 20 hosts cannot be reached (connect 20)",
            "Outlets can be reached again (after 4h)",
            room.titles()[3],
        ]
        assert room.titles()[3].startswith("Outlet 0: answers again (failing for ")


def test_a_clock_or_proxy_of_ours_is_the_same_trouble(tmp_path: Path) -> None:
    with watch(tmp_path, 5) as room:
        room.live(HOUR / 2)
        room.live(HOUR, Reason.TLS_EXPIRED)
        assert room.events() == [("trouble", "", "network")]
        assert "clock" in room.ask("SELECT text FROM outbox")[0][0]


def test_outlets_that_were_never_reached_say_nothing_of_our_network(tmp_path: Path) -> None:
    with watch(tmp_path, 4) as room:
        room.live(3 * HOUR, Reason.DNS)
        assert sorted(room.events()) == [("trouble", f"o{n}", "failing") for n in range(4)]


def test_some_that_fail_among_many_are_their_own_trouble_and_one_message(tmp_path: Path) -> None:
    with watch(tmp_path, 30) as room:
        room.notices = ("desk", "hook")
        room.live(HOUR)
        room.live(2 * HOUR, o3=Reason.TIMEOUT, o4=Reason.FORBIDDEN, o5=Reason.TLS_EXPIRED)
        assert sorted(room.events()) == [
            ("trouble", "o3", "failing"), ("trouble", "o4", "blocked"), ("trouble", "o5", "certificate"),
        ]  # fmt: skip
        room.restart()
        room.live(24 * HOUR, o4=Reason.FORBIDDEN)
        assert sorted(room.events())[:2] == [("recovered", "o3", "failing"), ("recovered", "o5", "certificate")]
        assert len(room.events()) == 5


def test_what_begins_in_one_tick_is_one_message_a_channel(tmp_path: Path) -> None:
    with watch(tmp_path, 30) as room:
        room.notices = ("desk", "hook")
        bad = {f"o{n}": Reason.NOT_FOUND for n in range(8)}
        for _ in range(3):
            room.clock.forward(24 * 3_600)
            room.polls(None, **bad)
            room.tick()
        rows = room.ask("SELECT channel_id, kind, title, text, payload FROM outbox ORDER BY channel_id")
        assert [row[:3] for row in rows] == [
            (name, "notice", "Outlet 0, Outlet 1, Outlet 2 and 5 more are not read as usual")
            for name in ("desk", "hook")
        ]
        assert rows[0][3].count("failing: not_found (so it is), 3 polls in a row") == 8
        told = json.loads(rows[0][4])["conditions"]
        assert told[7] == {
            "outlet": {"id": "o7", "name": "Outlet 7"}, "trouble": "failing", "since": room.clock.now().isoformat(),
            "said": "failing: not_found (so it is), 3 polls in a row, last read 0s ago", "over": False,
            "todo": "monitor outlets discover https://o7.example/feed",
        } | {"said": told[7]["said"]}  # fmt: skip


def test_event_state_and_message_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    with watch(tmp_path, 6) as room:
        room.live(HOUR / 2)
        engines.refuse(room.path, "outbox")
        with suppress(StoreError):
            room.live(3 * HOUR, o1=Reason.NOT_FOUND)
        for _ in range(300):
            room.polls(None, o1=Reason.NOT_FOUND)
            with suppress(StoreError):
                room.tick()
            room.clock.forward(60)
        assert room.events() == []
        assert room.ask("SELECT * FROM troubles") == []
        engines.allow(room.path, "outbox")
        room.tick()
        assert room.events() == [("trouble", "o1", "failing")]
        assert len(room.titles()) == 1


def test_without_notices_nobody_is_told_and_events_stand(tmp_path: Path) -> None:
    with watch(tmp_path, 6) as room:
        room.notices = ()
        room.live(HOUR / 2)
        room.live(6 * HOUR, o1=Reason.NOT_FOUND)
        assert room.events() == [("trouble", "o1", "failing")]
        assert room.titles() == []
        [one] = room.ledger.submit(lambda store: store.health.ailments()).result()
        assert (one.outlet_id, one.trouble) == ("o1", Trouble.FAILING)


def test_an_outlet_that_is_watched_no_more_has_no_trouble(tmp_path: Path) -> None:
    with watch(tmp_path, 6) as room:
        room.live(HOUR / 2)
        room.live(6 * HOUR, o1=Reason.NOT_FOUND)
        room.outlets = room.outlets[2:]
        room.ledger.submit(lambda store: store.outlets.sync(room.outlets, room.clock.now())).result()
        room.live(HOUR / 2)
        assert room.ask("SELECT * FROM troubles") == []
        assert len(room.events()) == len(room.titles()) == 1


def test_pages_are_remembered_over_a_restart(tmp_path: Path) -> None:
    with watch(tmp_path, 2) as room:

        def read(count: int, one: Glance) -> None:
            for _ in range(count):
                room.clock.forward(3_600)
                room.vigil.read("o1", replace(one, at=room.clock.now(), body=room.clock.now().toordinal()))

        room.polls()
        read(37, GOOD)
        room.tick()
        read(2, EMPTY)
        room.tick()
        assert room.events() == []
        room.restart()
        read(1, EMPTY)
        room.tick()
        assert room.events() == [("trouble", "o1", "layout")]
        read(60, EMPTY)
        room.tick()
        [(data,)] = room.ask("SELECT data FROM glances")
        assert len(json.loads(data)) == 40


def test_pages_read_in_the_second_in_which_a_trouble_began_end_it(tmp_path: Path) -> None:
    with watch(tmp_path, 1) as room:
        room.polls()
        room.clock.forward(0.25)

        def read(*glances: Glance) -> None:
            for one in glances:
                room.clock.forward(0.01)
                room.vigil.read("o0", replace(one, at=room.clock.now(), body=room.clock.now().microsecond))
            room.tick()

        read(*[GOOD] * 30, *[EMPTY] * 3)
        assert room.events() == [("trouble", "o0", "layout")]
        read(GOOD, GOOD)
        assert room.events()[1:] == [("recovered", "o0", "layout")]


def test_a_changed_template_is_noticed_and_told_to_a_receiver(tmp_path: Path) -> None:
    with Web() as web, HttpReceiver() as hook:
        room = Newsroom(tmp_path)
        room.outlets(courier=web.url)
        hooked = f"channels:\n  hook: {{kind: webhook, url: 'http://127.0.0.1:{hook.port}/'}}\n"
        room.write("alerts", hooked + "notices: {channels: [hook]}\n")
        entries: list[tuple[str, str]] = []

        def publish(count: int, *, broken: bool = False) -> None:
            for _ in range(count):
                number = len(entries)
                title = f"Harbour report number {number} of the year"
                said = [f"Ship {number}-{n} left the quay of Port Elm with grain for the islands of the north, and the "
                        f"pilots of tug {number * 7 + n} spoke of calm water all the way." for n in range(6)]  # fmt: skip
                bare = f"<!doctype html><html><head><title>{title}</title></head><body><div id=app></div></body></html>"
                web.pages[f"/{number}.html"] = bare.encode() if broken else article(title, *said)
                entries.insert(0, (f"/{number}.html", title))
            web.feed(entries[:20])

        def told() -> list[dict]:
            return [json.loads(body) for _, _, body in hook.posts]

        async def scene() -> None:
            async with line(load(room.config, {})) as work:

                async def live(count: int, *, broken: bool = False) -> None:
                    publish(count, broken=broken)
                    await asyncio.sleep(0.1)  # its interval
                    await _everything_due(Works(work, once=True), work)

                await live(20)
                await live(8)
                await live(1, broken=True)
                await live(1, broken=True)
                assert told() == []
                await live(1, broken=True)
                [notice] = told()
                assert notice["kind"] == Kind.NOTICE
                assert notice["title"] == (
                    "Courier: layout changed: no text on the last 3 pages (28 of 28 before had some)"
                )
                assert notice["conditions"][0]["todo"] in notice["notes"][0]
                shown = await asyncio.to_thread(lambda: (room.run("outlets", "list"), room.run("status")))
                for text in shown:
                    assert "layout changed" in " ".join(text.split())
                await live(1, broken=True)
                await live(2)

        asyncio.run(scene())
        assert [one["title"].split(" (")[0] for one in told()[1:]] == ["Courier: its pages have their text again"]
        [status] = room.rows("status")
        reasons = [(event["kind"], event["reason"]) for event in status["events"] if event["kind"] != "baseline"]
        assert reasons == [("recovered", "layout"), ("trouble", "layout")]
        assert status["troubles"] == []


def test_pages_are_counted_once_however_often_the_telling_fails(tmp_path: Path) -> None:
    with watch(tmp_path, 2) as room:
        room.polls()
        engines.refuse(room.path, "outbox")
        for number in range(33):
            room.clock.forward(3_600)
            room.vigil.read(
                "o1", replace(GOOD if number < 30 else EMPTY, at=room.clock.now(), body=number * (number < 30))
            )
        for _ in range(3):
            with suppress(StoreError):
                room.tick()
        assert room.events() == []
        engines.allow(room.path, "outbox")
        room.tick()
        [(data,)] = room.ask("SELECT data FROM glances")
        assert [reason for _, reason, *_ in json.loads(data)].count("no_body") == 3
        assert room.events() == [("trouble", "o1", "layout")]
