"""Real reader processes against a reader class that does what a hostile page could do (tests/hostile_reader.py)."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import orders, wire
from monitor.errors import PoolError, Reason
from monitor.forkserver import ForkServer
from monitor.model import Failure, Link, Links, Outlet, Page, Reading, Rule
from monitor.pool import Pool
from monitor.views import DueSource, RobotsVerdict
from monitor.worker import end
from monitor.zygote import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = DueSource(7, "paper", "http://x/feed", "feed", NOW)
LINK = Link("paper", "http://x/feed", "http://x/1", title="A title")
PAPER = Outlet("paper", language="en")
RULES = (Rule("first", "nato"),)


def page(deed, body=b""):
    url = deed if "//" in deed else f"http://x/{deed}"
    return Page(url, url, 200, {"X-Title": "Feed"}, body, NOW)


@asynccontextmanager
async def pool_of(size=1, rules=RULES, **limits):
    pool = await Pool.start(rules, (), size=size, reader="tests.hostile_reader:HostileReader", **limits)
    try:
        yield pool
    finally:
        await pool.aclose()


async def look(pool):
    """What a reader sees of the world: see HostileReader._about."""
    reading = await pool.article(page("fine"), LINK, PAPER)
    assert isinstance(reading, Reading), reading
    return reading.article.title.split("|")


async def reader_pid(pool):
    return int((await look(pool))[0])


def lives(pid):
    """A zombie that nobody has reaped yet has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


async def test_the_real_reader_reads_matches_and_answers_for_robots():
    rules = [Rule("summit", '"nato summit"')]
    words = "The NATO summit went on for a third day, and the paragraph is as long as those of a newspaper are."
    body = f"<html><body><article><h1>Leaders meet</h1>{f'<p>{words}</p>' * 12}</article></body></html>"
    web = Page("http://x/1", "http://x/1", 200, {"Content-Type": "text/html"}, body.encode(), NOW)
    feed = (
        b'<rss version="2.0"><channel><title>Paper</title>'
        b"<item><title>Leaders meet</title><link>http://x/1</link></item></channel></rss>"
    )
    pool = await Pool.start(rules, (), size=1)
    try:
        listed = await pool.links(page("http://x/feed", feed), SOURCE)
        read = await pool.article(web, LINK, PAPER)
        told = await pool.entry(LINK, Failure(Reason.FORBIDDEN), "en")
        verdict = await pool.robots(
            b"User-agent: *\nDisallow: /a\nCrawl-delay: 7", ["http://x/a", "http://x/b"], "monitor"
        )
    finally:
        await pool.aclose()
    assert [link.url for link in listed.links] == ["http://x/1"]
    assert [hit.rule_id for hit in read.hits] == ["summit"]
    assert (told.article.text, told.article.reason) == ("feed", Reason.FORBIDDEN)
    assert verdict == RobotsVerdict((False, True), 7.0)


async def test_records_travel_whole():
    async with pool_of() as pool:
        links = await pool.links(page("fine"), SOURCE)
        failure = await pool.entry(LINK, Failure(Reason.ROBOTS, "no"), None)
        verdict = await pool.robots(b"", ["http://x/monitor", "http://x/"], "monitor")
    assert links == Links((Link("paper", "http://x/feed", "http://x/1"),), title="Feed")
    assert failure == Failure(Reason.ROBOTS, "no")
    assert verdict == RobotsVerdict((True, False))


DEATHS = [
    ("spin", Reason.OVER_TIME),
    ("spin-without-timer", Reason.OVER_TIME),
    ("stop", Reason.OVER_TIME),
    ("eat-slowly", Reason.OVER_MEMORY),
    ("eat-at-once", Reason.OVER_MEMORY),
    ("eat-much", Reason.OVER_MEMORY),
    ("crash", Reason.CRASHED),
    ("exit", Reason.CRASHED),
    ("system-exit", Reason.CRASHED),
    ("close", Reason.CRASHED),
    ("junk", Reason.BAD_REPLY),
    ("wrong-items", Reason.BAD_REPLY),
    ("wrong-kind", Reason.BAD_REPLY),
    ("too-many", Reason.BAD_REPLY),
    ("other-outlet", Reason.BAD_REPLY),
    ("nan", Reason.BAD_REPLY),
]


