"""The log: one line a thing, whatever stands in it; JSON for programs; no secret, whoever logs it."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace

import pytest

from monitor import logs, safe
from monitor.model import Channel, Cookie, Outlet
from monitor.settings.load import load
from monitor.settings.record import Settings
from tests.naughty import NAUGHTY
from tests.newsroom import Newsroom
from tests.test_canary import ADDRESSES, CANARY

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Give logging back as it was."""
    root = logging.getLogger()
    handlers, level, hooks = list(root.handlers), root.level, (sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    known = logs._Known.secrets
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one)
    logs._Known.secrets = known


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load(Newsroom(tmp_path_factory.mktemp("newsroom")).config, {})


def lines(form: logs.Form) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(form, stream)
    return stream


log = logging.getLogger("monitor")


def test_a_line_for_programs_has_time_level_event_and_fields() -> None:
    stream = lines("json")
    log.warning("read %d of %s", 3, "bbc", extra={"outlet": "bbc", "seconds": 1.5, "links": ["a", 2]})
    one = json.loads(stream.getvalue())
    assert list(one)[:3] == ["time", "level", "event"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", one.pop("time"))
    assert one == {
        "level": "warning", "event": "read 3 of bbc", "logger": "monitor", "outlet": "bbc", "seconds": 1.5,
        "links": ["a", 2],
    }  # fmt: skip


def test_a_line_for_people_says_the_same() -> None:
    stream = lines("text")
    log.warning("read %d of %s", 3, "bbc", extra={"outlet": "bbc"})
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ warning read 3 of bbc outlet=bbc\n", stream.getvalue())


def test_what_it_is_by_itself_depends_on_who_reads() -> None:
    person, program = Terminal(), io.StringIO()
    logs.configure("auto", person)
    log.error("one")
    logs.configure("auto", program)
    log.error("two")
    assert re.search(r"Z \x1b\[31merror  \x1b\[0m one\n$", person.getvalue())
    assert json.loads(program.getvalue())["event"] == "two"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_from_outside_commands_a_terminal_or_forges_a_line(form) -> None:
    stream = lines(form)
    for text in NAUGHTY:
        log.info("%s", text, extra={"title": text, "many": [text, {text: text}]})
        try:
            raise ValueError(text)
        except ValueError:
            log.exception("failed: %s", text)
    written = stream.getvalue()
    assert not UNSAFE.search(written)
    found = written.split("\n")
    if form == "json":
        assert len(found) == 2 * len(NAUGHTY) + 1
        assert all({"time", "level", "event"} <= json.loads(line).keys() for line in found[:-1])
    else:
        # Every line is one of ours, or belongs to a traceback and is indented.
        starts = [line for line in found[:-1] if re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ (info|error) ", line)]
        assert len(starts) == 2 * len(NAUGHTY)
        assert all(line in starts or line.startswith("    ") for line in found[:-1])


def test_libraries_warnings_threads_and_the_end_of_the_program_come_the_same_way() -> None:
    stream = lines("json")
    logging.getLogger("somebody.else").error("theirs")
    logging.getLogger("httpx").info("not of interest")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old\nway", DeprecationWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    sys.excepthook(ValueError, ValueError("last"), None)
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [one["logger"] for one in found] == ["somebody.else", "py.warnings", "monitor", "monitor"]
    assert "old way" in found[1]["event"]
    assert (found[2]["event"], found[2]["exception"][-1]) == (
        "ended by ZeroDivisionError", "ZeroDivisionError: integer division or modulo by zero"
    )  # fmt: skip
    assert found[3]["exception"] == ["ValueError: last"]


def test_a_line_that_cannot_be_made_is_said_and_shows_nothing() -> None:
    stream = lines("json")
    log.info("%d", "secret")
    said = json.loads(stream.getvalue())
    assert said["event"] == "a line of monitor could not be written"
    assert "secret" not in stream.getvalue()


def test_a_long_text_is_cut() -> None:
    stream = lines("json")
    log.info("%s", "x" * 1_000_000)
    assert len(stream.getvalue()) < 5_000


# ---- secrets


SHAPES = (
    "{}",
    "POST {} failed",
    "HTTPSConnectionPool: Max retries exceeded with url: {} (Caused by ...)",
    "b'{}'",
    '{{"url": "{}"}}',
)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_no_channels_address_is_logged_by_anybody(form, name, settings) -> None:
    url = ADDRESSES[name].format(canary=CANARY, port=8080, s="s")
    stream = lines(form)
    for known in (False, True):
        if known:
            logs.hide(replace(settings, channels=(Channel("chat", url=url),)))
        for shape in SHAPES:
            log.error(shape.format("%s"), url, extra={"url": url, "request": {"url": url}})
            try:
                raise RuntimeError(shape.format(url))
            except RuntimeError:
                log.exception("failed")
            if known:
                # As an error of a library shows them: without the scheme that tells of a channel.
                log.error("connecting to %s", url.partition("://")[2].partition("?")[0])
                log.error("parts %s", re.split("[/:@?&=]+", url.partition("://")[2]))
    assert CANARY not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"https://ida:{CANARY}@example.org/feed",
        f"https://{CANARY}@example.org/feed",
        f"http://ida:a@{CANARY}@example.org:81/?x",
        f"smtp://ida:{CANARY}@mail.example.org",
        f"https://example.org/feed?id=3&api_key={CANARY}&x=1",
        f"https://example.org/feed?access_token={CANARY}",
        f"https://hooks.slack.com/services/T1/B1/{CANARY}",
        f"https://discord.com/api/webhooks/1234/{CANARY}",
        f"https://discordapp.com/api/v10/webhooks/1234/{CANARY}",
        f"https://api.telegram.org/bot1234:{CANARY}/sendMessage",
        f"https://press.webhook.office.com/webhookb2/{CANARY}",
        f"https://chat.example.org/hooks/{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"{{'authorization': '{CANARY}'}}",
        f"Cookie: a=b; session={CANARY}",
        f"Set-Cookie: {CANARY}",
        f"x-monitor-token: {CANARY}",
        f"sent with bearer {CANARY}",
        f"Proxy-Authorization=Basic {CANARY}==",
        f"tgram://1234:{CANARY}/12",
    ],
)
def test_what_looks_like_a_secret_is_not_shown(text) -> None:
    assert CANARY not in safe.redact(text)
    assert CANARY not in safe.redact(f"a line\nwith {text} in it")
    assert safe.HIDDEN in safe.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/2026/11/27/the-token-of-the-week.html?page=2",
        "polled https://news.example/feed.xml: 3 new",
        "the tick 'polls' failed; it runs again",
        "watching 40 outlets with 12 rules",
        "Basic needs are not met, a minister said",
        "http://127.0.0.1:9464/healthz and /metrics",
        "Stores report bearer bonds missing",
    ],
)
def test_what_is_none_stays(text) -> None:
    assert safe.redact(text) == text


