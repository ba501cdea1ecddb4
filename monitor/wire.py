"""What the daemon and its readers say to each other: typed MessagePack in frames, capped both ways; never pickle.

    frame = length (4 bytes) · serial (4 bytes) · payload

A reader answers a job with two frames of the job's serial: an empty one when it has the job in hand, then the reply.
What comes from a reader may come from a parser that hostile bytes took over, so its replies are checked, not trusted.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

import msgspec

from monitor.errors import Reason
from monitor.fetch.robots import MAX_DELAY
from monitor.headers import Headers
from monitor.model import (
    Article,
    Candidate,
    Candidates,
    Failure,
    Hit,
    Link,
    Links,
    LinkState,
    Memory,
    Page,
    Reading,
    Selectors,
    Traits,
)
from monitor.views import DueSource, RobotsVerdict

if TYPE_CHECKING:
    from monitor.reading import Reader

HEADER = struct.Struct("!II")
# A page is 5 MB at most as fetched; a feed's 2 M characters of content are 6 MB in three-byte scripts.
MAX_REQUEST = MAX_REPLY = 8 << 20
MAX_LINKS = 2_000
MAX_BLOCKS = 50_000
MAX_HITS = 20_000
MAX_EVIDENCE = 50_000
MAX_SKETCH = 10_000
MAX_TERMS = 8_192
MAX_DIGESTS = 500
MAX_DETAIL = 500
MAX_URL = 2_000
MAX_SITEMAPS = 200
MAX_CANDIDATES = 100
MAX_WORDS = 500
HOURS = 7 * 24

T = TypeVar("T")


class FrameError(ValueError):
    """A frame that may not be sent or cannot be believed."""

    reason = Reason.ENCODING


class LargeFrameError(FrameError):
    """A frame above its cap."""

    reason = Reason.TOO_LARGE


# ---- jobs: daemon to reader


class Task(msgspec.Struct, Generic[T], frozen=True):
    """What every job is: `run` is the reader's half, `result` the daemon's."""

    def run(self, reader: Reader) -> T | Failure:
        raise NotImplementedError

    def result(self, payload: bytearray) -> T | Failure:
        raise NotImplementedError


class LinksJob(Task[Links], frozen=True, tag="links"):
    """Parse a source's answer into links."""

    page: Page
    source: DueSource

    def run(self, reader: Reader) -> Links | Failure:
        return reader.links(self.page, self.source)

    def result(self, payload: bytearray) -> Links | Failure:
        """Decode and check the reply; raises FrameError."""
        reply = decode(_LINKS, payload)
        if isinstance(reply, FailureReply):
            return reply.failure()
        _require(all(_is_listed(link, self.source) for link in reply.links), "a link this source cannot list")
        _require(reply.ttl is None or math.isfinite(reply.ttl), "a ttl that is no number")
        _require(_are_digests(reply.titles), "digests that are none")
        _require(all(0 <= hour < HOURS for hour in reply.quiet), "an hour that no week has")
        return Links(
            reply.links, reply.title, reply.language, reply.ttl, reply.dropped, reply.titles, reply.quiet,
            reply.sitemaps, reply.same, reply.seen,
        )  # fmt: skip


class CandidatesJob(Task[Candidates], frozen=True, tag="candidates"):
    """Ask a page which sources it names."""

    page: Page

    def run(self, reader: Reader) -> Candidates | Failure:
        return reader.candidates(self.page)

    def result(self, payload: bytearray) -> Candidates | Failure:
        """Decode and check the reply; raises FrameError."""
        reply = decode(_CANDIDATES, payload)
        if isinstance(reply, FailureReply):
            return reply.failure()
        words = (one.title + one.kind + one.why for one in reply.found)
        _require(all(len(one) <= 2 * MAX_WORDS for one in words), "a candidate of too many words")
        _require(all(len(one.url) <= MAX_URL for one in reply.found), "a candidate with too long an address")
        return Candidates(reply.kind, reply.title, reply.language, reply.found)


class _ReadingJob(Task[Reading], frozen=True):
    """What ArticleJob and EntryJob share: both make a link a reading."""

    link: Link
    language: str | None

    def result(self, payload: bytearray) -> Reading | Failure:
        """Decode and check the reply; raises FrameError."""
        reply = decode(_READING, payload)
        if isinstance(reply, FailureReply):
            return reply.failure()
        article = reply.article
        _require(article.outlet in {self.link.outlet, ""}, "an article of another outlet")
        _require(len(article.blocks) <= MAX_BLOCKS, "too many blocks")
        _require(sum(len(hit.evidence) for hit in reply.hits) <= MAX_EVIDENCE, "too much evidence")
        _require(len(reply.traits.sketch) <= MAX_SKETCH, "a sketch of too many numbers")
        _require(len(reply.traits.terms) <= MAX_TERMS, "terms of too many bytes")
        _require(_aware((article.published, article.updated)), "a time without a zone")
        _require(
            _aware([block.at for block in article.blocks if block.at is not None]), "a block's time without a zone"
        )
        _require(len(reply.gain.articles) <= 1 and all(reply.gain.articles), "not one article learnt")
        _require(all(map(_are_digests, (*reply.gain.articles, reply.gain.titles))), "digests that are none")
        return Reading(article, reply.hits, reply.traits, reply.rules_version, reply.gain, reply.claim)