def seconds(reason: Reason) -> float:
    """Return how long a job may take: what eats memory has time for it on a machine that does much else."""
    return 0.3 if reason is Reason.OVER_TIME else 5.0


@pytest.mark.parametrize(("deed", "reason"), DEATHS)
async def test_a_page_that_breaks_its_reader_is_marked_and_the_next_is_read_by_another(deed, reason):
    async with pool_of(job_seconds=seconds(reason), memory_bytes=64 << 20) as pool:
        before = await reader_pid(pool)
        failure = await pool.links(page(deed), SOURCE)
        after = await reader_pid(pool)
        assert failure.reason is reason
        assert before != after
        await until(lambda: not lives(before))
        assert pool.stats()[reason.value] == 1


@pytest.mark.parametrize(
    ("deed", "reason", "detail"),
    [
        ("raise", Reason.CRASHED, "LookupError"),  # the type alone: a message may hold the page's words
        ("recurse", Reason.CRASHED, "RecursionError"),
        ("garbage", Reason.BAD_REPLY, "the reader made a object"),
        ("too-large", Reason.BAD_REPLY, "above 8,388,608"),
        ("surrogate", Reason.BAD_REPLY, "UnicodeEncodeError"),
    ],
)
async def test_a_fault_that_the_reader_survives_costs_no_process(deed, reason, detail):
    async with pool_of() as pool:
        before = await reader_pid(pool)
        failure = await pool.links(page(deed), SOURCE)
        assert failure.reason is reason
        assert detail in failure.detail
        assert "secret" not in failure.detail
        assert await reader_pid(pool) == before


async def test_robots_verdicts_must_be_as_many_as_the_urls():
    async with pool_of() as pool:
        answer = await pool.robots(b"one too few", ["http://x/1", "http://x/2"], "monitor")
        assert answer == Failure(Reason.BAD_REPLY, "not one verdict a URL")


async def test_a_job_that_cannot_travel_is_a_failure_and_reaches_no_reader():
    async with pool_of() as pool:
        large = await pool.article(page("fine", b"x" * (9 << 20)), LINK, PAPER)
        broken = await pool.article(page("http://x/\ud800"), LINK, PAPER)
        assert large.reason is Reason.TOO_LARGE
        assert broken.reason is Reason.ENCODING
        assert isinstance(await pool.links(page("fine"), SOURCE), Links)


async def test_one_spinning_page_does_not_stop_the_others():
    async with pool_of(size=2, job_seconds=1.0) as pool:
        spin = asyncio.create_task(pool.links(page("spin"), SOURCE))
        answers = [await pool.links(page("fine"), SOURCE) for _ in range(20)]
        assert not spin.done()
        assert all(isinstance(answer, Links) for answer in answers)
        assert await spin == Failure(Reason.OVER_TIME, "ended by its timer")


async def test_a_page_whose_reader_died_while_idle_is_read():
    async with pool_of() as pool:
        for _ in range(5):
            os.kill(await reader_pid(pool), signal.SIGKILL)
            assert isinstance(await pool.links(page("fine"), SOURCE), Links)


async def test_what_a_page_left_in_the_socket_is_not_the_next_ones_answer():
    async with pool_of() as pool:
        while not pool.stats().get("retried"):
            assert isinstance(await pool.links(page("late-junk"), SOURCE), Links)
            await asyncio.sleep(0.1)
            assert isinstance(await pool.links(page("fine"), SOURCE), Links)


@pytest.mark.parametrize("deed", ["keep", "map"])
async def test_a_reader_that_kept_much_memory_is_replaced_without_blame(deed):
    async with pool_of() as pool:
        before = await reader_pid(pool)
        assert isinstance(await pool.links(page(deed), SOURCE), Links)
        assert await reader_pid(pool) != before
        assert "over_memory" not in pool.stats()