def test_what_an_outlet_or_a_channel_keeps_secret_is_known(settings) -> None:
    outlet = Outlet(
        "gazette",
        headers=(("X-Gazette", f"{CANARY}-header"),),
        cookies=(Cookie("s", f"{CANARY}-cookie", "gazette.example", "/", secure=True),),
    )
    hook = Channel("hook", "webhook", "https://desk.example.org/in", {"secret": f"{CANARY}-key"})
    logs.hide(replace(settings, outlets=(outlet,), channels=(hook,)))
    stream = lines("json")
    log.info("%s %s %s", f"{CANARY}-header", f"{CANARY}-cookie", f"{CANARY}-key")
    assert CANARY not in stream.getvalue()
    # What has the same host is to be found in the log.
    log.info("https://desk.example.org/feed")
    assert "https://desk.example.org/feed" in stream.getvalue()


def test_the_last_errors_are_kept_as_they_may_be_shown() -> None:
    recent = logs.Recent(2)
    for number in range(3):
        record = logging.LogRecord("x", logging.ERROR, "", 0, "no %s\x1b[2J %d", (f"slack://{CANARY}", number), None)
        recent.handle(record)
    assert [text for _, text in recent.lines] == ["no slack://*** 1", "no slack://*** 2"]


def test_hiding_takes_no_time_whatever_is_written() -> None:
    # What is quadratic in a long text takes minutes here, and the test's time limit ends it.
    for piece in ("a", "://", "?a", "x-", "a://", "bearer ", "token", " :", "=", "@", "[?&;]", "\\w"):
        safe.redact(piece * (2 * safe.LONGEST))
