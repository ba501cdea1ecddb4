"""Frames between the daemon and its readers: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from monitor import orders, wire
from monitor.errors import Reason
from monitor.model import (
    Article,
    Block,
    Candidate,
    Candidates,
    Entity,
    Evidence,
    Failure,
    Hit,
    Link,
    Links,
    LinkState,
    Memory,
    Name,
    Page,
    Reading,
    Role,
    Rule,
    Selectors,
    TextKind,
    Traits,
)
from monitor.views import DueSource, RobotsVerdict

NOW = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
PAGE = Page("http://x/final", "http://x/first", 200, {"Content-Type": "text/html"}, b"\x1f\x8b\x00", NOW)
SOURCE = DueSource(7, "paper", "http://x/feed", "feed", NOW, baseline=True)
LINK = Link("paper", "http://x/feed", "http://x/1", published=NOW, id=3, attempts=1, state=LinkState.PARTIAL)
LISTED = Link("paper", "http://x/feed", "http://x/1", title="Élysée мир", published=NOW)
LINKS_JOB = wire.LinksJob(PAGE, SOURCE)
LEARNT = Memory(((7, 2**64 - 1, 1),), (4, 5))
ARTICLE_JOB = wire.ArticleJob(LINK, "en", page=PAGE, selectors=Selectors(body=".story", drop=".promo"), memory=LEARNT)
CANDIDATES_JOB = wire.CandidatesJob(PAGE)
NAMED = Candidate("http://x/feed", "feed", "Все новости", "the page links to it")
CANONICAL_JOB = wire.CanonicalJob(PAGE, "http://y/1")
ROBOTS_JOB = wire.RobotsJob(b"User-agent: *", ("http://x/1", "http://x/2"), "monitor")
NAIVE = Block(Role.BODY, "It met.", datetime(2026, 3, 1))  # noqa: DTZ001
READING = Reading(
    Article(
        "http://x/1", "Title", "en", (Block(Role.BODY, "NATO met."), Block(Role.BODY, "It parted.", NOW)), outlet="paper", published=NOW,
        text=TextKind.FEED, reason=Reason.PAYWALL, paywalled=True, authors=("A", "B"),
    ),
    (Hit("nato", (Evidence("nato", "body", (0, 4), 0, (0, 9), "NATO", quote="NATO met.", mark=(0, 4)),)),),
    Traits((2**63, 5), b"terms"),
    "v1",
    LEARNT,
    "http://y/1",
)  # fmt: skip


def payload(frame):
    return frame[wire.HEADER.size :]


def through(job, result):
    """The daemon's result of what a reader answered."""
    return job.result(payload(wire.pack_reply(result, serial=1)))


@pytest.mark.parametrize(
    "job",
    [
        LINKS_JOB,
        ARTICLE_JOB,
        wire.EntryJob(LINK, None, failure=Failure(Reason.ROBOTS, "no")),
        CANONICAL_JOB,
        CANDIDATES_JOB,
        ROBOTS_JOB,
    ],
)
def test_jobs_arrive_as_they_were(job):
    arrived = wire.unpack_job(payload(wire.pack(job, cap=wire.MAX_REQUEST)))
    assert type(arrived) is type(job)
    for name in job.__struct_fields__:
        sent, found = getattr(job, name), getattr(arrived, name)
        if isinstance(sent, Page):
            assert found.headers["CONTENT-TYPE"] == "text/html"
            assert dict(found.headers) == dict(sent.headers)
            found = replace(found, headers=sent.headers)
        assert found == sent


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (LINKS_JOB, Links((LISTED,), "Paper", "fr", 3600.0, 4, (1, 2**64 - 1))),
        (ARTICLE_JOB, READING),
        (wire.EntryJob(LINK, "en", failure=Failure(Reason.ROBOTS)), READING),
        (CANONICAL_JOB, "http://y/1"),
        (CANONICAL_JOB, Failure(Reason.CRASHED)),
        (ROBOTS_JOB, RobotsVerdict((True, False), 2.5)),
        (CANDIDATES_JOB, Candidates("", "Paper", "fr", (NAMED, NAMED))),
        (CANDIDATES_JOB, Failure(Reason.CHALLENGE, "Just a moment")),
        (LINKS_JOB, Failure(Reason.NOT_A_FEED, "html")),
        (ARTICLE_JOB, Failure(Reason.CONSENT)),
        (ROBOTS_JOB, Failure(Reason.HOSTILE)),
    ],
)
def test_results_arrive_as_they_were(job, result):
    assert through(job, result) == result


