"""A reader class for tests/test_pool.py that does to its own process what a page could. The page's URL says what."""

from __future__ import annotations

import collections
import ctypes
import itertools
import mmap
import os
import resource
import signal
import time
from pathlib import Path

from monitor.errors import Reason
from monitor.model import Article, Failure, Link, Links, Reading
from monitor.views import RobotsVerdict

# The job socket's descriptor in a reader.
JOB_FD = 3
KEPT = []


def _spin():
    # An endless loop in C: no Python handler runs, no exception can be raised.
    collections.deque(itertools.repeat(0), maxlen=0)


def _spin_without_timer():
    signal.setitimer(signal.ITIMER_REAL, 0)
    _spin()


def _crash():
    ctypes.string_at(0)


def _recurse():
    _recurse()


def _eat_slowly():
    kept = []
    while True:
        kept.append(bytearray(b"x" * (1 << 20)))
        time.sleep(0.002)


def _eat_at_once():
    bytearray(1 << 40)


def _eat_much():
    # In a millisecond, and touched: between two looks of the daemon.
    KEPT.append([b"x" * (1 << 20) for _ in range(70)])


def _raise():
    raise LookupError("a secret of the page")


def _write_junk():
    os.write(JOB_FD, b"\xff" * 64)


def _write_junk_later():
    # After the reply: the next job's reader finds it. A thread would map 64 MB for its heap, for which it is replaced.
    if os.fork() == 0:
        time.sleep(0.05)
        os.write(JOB_FD, b"\x00" * 8)
        os._exit(0)


def _keep():
    KEPT.append(b"x" * (80 << 20))


def _peak():
    # Of no harm: back again before it answers.
    kept = b"x" * (40 << 20)
    time.sleep(0.03)
    del kept


def _fragment():
    # 90 MB of small blocks, all freed but the topmost: malloc gives none of it back by itself.
    rows = [b"x" * count for count in range(600, 1400) for _ in range(110)]
    KEPT.append(rows[-1])


def _stop():
    os.kill(os.getpid(), signal.SIGSTOP)


def _kill_server():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


DEEDS = {
    "spin": _spin,
    "spin-without-timer": _spin_without_timer,
    "crash": _crash,
    "recurse": _recurse,
    "eat-slowly": _eat_slowly,
    "eat-at-once": _eat_at_once,
    "eat-much": _eat_much,
    "raise": _raise,
    "exit": lambda: os._exit(3),
    "system-exit": lambda: (_ for _ in ()).throw(SystemExit(0)),
    "junk": _write_junk,
    "late-junk": _write_junk_later,
    "keep": _keep,
    # Mapped and never touched: no memory yet, but the next page may map as much less.
    "map": lambda: KEPT.append(mmap.mmap(-1, 80 << 20)),
    "fragment": _fragment,
    "peak": _peak,
    "stop": _stop,
    "kill-server": _kill_server,
    "nap": lambda: time.sleep(0.2),
    "long-nap": lambda: time.sleep(30),
    "print": lambda: print("page says hello", flush=True),
    "close": lambda: os.close(JOB_FD),
}


class HostileReader:
    """`rules` come back in every reading; a rule called "broken" cannot be compiled."""

    def __init__(self, rules, entities):
        self.version = ",".join(rule.id for rule in rules)
        self.entities = entities
        if "broken" in self.version:
            raise ValueError("rule 'broken': a bracket is open")

    def warm(self):
        pass

    def links(self, page, source):
        self._do(page.url)
        return {
            "http://x/garbage": object,
            "http://x/wrong-items": lambda: Links((1, 2)),
            "http://x/wrong-kind": lambda: RobotsVerdict((True,)),
            "http://x/too-many": lambda: Links(tuple(_link(source) for _ in range(2_001))),
            "http://x/too-large": lambda: Links(title="x" * (9 << 20)),
            "http://x/surrogate": lambda: Links(title="\ud800"),
            "http://x/other-outlet": lambda: Links((Link("another", source.url, "http://x/1"),)),
            "http://x/nan": lambda: Links(ttl=float("nan")),
        }.get(page.url, lambda: Links((_link(source),), title=page.headers["X-Title"]))()

    def article(self, page, link, language, *_):
        self._do(page.url)
        return Reading(Article(page.url, self._about(), language, ()), rules_version=self.version)

    def entry(self, link, failure, language):
        return failure

    def robots(self, body, urls, agent):
        self._do(urls[0] if urls else "")
        if body == b"one too few":
            return RobotsVerdict((True,) * (len(urls) - 1))
        return RobotsVerdict(tuple(agent in url for url in urls)) if urls else Failure(Reason.EMPTY)

    def _do(self, url):
        deed = DEEDS.get(url.removeprefix("http://x/"))
        if deed is not None:
            deed()

    def _about(self):
        """What a reader can see of the world."""
        fds = sorted(int(path.name) for path in Path("/proc/self/fd").iterdir())
        environment = Path("/proc/self/environ").read_bytes().decode()
        core, _ = resource.getrlimit(resource.RLIMIT_CORE)
        return f"{os.getpid()}|{fds}|{environment}|{Path.cwd()}|{core}|{len(self.entities)}"


def _link(source):
    return Link(source.outlet_id, source.url, "http://x/1")
