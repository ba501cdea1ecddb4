from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import Reason
from monitor.fetch import visit
from monitor.fetch.visit import Refusal, excused, private_origin
from monitor.model import Failure, Outlet, Source
from tests.fetch.origin import answer, moved, serving
from tests.fetch.visiting import KEEP_OUT, outlet


async def test_a_page_comes_after_its_robots_txt(house):
    async with serving({"/robots.txt": KEEP_OUT, "/a": answer(200, b"x"), "/private/b": answer(200, b"y")}) as origin:
        page = await house.visitor.get(f"{origin.url}/a", outlet(origin))
        refused = await house.visitor.get(f"{origin.url}/private/b", outlet(origin))
    assert page.body == b"x"
    assert (refused.reason, refused.retry) == (Reason.ROBOTS, True)
    assert origin.paths() == ["/robots.txt", "/a"]


async def test_visits_at_once_ask_robots_txt_once_and_come_one_by_one(house):
    inside, most = 0, 0

    async def slow(writer):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        writer.write(answer(200, b"x"))
        await writer.drain()

    async with serving({"/robots.txt": KEEP_OUT, "*": slow}) as origin:
        pages = await asyncio.gather(*(house.visitor.get(f"{origin.url}/{n}", outlet(origin)) for n in range(10)))
    assert [page.body for page in pages] == [b"x"] * 10
    assert origin.paths().count("/robots.txt") == 1
    assert most == 1


async def test_a_slow_host_delays_no_other(house):
    async def silent(writer):
        await asyncio.sleep(60)

    async with serving({"*": silent}) as slow, serving({"*": answer(200, b"x")}) as good:
        stuck = asyncio.create_task(house.visitor.get(f"{slow.url}/", outlet(slow)))
        page = await house.visitor.get(f"{good.url}/", outlet(good))
        assert page.body == b"x"
        assert not stuck.done()
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)


async def test_the_gap_is_kept_between_visits_to_a_host(house):
    house.start(gap=2.0)
    async with serving({"*": answer(200, b"x")}) as origin:
        for n in range(3):
            await house.visitor.get(f"{origin.url}/{n}", outlet(origin, ignore_robots="own site"))
    assert house.clock.slept == [2.0, 2.0]
    assert origin.paths() == ["/0", "/1", "/2"]


async def test_robots_txt_is_kept_over_a_restart_for_a_day(house):
    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        await house.visitor.get(f"{origin.url}/a", outlet(origin))
        house.start()
        assert (await house.visitor.get(f"{origin.url}/private/", outlet(origin))).reason is Reason.ROBOTS
        assert origin.paths().count("/robots.txt") == 1
        house.clock.at += timedelta(hours=25)
        origin.routes["/robots.txt"] = answer(404)
        assert (await house.visitor.get(f"{origin.url}/private/", outlet(origin))).body == b"x"
        assert origin.paths().count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(404, b"User-agent: *\nDisallow: /"), None),
        (answer(403, b"no"), None),
        (answer(204), None),
        (moved("/robots.txt"), None),
        (answer(500, b"oops"), Reason.ROBOTS_UNREACHABLE),
        (answer(503, b"oops"), Reason.ROBOTS_UNREACHABLE),
        (answer(200, b"\x0b\x02", {"Content-Encoding": "br"}), Reason.ROBOTS_UNREACHABLE),
    ],
)
async def test_what_the_status_of_robots_txt_means(house, reply, reason):
    async with serving({"/robots.txt": reply, "/a": answer(200, b"x")}) as origin:
        result = await house.visitor.get(f"{origin.url}/a", outlet(origin))
    assert ("/a" in origin.paths()) == (reason is None)
    assert getattr(result, "reason", None) is reason


async def test_a_failing_robots_txt_is_asked_again_after_an_hour(house):
    async with serving({"/robots.txt": answer(500, b"oops"), "*": answer(200, b"x")}) as origin:
        for _ in range(3):
            assert (await house.visitor.get(f"{origin.url}/a", outlet(origin))).reason is Reason.ROBOTS_UNREACHABLE
        assert origin.paths() == ["/robots.txt"]
        house.clock.at += timedelta(minutes=61)
        origin.routes["/robots.txt"] = KEEP_OUT
        assert (await house.visitor.get(f"{origin.url}/a", outlet(origin))).body == b"x"


async def test_an_outdated_robots_txt_holds_while_a_newer_one_cannot_be_had(house):
    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        await house.visitor.get(f"{origin.url}/a", outlet(origin))
        house.clock.at += timedelta(hours=25)
        origin.routes["/robots.txt"] = answer(503, b"oops")
        assert (await house.visitor.get(f"{origin.url}/a", outlet(origin))).body == b"x"
        assert (await house.visitor.get(f"{origin.url}/private/a", outlet(origin))).reason is Reason.ROBOTS