@pytest.mark.parametrize(
    ("job", "result", "says"),
    [
        (LINKS_JOB, RobotsVerdict((True,)), "robots"),
        (ROBOTS_JOB, RobotsVerdict((True, False), float("nan")), "delay"),
        (ROBOTS_JOB, RobotsVerdict((True, False), 1e9), "delay"),
        (ROBOTS_JOB, RobotsVerdict((True, False), -1.0), "delay"),
        (LINKS_JOB, READING, "reading"),
        (ARTICLE_JOB, Links(), "links"),
        (ROBOTS_JOB, RobotsVerdict((True,)), "not one verdict"),
        (CANDIDATES_JOB, Links(), "links"),
        (CANDIDATES_JOB, Candidates(found=(NAMED,) * (wire.MAX_CANDIDATES + 1)), "length <= 100"),
        (CANDIDATES_JOB, Candidates(title="x" * 501), "length <= 500"),
        (CANDIDATES_JOB, Candidates(found=(replace(NAMED, url="http://x/" + "y" * wire.MAX_URL),)), "too long"),
        (CANDIDATES_JOB, Candidates(found=(replace(NAMED, title="y" * 2_000),)), "too many words"),
        (LINKS_JOB, Links((LISTED,) * (wire.MAX_LINKS + 1)), "length <= 2000"),
        (LINKS_JOB, Links((replace(LISTED, outlet="other"),)), "cannot list"),
        (LINKS_JOB, Links((replace(LISTED, source="http://x/other"),)), "cannot list"),
        (LINKS_JOB, Links((replace(LISTED, article_id=9),)), "cannot list"),
        (LINKS_JOB, Links((replace(LISTED, state=LinkState.READ),)), "cannot list"),
        (LINKS_JOB, Links((replace(LISTED, published=datetime(2026, 3, 1)),)), "cannot list"),  # noqa: DTZ001
        (LINKS_JOB, Links(ttl=float("inf")), "ttl"),
        (ARTICLE_JOB, replace(READING, article=replace(READING.article, outlet="other")), "another outlet"),
        (ARTICLE_JOB, replace(READING, article=replace(READING.article, updated=datetime(2026, 3, 1))), "zone"),  # noqa: DTZ001
        (ARTICLE_JOB, replace(READING, article=replace(READING.article, blocks=(NAIVE,))), "block's time"),
        (ARTICLE_JOB, replace(READING, article=replace(READING.article, title=7)), "Expected `str`"),
        (ARTICLE_JOB, replace(READING, traits=Traits((1,) * (wire.MAX_SKETCH + 1))), "too many numbers"),
        (ARTICLE_JOB, replace(READING, gain=Memory(((1,), (2,)))), "not one article"),
        (ARTICLE_JOB, replace(READING, gain=Memory(((),))), "not one article"),
        (ARTICLE_JOB, replace(READING, gain=Memory(((1, -1),))), "digests"),
        (ARTICLE_JOB, replace(READING, gain=Memory(titles=(1,) * (wire.MAX_DIGESTS + 1))), "digests"),
        (ARTICLE_JOB, replace(READING, claim="x" * (wire.MAX_URL + 1)), "length"),
        (CANONICAL_JOB, "x" * (wire.MAX_URL + 1), "length"),
        (CANONICAL_JOB, READING, "reading"),
        (LINKS_JOB, Links(titles=(-1,)), "digests"),
        (LINKS_JOB, Links(titles=(1,) * (wire.MAX_DIGESTS + 1)), "length"),
        (ARTICLE_JOB, replace(READING, hits=(Hit("r", (Evidence("a", "b", (0, 1)),) * 501),) * 100), "evidence"),
    ],
)
def test_a_reply_that_does_not_fit_its_job_is_refused(job, result, says):
    with pytest.raises(wire.FrameError, match=says):
        through(job, result)


