"""How the daemon behaves towards hosts: one request at a time, apart, each by the robots.txt of where it goes."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpcore
import pytest

from monitor.errors import Reason
from monitor.fetch import policy
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Outlet, Source
from tests.fetch.origin import answer, moved, serving
from tests.fetch.visiting import AGENT, KEEP_OUT, outlet

ALL = answer(404)
NONE = answer(200, b"User-agent: *\nDisallow: /\n")


def robots(text):
    return answer(200, text.encode())


# ---- one host, several outlets


async def test_three_outlets_on_one_host_ask_it_one_by_one_with_the_gap_between(house):
    house.start(gap=2.0)
    inside, most, begun = 0, 0, []

    async def page(writer):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        begun.append(house.clock.monotonic())
        await asyncio.sleep(0.01)
        inside -= 1
        writer.write(answer(200, b"x"))
        await writer.drain()

    async with serving({"*": page, "/robots.txt": ALL}) as origin:
        outlets = [Outlet(name, homepage=f"{origin.url}/{name}", private=True) for name in ("a", "b", "c")]
        visits = [house.visitor.get(f"{origin.url}/{n}", outlets[n % 3]) for n in range(6)]
        pages = await asyncio.gather(*visits)
    assert [page.body for page in pages] == [b"x"] * 6
    assert most == 1
    assert origin.paths().count("/robots.txt") == 1
    assert [round(after - before, 3) for before, after in pairwise(begun)] == [2.0] * 5


async def test_crawl_delay_is_kept_from_the_robots_txt_on(house):
    house.start(gap=2.0)
    async with serving({"/robots.txt": robots("User-agent: *\nCrawl-delay: 10"), "*": answer(200, b"x")}) as origin:
        for n in range(3):
            await house.visitor.get(f"{origin.url}/{n}", outlet(origin))
        # It is the host's, whoever asks next.
        await house.visitor.get(f"{origin.url}/3", outlet(origin, ignore_robots="contract"))
    assert house.clock.slept == [10.0, 10.0, 10.0, 10.0]


async def test_a_shorter_crawl_delay_shortens_no_gap_and_an_endless_one_is_a_minute(house):
    house.start(gap=2.0)
    for delay, gap in ((0.1, 2.0), (86_400, 60.0)):
        house.clock.slept.clear()
        async with serving(
            {"/robots.txt": robots(f"User-agent: *\nCrawl-delay: {delay}"), "*": answer(200, b"x")}
        ) as o:
            await house.visitor.get(f"{o.url}/", outlet(o))
        assert house.clock.slept == [gap]


@pytest.mark.parametrize("status", [429, 503])
async def test_trouble_slows_the_host_for_all_its_outlets_and_good_answers_speed_it_up(house, status):
    house.start(gap=2.0)
    async with serving({"/busy": answer(status, b"", {"Retry-After": "5"}), "*": answer(200, b"x")}) as origin:
        one = outlet(origin, ignore_robots="own site")
        two = Outlet("b", homepage=origin.url, private=True, ignore_robots="own site")
        assert (await house.visitor.get(f"{origin.url}/busy", one)).retry_after == 5.0
        for n in range(8):
            await house.visitor.get(f"{origin.url}/{n}", two)
    # the pause first, then twice the gap until five answers were good
    assert house.clock.slept == [5.0, 4.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0]


async def test_a_503_that_names_no_pause_is_given_a_short_one(house):
    async with serving({"/busy": answer(503), "/": answer(200, b"x")}) as origin:
        mine = outlet(origin, ignore_robots="own site")
        await house.visitor.get(f"{origin.url}/busy", mine)
        assert (await house.visitor.get(f"{origin.url}/", mine)).body == b"x"
    assert house.clock.slept == [30.0]


async def test_trouble_with_robots_txt_slows_the_host_as_well(house):
    async with serving({"/robots.txt": answer(429, b"", {"Retry-After": "3600"}), "*": answer(200, b"x")}) as origin:
        asked = await house.visitor.get(f"{origin.url}/a", outlet(origin))
        other = await house.visitor.get(f"{origin.url}/b", outlet(origin, ignore_robots="own site"))
    assert (asked.reason, other.reason) == (Reason.ROBOTS_UNREACHABLE, Reason.RATE_LIMITED)
    assert origin.paths() == ["/robots.txt"]


# ---- redirects


async def test_where_a_redirect_leads_within_the_origin_its_robots_txt_counts(house):
    routes = {"/robots.txt": KEEP_OUT, "/a": moved("/private/a"), "/b": moved("/c"), "/c": answer(200, b"c")}
    async with serving(routes) as origin:
        refused = await house.visitor.get(f"{origin.url}/a", outlet(origin))
        page = await house.visitor.get(f"{origin.url}/b#part", outlet(origin))
    assert refused.reason is Reason.ROBOTS
    assert (page.url, page.requested_url, page.body) == (f"{origin.url}/c", f"{origin.url}/b#part", b"c")
    assert origin.paths() == ["/robots.txt", "/a", "/b", "/c"]


class Names:
    """Names with addresses of their own behind which loopback servers stand. Notes what is dialled."""

    def __init__(self, house, **origins):
        self.house = house
        self.origins = {f"{name}.example": origin for name, origin in origins.items()}
        # Names that begin with "in" are of a network that only a private outlet may open.
        self.addresses = {
            name: f"10.0.0.{number}" if name.startswith("in") else f"8.8.8.{number}"
            for number, name in enumerate(self.origins, 1)
        }
        self.dialled = []

    async def resolve(self, host):
        return [self.addresses[host]]

    async def dial(self, address, port, timeout):
        name = next(name for name, known in self.addresses.items() if known == address)
        self.dialled.append(f"{name}:{port}")
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.origins[name].port, timeout=timeout)

    @asynccontextmanager
    async def visitor(self, gap=0.0, clock=None, **more):
        house, client = self.house, Client(agent=AGENT, resolve=self.resolve, dial=self.dial)
        try:
            yield Visitor(client, house.reader, house.ledger, clock or house.clock, Gate(gap), AGENT, **more)
        finally:
            await client.aclose()


ONE = Outlet("one", homepage="http://one.example/")


async def test_another_origin_is_asked_for_its_own_robots_txt_first(house):
    async with (
        serving({"/robots.txt": ALL, "/a": moved("http://two.example/a"), "/b": moved("http://two.example/b")}) as one,
        serving({"/robots.txt": robots("User-agent: *\nDisallow: /a"), "/b": answer(200, b"b")}) as two,
        Names(house, one=one, two=two).visitor() as visitor,
    ):
        refused = await visitor.get("http://one.example/a", ONE)
        page = await visitor.get("http://one.example/b", ONE)
    assert refused.reason is Reason.ROBOTS
    assert "two.example" in refused.detail
    assert (page.url, page.requested_url, page.body) == ("http://two.example/b", "http://one.example/b", b"b")
    assert one.paths() == ["/robots.txt", "/a", "/b"]
    assert two.paths() == ["/robots.txt", "/b"]


async def test_another_port_of_the_host_is_another_origin_in_the_same_turn(house):
    async with (
        serving({"/robots.txt": ALL, "/a": moved("http://one.example:8080/b"), "/b": answer(200, b"b")}) as one,
        Names(house, one=one).visitor(gap=2.0) as visitor,
    ):
        named = replace(ONE, sources=(Source("http://one.example:8080/feed"),))
        assert (await visitor.get("http://one.example/a", named)).body == b"b"
    assert one.paths() == ["/robots.txt", "/a", "/robots.txt", "/b"]
    assert house.clock.slept == [2.0, 2.0, 2.0]


async def test_the_other_hosts_turn_gap_and_pause_count(house):
    busy = answer(429, b"", {"Retry-After": "600"})
    async with (
        serving({"/robots.txt": ALL, "*": moved("http://two.example/b")}) as one,
        serving(
            {"/robots.txt": robots("User-agent: *\nCrawl-delay: 7"), "/b": answer(200, b"b"), "/busy": busy}
        ) as two,
        Names(house, one=one, two=two).visitor(gap=2.0) as visitor,
    ):
        await visitor.get("http://two.example/b", Outlet("two", homepage="http://two.example/"))
        assert house.clock.slept == [7.0]
        house.clock.slept.clear()
        assert (await visitor.get("http://one.example/a", ONE)).body == b"b"
        # Two seconds after one's robots.txt its page, and seven after two's last visit the other's.
        assert house.clock.slept == [2.0, 5.0]
        await visitor.get("http://two.example/busy", Outlet("two", homepage="http://two.example/"))
        held = await visitor.get("http://one.example/a", ONE)
    assert (held.reason, held.retry_after) == (Reason.RATE_LIMITED, pytest.approx(600, abs=60))
    assert two.paths().count("/b") == 2


async def test_the_operators_word_for_an_outlet_counts_on_no_other_host(house):
    async with (
        serving({"/robots.txt": NONE, "/a": answer(200, b"a"), "/b": moved("http://two.example/b")}) as one,
        serving({"/robots.txt": NONE, "/b": answer(200, b"b")}) as two,
        Names(house, one=one, two=two).visitor() as visitor,
    ):
        agreed = Outlet("one", homepage="http://one.example/", ignore_robots="contract")
        assert (await visitor.get("http://one.example/a", agreed)).body == b"a"
        redirected = await visitor.get("http://one.example/b", agreed)
        linked = await visitor.get("http://two.example/b", agreed)
    assert redirected.reason is linked.reason is Reason.ROBOTS
    assert one.paths() == ["/a", "/b"]
    assert two.paths() == ["/robots.txt"]


async def test_five_redirects_are_followed_whoever_sends_them_and_circles_are_named(house):
    def ring(other):
        return {f"/{n}": moved(f"http://{other}.example/{n + 1}") for n in range(20)}

    circle = {"/x": moved("http://two.example/y")}
    back = {"/y": moved("http://one.example/x#again")}
    async with (
        serving({"/robots.txt": ALL, **ring("two"), **circle, "/20": answer(200, b"x")}) as one,
        serving({"/robots.txt": ALL, **ring("one"), **back, "/20": answer(200, b"x")}) as two,
        Names(house, one=one, two=two).visitor() as visitor,
    ):
        assert (await visitor.get("http://one.example/15", ONE)).body == b"x"
        many = await visitor.get("http://one.example/14", ONE)
        round_trip = await visitor.get("http://one.example/x", ONE)
    assert many.reason is round_trip.reason is Reason.REDIRECTS
    assert "more than 5" in many.detail
    assert "circle" in round_trip.detail
    assert (one.paths() + two.paths()).count("/x") == 1


async def test_a_redirect_out_of_http_is_a_bad_url(house):
    async with serving({"/robots.txt": ALL, "/": moved("file:///etc/passwd")}) as origin:
        assert (await house.visitor.get(f"{origin.url}/", outlet(origin))).reason is Reason.BAD_URL


async def test_the_deadline_is_for_all_hops_and_not_for_the_turns_between_them(house):
    def later(to):
        async def route(writer):
            await asyncio.sleep(0.2)
            writer.write(moved(to))
            await writer.drain()

        return route

    routes = {"/robots.txt": ALL, "/0": later("/1"), "/1": later("/2"), "/2": later("/3"), "/3": answer(200, b"x")}
    async with serving(routes) as one, Names(house, one=one).visitor(clock=RealClock(), deadline=0.5) as visitor:
        slow = await visitor.get("http://one.example/0", ONE)
        fine = await visitor.get("http://one.example/2", ONE)
    assert slow.reason is Reason.TIMEOUT
    assert fine.body == b"x"
    async with serving(routes) as one, Names(house, one=one).visitor(1.0, RealClock(), deadline=0.8) as visitor:
        assert (await visitor.get("http://one.example/2", ONE)).body == b"x"


class RealClock:
    def now(self):
        return datetime.now(UTC)

    def monotonic(self):
        return time.monotonic()

    async def sleep(self, seconds):
        await asyncio.sleep(max(seconds, 0.0))


async def test_the_private_permission_is_lost_on_leaving(house):
    routes = {
        "/robots.txt": ALL,
        "/within": moved("/page"),
        "/page": answer(200, b"page"),
        "/out": moved("http://public.example/back"),
        "/port": moved("http://inside.example:8080/page"),
    }
    async with (
        serving(routes) as inside,
        serving({"/robots.txt": ALL, "*": moved("http://inside.example/page")}) as public,
    ):
        names = Names(house, inside=inside, public=public)
        async with names.visitor() as visitor:
            private = Outlet("a", homepage="http://inside.example/", private=True)
            assert (await visitor.get("http://inside.example/within", private)).body == b"page"
            names.dialled.clear()
            for place in ("http://inside.example/out", "http://public.example/"):
                refused = await visitor.get(place, private)
                assert refused.reason is Reason.BLOCKED_ADDRESS, place
            # Another service, that no address of the outlet names.
            assert (await visitor.get("http://inside.example/port", private)).reason is Reason.BAD_URL
    assert set(names.dialled) <= {"public.example:80", "inside.example:80"}
    assert inside.paths().count("/page") == 1


async def test_robots_txt_may_be_redirected_five_times_and_to_another_host(house):
    steps = {f"/{n}": moved(f"/{n + 1}") for n in range(1, 5)}
    async with (
        serving({"/robots.txt": moved("http://two.example/robots.txt"), "*": answer(200, b"x")}) as one,
        serving({"/robots.txt": moved("/1"), **steps, "/4": robots("User-agent: *\nDisallow: /private")}) as two,
        Names(house, one=one, two=two).visitor() as visitor,
    ):
        assert (await visitor.get("http://one.example/private", ONE)).reason is Reason.ROBOTS
        assert (await visitor.get("http://one.example/a", ONE)).body == b"x"
    assert two.paths() == ["/robots.txt", "/1", "/2", "/3", "/4"]
    assert one.paths() == ["/robots.txt", "/a"]


async def test_a_robots_txt_that_is_too_large_to_take_is_not_asked_for_again_at_once(house):
    async with (
        serving({"/robots.txt": answer(200, b"#" * 2_000), "*": answer(200, b"x")}) as one,
        Names(house, one=one).visitor(max_bytes=1_000) as visitor,
    ):
        for _ in range(2):
            refused = await visitor.get("http://one.example/a", ONE)
            assert refused.reason is Reason.TOO_LARGE
            house.clock.at += timedelta(minutes=31)
        assert one.paths() == ["/robots.txt"]
        one.routes["/robots.txt"] = ALL
        assert (await visitor.get("http://one.example/a", ONE)).body == b"x"


async def test_two_hosts_that_send_each_other_for_robots_txt_hold_each_other_up_for_nothing(house):
    async with (
        serving({"/robots.txt": moved("http://two.example/robots.txt"), "*": moved("http://two.example/a")}) as one,
        serving({"/robots.txt": moved("http://one.example/robots.txt"), "/a": answer(200, b"x")}) as two,
        Names(house, one=one, two=two).visitor() as visitor,
    ):
        visits = [visitor.get(f"http://{name}.example/a", ONE) for name in ("one", "two", "one", "two")]
        pages = await asyncio.wait_for(asyncio.gather(*visits), 10)
    # RFC 9309 2.3.1.2: a file that cannot be found so is none.
    assert [page.body for page in pages] == [b"x"] * 4


# ---- conditional requests


@pytest.mark.parametrize("etag", ['"7"', 'W/"7"', "7", '"a b"', '"a,b"', "W/7", '""', "*"])
async def test_validators_are_sent_back_as_they_came(house, etag):
    async with serving({"/feed": answer(200, b"x", {"ETag": etag, "Last-Modified": "Tue, 24 Nov 2026"})}) as origin:
        mine = outlet(origin, ignore_robots="own site")
        page = await house.visitor.get(f"{origin.url}/feed", mine)
        kept, modified = policy.validators(page.headers)
        origin.routes["/feed"] = answer(304)
        again = await house.visitor.get(f"{origin.url}/feed", mine, etag=kept, last_modified=modified)
    assert (again.status, again.body) == (304, b"")
    sent = origin.asked[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == (etag, "Tue, 24 Nov 2026")


async def test_a_304_needs_no_validators_of_its_own_and_a_200_with_the_old_etag_is_what_it_says(house):
    """Miniflux takes a 200 with the known ETag for unchanged; here the body says whether it is."""
    async with serving({"/feed": answer(200, b"new", {"ETag": '"7"'})}) as origin:
        mine = outlet(origin, ignore_robots="own site")
        page = await house.visitor.get(f"{origin.url}/feed", mine, etag='"7"')
        origin.routes["/feed"] = answer(304)
        same = await house.visitor.get(f"{origin.url}/feed", mine, etag='"7"')
        unasked = await house.visitor.get(f"{origin.url}/feed", mine)
    assert (page.status, page.body) == (200, b"new")
    assert (same.status, policy.validators(same.headers)) == (304, ("", ""))
    assert unasked.reason is Reason.EMPTY


async def test_validators_follow_a_redirect(house):
    async with serving({"/old": moved("/feed", 301), "/feed": answer(304)}) as origin:
        page = await house.visitor.get(f"{origin.url}/old", outlet(origin, ignore_robots="own site"), etag='"7"')
    assert page.status == 304
    assert origin.asked[1].headers["if-none-match"] == '"7"'