async def test_a_dead_host_is_named_as_such_and_asked_again_after_a_minute(house):
    async def reset(writer):
        writer.transport.abort()

    async with serving({"*": reset}) as origin:
        for _ in range(3):
            refused = await house.visitor.get(f"{origin.url}/a", outlet(origin))
            assert refused.reason in {Reason.CONNECT, Reason.PROTOCOL}
        assert origin.paths() == ["/robots.txt"]
        house.clock.at += timedelta(seconds=61)
        origin.routes["*"] = answer(200, b"x")
        assert (await house.visitor.get(f"{origin.url}/a", outlet(origin))).body == b"x"


async def test_a_reader_that_dies_of_robots_txt_allows_nothing(house):
    house.reader.failure = Failure(Reason.CRASHED, "signal 11")
    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        refused = await house.visitor.get(f"{origin.url}/a", outlet(origin))
        house.reader.failure = None
        # What may have cost a reader its life is not asked for each page of the host.
        again = await house.visitor.get(f"{origin.url}/b", outlet(origin))
        house.clock.at += timedelta(hours=1, seconds=1)
        later = await house.visitor.get(f"{origin.url}/c", outlet(origin))
    assert refused.reason is again.reason is Reason.ROBOTS_UNREACHABLE
    assert "crashed" in refused.detail
    assert later.body == b"x"


async def test_what_lets_a_source_be_polled_is_read_once_until_it_is_out_of_date(house):
    async def poll(path):
        return await house.visitor.get(f"{origin.url}{path}", outlet(origin), urgent=True)

    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        for _ in range(3):
            assert (await poll("/feed.xml")).body == b"x"
        assert house.reader.asked == 1
        assert (await poll("/private/feed.xml")).reason is Reason.ROBOTS
        # It holds as long as before where the clock is set.
        house.visitor.shift(timedelta(hours=-48))
        house.clock.at -= timedelta(hours=48)
        assert (await poll("/feed.xml")).body == b"x"
        assert house.reader.asked == 2
        # Another outlet's permission is none of its own.
        assert (await house.visitor.get(f"{origin.url}/feed.xml", Outlet("b"))).reason is Reason.BAD_URL
        house.clock.at += timedelta(hours=25)
        origin.routes["/robots.txt"] = answer(200, b"User-agent: *\nDisallow: /feed.xml\nCrawl-delay: 5\n")
        assert (await poll("/feed.xml")).reason is Reason.ROBOTS
        assert (await poll("/other.xml")).body == b"x"
        assert (await poll("/other.xml")).body == b"x"
        assert house.clock.slept[-1] == 5.0


async def test_the_memory_of_what_may_be_polled_is_bounded(house, monkeypatch):
    monkeypatch.setattr(visit, "_LET", 2)
    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        for number in range(5):
            await house.visitor.get(f"{origin.url}/{number}.xml", outlet(origin), urgent=True)
    assert len(house.visitor._let) <= 2


async def test_a_long_robots_txt_is_read_from_the_store_each_time(house):
    long = answer(200, b"User-agent: *\nDisallow: /private\n" + b"# filler\n" * 5_000)
    async with serving({"/robots.txt": long, "*": answer(200, b"x")}) as origin:
        for _ in range(3):
            assert (await house.visitor.get(f"{origin.url}/private", outlet(origin))).reason is Reason.ROBOTS
        assert origin.paths() == ["/robots.txt"]
    assert [known.file for known in house.visitor._known.values()] == [None]


async def test_robots_txt_is_not_asked_where_the_operator_says_so(house):
    async with serving({"/robots.txt": KEEP_OUT, "*": answer(200, b"x")}) as origin:
        page = await house.visitor.get(f"{origin.url}/private/a", outlet(origin, ignore_robots="agreed by contract"))
    assert page.body == b"x"
    assert origin.paths() == ["/private/a"]


async def test_a_host_that_asks_for_a_pause_gets_it(house):
    async with serving({"/robots.txt": answer(404), "/a": answer(503, b"", {"Retry-After": "3600"})}) as origin:
        first = await house.visitor.get(f"{origin.url}/a", outlet(origin))
        second = await house.visitor.get(f"{origin.url}/b", outlet(origin))
        assert (first.reason, first.retry, first.retry_after) == (Reason.SERVER_ERROR, True, 3600.0)
        assert (second.reason, second.retry) == (Reason.RATE_LIMITED, True)
        assert second.retry_after == pytest.approx(3600.0, abs=1.0)
        assert origin.paths() == ["/robots.txt", "/a"]

        held = house.stored(lambda store: store.outlets.held_hosts(house.clock.now()))
        assert held == {origin.place: house.clock.now() + timedelta(hours=1)}
        house.start()
        house.visitor.restore(held, house.clock.now())
        assert (await house.visitor.get(f"{origin.url}/b", outlet(origin))).reason is Reason.RATE_LIMITED

        house.clock.at += timedelta(hours=1, seconds=1)
        origin.routes["/b"] = answer(200, b"x")
        assert (await house.visitor.get(f"{origin.url}/b", outlet(origin))).body == b"x"