def test_a_reply_above_the_cap_says_so_instead():
    answer = through(LINKS_JOB, Links(title="x" * (wire.MAX_REPLY + 1)))
    assert answer.reason is Reason.BAD_REPLY
    assert "above" in answer.detail


def test_the_detail_of_a_failure_is_cut():
    assert len(through(LINKS_JOB, Failure(Reason.HOSTILE, "x" * 10_000)).detail) == wire.MAX_DETAIL


def test_a_job_above_the_cap_is_told_from_one_that_cannot_be_encoded():
    with pytest.raises(wire.LargeFrameError):
        wire.pack(wire.RobotsJob(b"x" * (wire.MAX_REQUEST + 1), (), "m"), cap=wire.MAX_REQUEST)
    with pytest.raises(wire.FrameError) as error:
        wire.pack(wire.RobotsJob(b"", ("\ud800",), "m"), cap=wire.MAX_REQUEST)
    assert error.value.reason is Reason.ENCODING


def test_random_and_cut_bytes_raise_nothing_but_frame_error():
    chance = random.Random(5)
    whole = payload(wire.pack_reply(READING, serial=1))
    for _ in range(2_000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randrange(len(data) + 1)] if chance.random() < 0.5 else data
        with contextlib.suppress(wire.FrameError):
            assert isinstance(ARTICLE_JOB.result(data), Reading | Failure)
    with pytest.raises(wire.FrameError):
        ARTICLE_JOB.result(bytearray(b"\x91" * 100_000))


def test_a_frame_is_taken_only_with_its_serial_and_within_its_cap():
    frame = wire.pack(orders.Ready())
    wire.stamp(frame, 9)
    header = frame[: wire.HEADER.size]
    assert wire.payload_size(header, 9, cap=100) == len(payload(frame))
    with pytest.raises(wire.FrameError, match="nobody asked for"):
        wire.payload_size(header, 10, cap=100)
    with pytest.raises(wire.FrameError, match="above 0"):
        wire.payload_size(header, 9, cap=0)


def test_reports_are_taken_one_by_one_from_what_has_arrived():
    reports = [orders.Ready(), orders.Started(1, 4711), orders.Exited(1, -11), orders.Failed(2, "no memory")]
    stream = b"".join(bytes(wire.pack(report)) for report in reports)
    inbox, taken = bytearray(), []
    for byte in stream:
        inbox.append(byte)
        while report := orders.take_report(inbox):
            taken.append(report)
    assert taken == reports
    assert not inbox


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        (-14, Reason.OVER_TIME, "ended by its timer"),
        (-11, Reason.CRASHED, "SIGSEGV"),
        (-9, Reason.CRASHED, "SIGKILL"),
        (-40, Reason.CRASHED, "signal 40"),
        (3, Reason.CRASHED, "exit status 3"),
    ],
)
def test_how_a_reader_ended_says_why_the_page_was_not_read(status, reason, detail):
    assert orders.Exited(1, status).failure() == Failure(reason, detail)


def test_setup_carries_rules_and_entities():
    setup = orders.Setup("a:B", (), (), 5.0, 1 << 27)
    rules = (Rule("r", "nato", tags=("x",), until=NOW),)
    entities = (Entity("nato", (Name("NATO", exact=True, languages=("en",)),)),)
    setup = setup.with_rules(rules, entities)
    assert orders.unpack_setup(payload(wire.pack(setup))) == setup
    assert (setup.rules, setup.entities) == (rules, entities)


def test_nothing_but_known_jobs_is_decoded():
    with pytest.raises(wire.FrameError):
        wire.unpack_job(bytearray(msgspec.msgpack.encode({"type": "shell", "command": "id"})))