class ArticleJob(_ReadingJob, frozen=True, kw_only=True, tag="article"):
    """Make a page an article."""

    page: Page
    selectors: Selectors = Selectors()
    memory: Memory | None = None

    def run(self, reader: Reader) -> Reading | Failure:
        return reader.article(self.page, self.link, self.language, self.selectors, self.memory)


class EntryJob(_ReadingJob, frozen=True, kw_only=True, tag="entry"):
    """Make the article from the feed entry alone."""

    failure: Failure

    def run(self, reader: Reader) -> Reading | Failure:
        return reader.entry(self.link, self.failure, self.language)


class CanonicalJob(Task[str], frozen=True, tag="canonical"):
    """Ask a page that answered for a URL whether it names itself so."""

    page: Page
    url: str

    def run(self, reader: Reader) -> str:
        return reader.canonical(self.page, self.url)

    def result(self, payload: bytearray) -> str | Failure:
        """Decode the reply; raises FrameError."""
        reply = decode(_CANONICAL, payload)
        return reply.failure() if isinstance(reply, FailureReply) else reply.url


class RobotsJob(Task[RobotsVerdict], frozen=True, tag="robots"):
    """Ask a robots.txt about some URLs."""

    body: bytes
    urls: tuple[str, ...]
    agent: str

    def run(self, reader: Reader) -> RobotsVerdict | Failure:
        return reader.robots(self.body, self.urls, self.agent)

    def result(self, payload: bytearray) -> RobotsVerdict | Failure:
        """Decode and check the reply; raises FrameError."""
        reply = decode(_ROBOTS, payload)
        if isinstance(reply, FailureReply):
            return reply.failure()
        _require(len(reply.allowed) == len(self.urls), "not one verdict a URL")
        return RobotsVerdict(reply.allowed, reply.delay)


Job = LinksJob | CandidatesJob | ArticleJob | EntryJob | CanonicalJob | RobotsJob


# ---- replies: reader to daemon. Limits of Meta are checked before the items are built.


class LinksReply(msgspec.Struct, frozen=True, tag="links"):
    """A Links."""

    links: Annotated[tuple[Link, ...], msgspec.Meta(max_length=MAX_LINKS)]
    title: str
    language: str | None
    ttl: float | None
    dropped: int
    titles: Annotated[tuple[int, ...], msgspec.Meta(max_length=MAX_DIGESTS)]
    quiet: Annotated[tuple[int, ...], msgspec.Meta(max_length=HOURS)]
    sitemaps: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=MAX_URL)], ...], msgspec.Meta(max_length=MAX_SITEMAPS)
    ]
    same: Annotated[int, msgspec.Meta(ge=0, le=MAX_LINKS)]
    seen: Annotated[bytes, msgspec.Meta(max_length=8 * MAX_LINKS)]


class CandidatesReply(msgspec.Struct, frozen=True, tag="candidates"):
    """A Candidates."""

    kind: Annotated[str, msgspec.Meta(max_length=MAX_WORDS)]
    title: Annotated[str, msgspec.Meta(max_length=MAX_WORDS)]
    language: Annotated[str, msgspec.Meta(max_length=MAX_WORDS)] | None
    found: Annotated[tuple[Candidate, ...], msgspec.Meta(max_length=MAX_CANDIDATES)]


class ReadingReply(msgspec.Struct, frozen=True, tag="reading"):
    """A Reading."""

    article: Article
    hits: Annotated[tuple[Hit, ...], msgspec.Meta(max_length=MAX_HITS)]
    traits: Traits
    rules_version: str
    gain: Memory
    claim: Annotated[str, msgspec.Meta(max_length=MAX_URL)]


class CanonicalReply(msgspec.Struct, frozen=True, tag="canonical"):
    """The canonical URL of a page that names itself as asked; "" for one that does not."""

    url: Annotated[str, msgspec.Meta(max_length=MAX_URL)]


class RobotsReply(msgspec.Struct, frozen=True, tag="robots"):
    """A RobotsVerdict. No number compares with NaN, so that none passes."""

    allowed: tuple[bool, ...]
    delay: Annotated[float, msgspec.Meta(ge=0.0, le=MAX_DELAY)] | None