async def test_memory_a_page_needed_for_a_moment_is_given_back():
    async with pool_of(memory_bytes=256 << 20) as pool:
        before = await reader_pid(pool)
        start = memory(before)[1]
        for _ in range(3):
            assert isinstance(await pool.links(page("fragment"), SOURCE), Links)
            assert memory(before)[1] - start < 40 << 20
        assert await reader_pid(pool) == before


async def napping(pool):
    """Have the only reader busy; return what notes which jobs end in which order, the list of them, and its job."""
    done = []

    async def note(name, call):
        await call
        done.append(name)

    first = asyncio.create_task(note("nap", pool.links(page("nap"), SOURCE)))
    await until(lambda: pool.stats()["busy"] == 1)
    return note, done, first


async def test_feeds_and_robots_overtake_articles():
    async with pool_of() as pool:
        note, done, first = await napping(pool)
        articles = [asyncio.create_task(note(f"a{n}", pool.article(page("fine"), LINK, PAPER))) for n in range(3)]
        await until(lambda: pool.stats()["waiting"] == 3)
        feeds = [
            asyncio.create_task(note("links", pool.links(page("fine"), SOURCE))),
            asyncio.create_task(note("robots", pool.robots(b"", ["http://x/"], "m"))),
        ]
        await asyncio.gather(first, *articles, *feeds)
    assert done == ["nap", "links", "robots", "a0", "a1", "a2"]


async def test_a_flood_of_feeds_lets_every_fourth_job_be_a_page():
    async with pool_of() as pool:
        note, done, first = await napping(pool)
        feeds = [asyncio.create_task(note("f", pool.links(page("fine"), SOURCE))) for _ in range(8)]
        given_up = asyncio.create_task(pool.article(page("fine"), LINK, PAPER))
        articles = [asyncio.create_task(note("A", pool.article(page("fine"), LINK, PAPER))) for _ in range(3)]
        # One of the feeds is behind the nap.
        await until(lambda: pool.stats()["waiting"] == 11)
        given_up.cancel()
        await asyncio.gather(first, *articles, *feeds)
    assert "".join(done[2:]) == "fffAfffAfA"