async def test_a_short_pause_is_waited_for(house):
    async with serving({"/a": answer(429, b"", {"Retry-After": "10"}), "/b": answer(200, b"x")}) as origin:
        mine = outlet(origin, ignore_robots="own site")
        await house.visitor.get(f"{origin.url}/a", mine)
        assert (await house.visitor.get(f"{origin.url}/b", mine)).body == b"x"
    assert house.clock.slept == [10.0]


async def test_validators_travel_and_304_is_a_page(house):
    async with serving({"/robots.txt": answer(404), "/feed": answer(304)}) as origin:
        page = await house.visitor.get(f"{origin.url}/feed", outlet(origin), etag='"7"', last_modified="then")
        bare = await house.visitor.get(f"{origin.url}/feed", outlet(origin))
    assert page.status == 304
    assert origin.asked[1].headers["if-none-match"] == '"7"'
    assert isinstance(bare, Refusal)
    assert bare.reason is Reason.EMPTY


async def test_what_a_site_does_is_a_refusal(house):
    async with serving({"/robots.txt": answer(404), "/gone": answer(410, b"x"), "/empty": answer(200)}) as origin:
        for path, reason, retry in [("/gone", Reason.NOT_FOUND, False), ("/empty", Reason.EMPTY, True)]:
            refused = await house.visitor.get(origin.url + path, outlet(origin))
            assert (refused.reason, refused.retry) == (reason, retry)
    assert (await house.visitor.get("mailto:a@example.org", Outlet("a"))).reason is Reason.BAD_URL


async def test_an_outlet_that_is_not_private_reaches_nothing_private_even_where_another_may(house):
    async with serving({"/robots.txt": answer(404), "*": answer(200, b"x")}) as origin:
        public = Outlet("b", homepage=origin.url)
        elsewhere = Outlet("c", homepage=f"https://c.example:{origin.port}/", private=True)
        for stranger in (public, elsewhere):
            assert (await house.visitor.get(origin.url, stranger)).reason is Reason.BLOCKED_ADDRESS
        assert origin.asked == []
        assert (await house.visitor.get(origin.url, outlet(origin))).body == b"x"
        for stranger in (public, elsewhere):
            assert (await house.visitor.get(origin.url, stranger)).reason is Reason.BLOCKED_ADDRESS


async def test_memory_of_robots_txt_is_bounded(house, monkeypatch):
    monkeypatch.setattr(visit, "_ORIGINS", 2)
    for n in range(5):
        await house.visitor.get(f"http://127.0.0.{n + 1}/", Outlet("a"))
    assert len(house.visitor._known) == 2
    assert len(house.visitor._turns) == len(house.visitor._asking) == 0


def test_where_the_operators_word_not_to_ask_robots_txt_holds():
    agreed = Outlet(
        "a", homepage="https://www.a.example/", sources=(Source("https://feeds.a.example/x"),), ignore_robots="contract"
    )
    assert excused(agreed, "https://a.example/story")
    assert excused(agreed, "http://www.A.example:8080/story")
    assert excused(agreed, "https://feeds.a.example/y")
    for other in ("https://b.example/", "https://shop.a.example/", "https://a.example.b.example/", "no url", ""):
        assert not excused(agreed, other)
    assert not excused(replace(agreed, ignore_robots=""), "https://a.example/story")
    assert not excused(Outlet("b", ignore_robots="contract"), "no url")
    inside = replace(agreed, private=True)
    assert excused(inside, "https://www.a.example/story")
    assert not excused(inside, "https://www.a.example:8443/story")


def test_what_a_private_outlet_may_open():
    own = Outlet(
        "a", homepage="http://News.intranet/", sources=(Source("https://feeds.intranet:8443/x"),), private=True
    )
    assert private_origin(own, "http://news.intranet:80/story") == "news.intranet:80"
    assert private_origin(own, "https://feeds.intranet:8443/y") == "feeds.intranet:8443"
    assert private_origin(own, "https://news.intranet/story") == ""
    assert private_origin(own, "http://router.intranet/") == ""
    assert private_origin(own, "no url") == ""
    assert private_origin(Outlet("b", homepage="http://news.intranet/"), "http://news.intranet/") == ""
    assert private_origin(Outlet("c", private=True), "") == ""


async def test_a_port_that_no_address_of_the_outlet_names_is_not_asked_even_for_robots_txt(house):
    async with serving({"*": answer(200, b"x")}) as origin, serving({"*": answer(200, b"x")}) as other:
        two = Outlet("a", homepage=origin.url, sources=(Source(f"{other.url}/feed"),), private=True)
        assert (await house.visitor.get(f"{other.url}/a", outlet(origin))).reason is Reason.BAD_URL
        assert other.asked == []
        assert (await house.visitor.get(f"{other.url}/a", two)).body == b"x"


async def test_a_redirect_to_a_port_that_is_not_named_is_not_followed(house):
    async with serving({"*": answer(200, b"x")}) as other, serving({"*": moved(other.url)}) as origin:
        own = Outlet("a", homepage=origin.url, private=True, ignore_robots="ours")
        assert (await house.visitor.get(origin.url, own)).reason is Reason.BAD_URL
    assert other.asked == []