class FailureReply(msgspec.Struct, frozen=True, tag="failure"):
    """Why there is no result."""

    reason: Reason
    detail: Annotated[str, msgspec.Meta(max_length=MAX_DETAIL)]

    def failure(self) -> Failure:
        """Return the record."""
        return Failure(self.reason, self.detail)


# ---- packing


def _plain(value: object) -> object:
    if isinstance(value, Headers):
        return dict(value)
    raise TypeError(f"{type(value).__name__} does not travel")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
_JOB: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
_LINKS: msgspec.msgpack.Decoder[LinksReply | FailureReply] = msgspec.msgpack.Decoder(LinksReply | FailureReply)
_CANDIDATES: msgspec.msgpack.Decoder[CandidatesReply | FailureReply] = msgspec.msgpack.Decoder(
    CandidatesReply | FailureReply
)
_READING: msgspec.msgpack.Decoder[ReadingReply | FailureReply] = msgspec.msgpack.Decoder(ReadingReply | FailureReply)
_CANONICAL: msgspec.msgpack.Decoder[CanonicalReply | FailureReply] = msgspec.msgpack.Decoder(
    CanonicalReply | FailureReply
)
_ROBOTS: msgspec.msgpack.Decoder[RobotsReply | FailureReply] = msgspec.msgpack.Decoder(RobotsReply | FailureReply)


def pack(message: msgspec.Struct, *, cap: int | None = None, serial: int = 0) -> bytearray:
    """Make a frame; FrameError where the payload would be above `cap` bytes or cannot be encoded."""
    frame = bytearray(HEADER.size)
    try:
        _ENCODER.encode_into(message, frame, HEADER.size)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise FrameError(f"cannot be sent: {type(error).__name__}") from error
    size = len(frame) - HEADER.size
    if cap is not None and size > cap:
        raise LargeFrameError(f"{size:,} bytes, above {cap:,}")
    HEADER.pack_into(frame, 0, size, serial)
    return frame


def stamp(frame: bytearray, serial: int) -> None:
    """Give a packed frame another serial."""
    HEADER.pack_into(frame, 0, len(frame) - HEADER.size, serial)


def pack_reply(result: object, serial: int) -> bytearray:
    """Make the reply to a job; what cannot travel becomes a failure that says so."""
    reply: msgspec.Struct
    match result:
        case Failure():
            reply = FailureReply(result.reason, result.detail[:MAX_DETAIL])
        case Links():
            reply = LinksReply(
                result.links, result.title, result.language, result.ttl, result.dropped, result.titles, result.quiet,
                result.sitemaps, result.same, result.seen,
            )  # fmt: skip
        case Candidates():
            reply = CandidatesReply(result.kind, result.title, result.language, result.found)
        case Reading():
            reply = ReadingReply(
                result.article, result.hits, result.traits, result.rules_version, result.gain, result.claim
            )  # fmt: skip
        case str():
            reply = CanonicalReply(result)
        case RobotsVerdict():
            reply = RobotsReply(result.allowed, result.delay)
        case _:
            reply = FailureReply(Reason.BAD_REPLY, f"the reader made a {type(result).__name__}")
    try:
        return pack(reply, cap=MAX_REPLY, serial=serial)
    except FrameError as error:
        return pack(FailureReply(Reason.BAD_REPLY, str(error)), serial=serial)


def unpack_job(payload: bytearray) -> Job:
    """Decode a job; raises FrameError."""
    return decode(_JOB, payload)


def payload_size(header: bytes | bytearray, serial: int, cap: int) -> int:
    """Return the length of the payload that follows a header; FrameError where it is not the one awaited."""
    size, found = HEADER.unpack(header)
    _require(found == serial, "a frame nobody asked for")
    _require(size <= cap, f"a frame of {size:,} bytes, above {cap:,}")
    return int(size)


def decode(decoder: msgspec.msgpack.Decoder[T], payload: bytearray) -> T:
    """Decode a payload; raises FrameError."""
    try:
        return decoder.decode(payload)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise FrameError(str(error)[:MAX_DETAIL]) from error


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion that -O keeps
    if not holds:
        raise FrameError(otherwise)


def _is_listed(link: Link, source: DueSource) -> bool:
    return (
        link.outlet == source.outlet_id
        and link.source == source.url
        and link.id == link.article_id == link.attempts == link.rereads == link.repeats == 0
        and 0 <= link.title_key < 1 << 63
        and link.state is LinkState.NEW
        and _aware((link.published, link.first_seen, link.updated))
    )


def _are_digests(numbers: tuple[int, ...]) -> bool:
    """Say whether the store may keep these; MessagePack ends at 64 bits."""
    return len(numbers) <= MAX_DIGESTS and all(number >= 0 for number in numbers)


def _aware(times: Iterable[datetime | None]) -> bool:
    return all(time is None or time.tzinfo is not None for time in times)