async def crowd(pool, deeds, count=40):
    """Have a job done for each deed, every fourth of a crowd; return their results, and those of the others."""
    asked = [
        pool.links(page(deeds[number // 4]), SOURCE)
        if number % 4 == 1 and number // 4 < len(deeds)
        else pool.article(page("fine"), LINK, PAPER)
        for number in range(count)
    ]
    results = await asyncio.gather(*asked)
    bad = [results[4 * number + 1] for number in range(len(deeds))]
    return bad, [one for number, one in enumerate(results) if number % 4 != 1 or number // 4 >= len(deeds)]


# With one reader one deed of each reason: what the reader did of it is the same for the pool.
@pytest.mark.parametrize(
    ("deed", "reason", "size"),
    [(deed, reason, 2) for deed, reason in DEATHS]
    + [(deed, reason, 1) for reason, deed in {reason: deed for deed, reason in DEATHS}.items()],
)
async def test_in_a_crowd_a_page_that_breaks_its_reader_takes_none_of_the_others_with_it(deed, reason, size):
    async with pool_of(size=size, job_seconds=seconds(reason), memory_bytes=64 << 20) as pool:
        bad, others = await crowd(pool, [deed] * 3)
        assert [one.reason for one in bad] == [reason] * 3
        assert all(isinstance(one, Reading) for one in others), others
        assert pool.stats()["busy"] == pool.stats()["waiting"] == 0
        await until(lambda: pool.stats()["readers"] == size)


async def test_in_a_crowd_that_ends_its_readers_one_after_another_who_is_innocent_is_read():
    async with pool_of(size=2) as pool:
        bad, others = await crowd(pool, ["crash", "exit", "close", "crash", "exit", "close", "crash", "exit"], 32)
    assert {one.reason for one in bad} == {Reason.CRASHED}
    assert all(isinstance(one, Reading) for one in others), others


async def test_what_a_page_needs_for_a_moment_is_not_what_the_one_before_it_left():
    async with pool_of(size=2, memory_bytes=64 << 20) as pool:
        read = await asyncio.gather(*[pool.article(page("peak"), LINK, PAPER) for _ in range(40)])
        assert all(isinstance(one, Reading) for one in read)
        assert "retried" not in pool.stats()
        assert pool.stats()["forked"] == 2


async def test_who_gives_up_in_a_crowd_takes_none_of_the_others_along():
    async with pool_of(size=2) as pool:
        tasks = [asyncio.create_task(pool.article(page("nap"), LINK, PAPER)) for _ in range(30)]
        await until(lambda: pool.stats()["busy"] == 2)
        # Those in hand, those behind them, and one that waits.
        for number in (0, 2, 3, 20):
            tasks[number].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert pool.stats()["busy"] == pool.stats()["waiting"] == 0
    given_up = [number for number, one in enumerate(results) if isinstance(one, asyncio.CancelledError)]
    assert given_up == [0, 2, 3, 20]
    assert all(isinstance(one, Reading) for number, one in enumerate(results) if number not in given_up), results


async def test_a_reload_in_a_crowd_has_each_job_done_once():
    async with pool_of(size=2) as pool:
        tasks = [asyncio.create_task(pool.article(page("nap"), LINK, PAPER)) for _ in range(30)]
        await until(lambda: pool.stats()["busy"] == 2)
        await pool.reload((Rule("second", "nato"),), ())
        results = await asyncio.gather(*tasks)
        assert all(isinstance(one, Reading) for one in results), results
        assert len({one.rules_version for one in results}) <= 2
        await until(lambda: len(pool.pids()["fork_servers"]) == 1)


async def test_closing_in_a_crowd_answers_everybody():
    async with pool_of(size=2) as pool:
        tasks = [asyncio.create_task(pool.links(page("long-nap"), SOURCE)) for _ in range(30)]
        await until(lambda: pool.stats()["waiting"] <= 26)
    results = await asyncio.gather(*tasks)
    assert {one.reason for one in results} == {Reason.NO_READER}


async def test_a_cancelled_caller_leaves_no_answer_behind_for_the_next():
    async with pool_of() as pool:
        for _ in range(5):
            task = asyncio.create_task(pool.links(page("long-nap"), SOURCE))
            waiter = asyncio.create_task(pool.links(page("fine"), SOURCE))
            await until(lambda: pool.stats()["busy"] == 1)
            await asyncio.sleep(0.02)
            waiter.cancel()
            task.cancel()
            ended = await asyncio.gather(task, waiter, return_exceptions=True)
            assert all(isinstance(one, asyncio.CancelledError) for one in ended)
            assert isinstance(await pool.article(page("fine"), LINK, PAPER), Reading)
        assert pool.stats()["busy"] == 0


async def test_cancelling_all_callers_at_once_keeps_the_crew_complete():
    async with pool_of(size=2) as pool:
        tasks = [asyncio.create_task(pool.links(page("nap"), SOURCE)) for _ in range(20)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: pool.stats()["readers"] == 2)
        assert pool.stats()["busy"] == pool.stats()["waiting"] == 0
        assert isinstance(await pool.links(page("fine"), SOURCE), Links)


async def test_reload_gives_new_jobs_to_the_new_rules_and_lets_old_ones_finish():
    async with pool_of(size=2) as pool:
        old_server = parent(await reader_pid(pool))
        in_hand = asyncio.create_task(pool.article(page("nap"), LINK, PAPER))
        await until(lambda: pool.stats()["busy"] == 1)
        await pool.reload([Rule("second", "eu")], ())
        after = await asyncio.gather(*(pool.article(page("fine"), LINK, PAPER) for _ in range(4)))
        assert {reading.rules_version for reading in after} == {"second"}
        assert (await in_hand).rules_version == "first"
        assert parent(await reader_pid(pool)) != old_server
        await until(lambda: not Path(f"/proc/{old_server}").exists())
        assert pool.stats()["readers"] == 2


async def test_an_edit_is_in_force_in_every_reader_without_a_new_server():
    pool = await Pool.start([Rule("one", "nato"), Rule("two", "summit")], (), size=2)
    try:
        servers = set(pool._servers)
        entry = Link("paper", "http://x/feed", "http://x/1", title="NATO at the harbour summit")
        await pool.amend([Rule("one", "harbour"), Rule("three", "title:nato")], ["two"])
        failure = Failure(Reason.ROBOTS)
        found = await asyncio.gather(*(pool.entry(entry, failure, "en") for _ in range(8)))
        assert {tuple(hit.rule_id for hit in reading.hits) for reading in found} == {("one", "three")}
        assert len({reading.rules_version for reading in found}) == 1
        with pytest.raises(PoolError, match="rule bad: this \\( is never closed"):
            await pool.amend([Rule("one", "summit"), Rule("bad", "(a")])
        reading = await pool.entry(entry, failure, "en")
        assert [hit.rule_id for hit in reading.hits] == ["one", "three"]
        assert reading.hits[0].evidence[0].surface == "harbour"
        # A whole set of which little is new is an edit too, and it outlives the server.
        await pool.reload([Rule("one", "harbour"), Rule("four", "summit")], ())
        assert set(pool._servers) == servers
        os.kill(next(iter(servers)).process.pid, signal.SIGKILL)
        await until(lambda: not next(iter(servers)).alive)
        reading = await pool.entry(entry, failure, "en")
        assert isinstance(reading, Reading), reading
        assert [hit.rule_id for hit in reading.hits] == ["one", "four"]
    finally:
        await pool.aclose()


async def test_a_fork_server_that_ends_while_it_forks_is_replaced_and_nobody_is_refused():
    pool = await Pool.start([Rule("one", "nato")], (), size=1)
    try:
        await until(lambda: pool._idle)
        server = pool._server.process.pid
        os.kill(server, signal.SIGSTOP)
        # The reader is gone, and the next is asked of a server that will not answer.
        pool._drop(pool._idle.pop())
        entry = Link("paper", "http://x/feed", "http://x/1", title="NATO at the harbour")
        reading = asyncio.create_task(pool.entry(entry, Failure(Reason.ROBOTS), "en"))
        await asyncio.sleep(0.1)
        os.kill(server, signal.SIGKILL)
        assert isinstance(await reading, Reading), reading.result()
    finally:
        await pool.aclose()


async def test_an_edit_that_nobody_waited_for_is_not_in_force():
    pool = await Pool.start([Rule("one", "nato")], (), size=1)
    try:
        await asyncio.sleep(0.1)
        task = asyncio.create_task(pool.amend([Rule("one", "harbour")]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        entry, failure = (
            Link("paper", "http://x/feed", "http://x/1", title="NATO at the harbour"),
            Failure(Reason.ROBOTS),
        )
        for _ in range(100):
            reading = await pool.entry(entry, failure, "en")
            if isinstance(reading, Reading):
                break
            await asyncio.sleep(0.1)
        assert [hit.evidence[0].surface for hit in reading.hits] == ["NATO" if task.cancelled() else "harbour"]
        await pool.amend([], ["one"])
        await pool.amend([Rule("two", "harbour")])
        assert [hit.rule_id for hit in (await pool.entry(entry, failure, "en")).hits] == ["two"]
    finally:
        await pool.aclose()


async def test_an_edit_is_taken_though_the_server_has_just_ended():
    pool = await Pool.start([Rule("one", "nato")], (), size=1)
    try:
        server = pool._server.process
        server.kill()
        server.wait()  # nothing has told the pool yet
        await pool.amend([Rule("one", "harbour")])
        link = Link("paper", "http://x/feed", "http://x/1", title="NATO at the harbour")
        reading = await pool.entry(link, Failure(Reason.ROBOTS), "en")
        assert [hit.evidence[0].surface for hit in reading.hits] == ["harbour"]
    finally:
        await pool.aclose()


async def test_rules_that_cannot_be_compiled_leave_the_old_ones_in_force():
    async with pool_of() as pool:
        with pytest.raises(PoolError, match="rule 'broken': a bracket is open"):
            await pool.reload([Rule("broken", "(")], ())
        assert (await pool.article(page("fine"), LINK, PAPER)).rules_version == "first"


@pytest.mark.parametrize(
    ("reader", "says"),
    [("monitor.nowhere:Reader", "No module named"), ("tests.hostile_reader:Nobody", "has no attribute 'Nobody'")],
)
async def test_a_reader_that_cannot_be_loaded_is_a_pool_error(reader, says):
    with pytest.raises(PoolError, match=says):
        await Pool.start(RULES, (), size=1, reader=reader)


async def test_a_pool_without_readers_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        await Pool.start(RULES, (), size=0)


async def test_the_fork_server_is_started_again_when_it_dies():
    async with pool_of(size=2) as pool:
        reader = await reader_pid(pool)
        os.kill(parent(reader), signal.SIGKILL)
        assert isinstance(await pool.links(page("fine"), SOURCE), Links)
        await until(lambda: not lives(reader))
        assert (await pool.article(page("fine"), LINK, PAPER)).rules_version == "first"


async def test_a_page_in_hand_when_the_fork_server_dies_is_read_again():
    async with pool_of() as pool:
        server = parent(await reader_pid(pool))
        task = asyncio.create_task(pool.links(page("nap"), SOURCE))
        await until(lambda: pool.stats()["busy"] == 1)
        await asyncio.sleep(0.05)
        os.kill(server, signal.SIGKILL)
        assert isinstance(await task, Links)


async def test_a_page_that_kills_the_fork_server_is_given_up():
    async with pool_of() as pool:
        failure = await pool.links(page("kill-server"), SOURCE)
        assert failure.reason is Reason.CRASHED
        assert isinstance(await pool.links(page("fine"), SOURCE), Links)


async def test_when_no_process_can_be_started_pages_fail_and_recover_later(monkeypatch):
    async with pool_of() as pool:
        reader = await reader_pid(pool)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", "/nonexistent/python")
            os.kill(parent(reader), signal.SIGKILL)
            await until(lambda: not lives(reader))
            failure = await pool.links(page("fine"), SOURCE)
        assert failure.reason is Reason.NO_READER
        assert "reader processes cannot be started" in failure.detail
        await until(lambda: pool.stats()["readers"] == 1)
        assert isinstance(await pool.links(page("fine"), SOURCE), Links)


ENVIRONMENT = b"OPENBLAS_NUM_THREADS=1\0OMP_NUM_THREADS=1\0"


async def test_a_reader_has_nothing_of_the_daemons(monkeypatch):
    monkeypatch.setenv("MONITOR_SECRET", "hunter2")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    with Path(__file__).open() as kept_open:
        os.set_inheritable(kept_open.fileno(), True)
        async with pool_of() as pool:
            pid, fds, environment, folder, core, _ = await look(pool)
            server = parent(int(pid))
            assert Path(f"/proc/{server}/environ").read_bytes() == ENVIRONMENT
            outputs = {str(Path(f"/proc/{pid}/fd/{fd}").readlink()) for fd in (0, 1, 2)}
            assert os.getsid(server) != os.getsid(0)
    # The socket is 3; the fourth is the folder in which it looked.
    assert fds == "[0, 1, 2, 3, 4]"
    assert (environment, folder, core) == (ENVIRONMENT.decode(), "/", "0")
    assert outputs == {"/dev/null"}


async def test_what_a_parser_prints_goes_nowhere(capfd):
    async with pool_of() as pool:
        assert isinstance(await pool.links(page("print"), SOURCE), Links)
    assert capfd.readouterr() == ("", "")


async def test_a_stop_signal_to_the_whole_group_is_left_to_the_daemon():
    async with pool_of() as pool:
        pid = await reader_pid(pool)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(pid, number)
            os.kill(parent(pid), number)
        assert await reader_pid(pool) == pid


async def test_closing_ends_every_process_and_answers_who_waits():
    async with pool_of(size=2) as pool:
        pids = [await reader_pid(pool)]
        pids.append(parent(pids[0]))
        calls = [asyncio.create_task(pool.links(page("long-nap"), SOURCE)) for _ in range(4)]
        await until(lambda: pool.stats()["waiting"] == 2)
        await pool.aclose()
        assert {answer.detail for answer in await asyncio.gather(*calls)} == {"the readers are closed"}
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert (await pool.robots(b"", ["http://x/"], "m")).reason is Reason.NO_READER
        with pytest.raises(PoolError):
            await pool.reload(RULES, ())


async def test_fifty_kills_leak_no_descriptor_and_no_zombie():
    async with pool_of(size=2) as pool:
        server = parent(await reader_pid(pool))

        def held():
            gc.collect()
            return [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in ("self", server)]

        def children():
            return len(Path(f"/proc/{server}/task/{server}/children").read_text().split())

        await until(lambda: pool.stats()["readers"] == 2)
        before = held()
        for _ in range(50):
            assert (await pool.links(page("exit"), SOURCE)).reason is Reason.CRASHED
        await until(lambda: pool.stats()["readers"] == 2 and children() == 2)
        assert held() == before
        assert parent(await reader_pid(pool)) == server


DAEMON = """
import asyncio, sys
from tests import test_pool as t

async def main():
    async with t.pool_of(size=2) as pool:
        asyncio.create_task(pool.links(t.page("spin-without-timer"), t.SOURCE))
        await t.until(lambda: pool.stats()["busy"] == 1 and pool.stats()["readers"] == 2)
        idle = await t.reader_pid(pool)
        server = t.parent(idle)
        children = t.Path(f"/proc/{server}/task/{server}/children").read_text().split()
        print(server, *children, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_nothing_is_left_when_the_daemon_is_killed():
    with subprocess.Popen([sys.executable, "-c", DAEMON], cwd=ROOT, stdout=subprocess.PIPE, text=True) as daemon:
        try:
            pids = [int(pid) for pid in daemon.stdout.readline().split()]
        finally:
            daemon.kill()
    assert len(pids) == 3
    while any(lives(pid) for pid in pids):
        time.sleep(0.01)


TEXT = "Rada města schválila výstavbu nových kotvišť pro šest lodí a ukončila spor, který trval dva roky. " * 5


async def test_readers_share_the_language_model_and_have_one_thread():
    pool = await Pool.start(RULES, (), size=1, reader="monitor.reading:Reader")
    try:
        served = page("fine", f"<html lang='en'><h1>Šest lodí</h1><article><p>{TEXT}</p></article>".encode())
        reading = await pool.article(served, LINK, PAPER)
        assert isinstance(reading, Reading), reading
        assert reading.article.language == "cs"
        server = next(pid for pid in children(os.getpid()) if children(pid))
        reader = children(server)[0]
        assert len(list(Path(f"/proc/{reader}/task").iterdir())) == 1
        # What the reader wrote to is its own; the model's 90 MB are not among that.
        assert private_memory(reader) < 40 << 20
    finally:
        await pool.aclose()


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def private_memory(pid):
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) << 10 for row in rows if row.startswith("Private_Dirty"))


def test_a_daemon_that_is_gone_before_the_rules_are_compiled_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    async def scene() -> int:
        server = ForkServer(asyncio.get_running_loop())
        request = wire.pack(orders.Setup("monitor.reading:Lister", (), (), 5.0, 128 << 20))
        await asyncio.get_running_loop().sock_sendall(server.control, request)
        server.control.shutdown(socket.SHUT_RDWR)
        code = await asyncio.to_thread(server.process.wait, 30)
        await end(server)
        return code

    assert asyncio.run(scene()) == 0
    assert capfd.readouterr().err == ""
