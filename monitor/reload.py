"""A changed configuration put in force while the daemon runs: all of it, or none.

Asked for by SIGHUP, by `monitor reload`, which sends one, and by a change of the files. Where it cannot be used the old
one stays; that is an event once, and again when it is another fault.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from watchfiles import DefaultFilter, awatch

from monitor import wiring
from monitor.errors import ConfigError, MonitorError
from monitor.settings.paths import ENDINGS, NAMES, stamp
from monitor.settings.record import Settings
from monitor.views import EventRow
from monitor.wiring import Line

log = logging.getLogger("monitor")

# Editors and `git pull` write several files, or one twice: milliseconds without a change before one looks.
QUIET_MS = 400
# Seconds after which the files are watched for sure.
_SETTLED = 1.0
MOST_ERRORS = 5
# So many new objects are kept from the collector, with what rubbish there is at that moment.
MANY = 50_000
RELOADED, FAILED = "reload", "reload_failed"
# What only a start sets.
_FIXED = {
    "storage": "storage.path",
    "database": "storage.url",
    "readers": "limits.readers",
    "listen": "service.listen",
    "page": "web",
}

T = TypeVar("T")
Reread = Callable[[Settings], Settings]


class Reloader:
    """Keeps a line at what its configuration says. `settings`: in force now; `reread` loads it anew beside them,
    raising MonitorError. `began` and `ended` are called around each reload, with why the files cannot be used, "" where
    they can.
    """

    def __init__(
        self,
        work: Line,
        settings: Settings,
        reread: Reread,
        began: Callable[[], None] = lambda: None,
        ended: Callable[[str], None] = lambda _why: None,
    ) -> None:
        self.settings = settings
        self._work, self._reread = work, reread
        self._began, self._ended = began, ended
        self._asked = asyncio.Event()
        self._told = False
        self._failure = ""
        self._blank = blank(settings.directory)
        self._seen = settings.stamp

    def ask(self) -> None:
        """Look at the configuration soon, and note also that nothing changed."""
        self._told = True
        self._asked.set()

    def glance(self) -> None:
        """Look at the configuration soon; where nothing changed, nothing is noted."""
        self._asked.set()

    async def run(self) -> None:
        """Reload as often as it is asked for, one at a time, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            told, self._told = self._told, False
            await self.reload(told=told)

    async def reload(self, *, told: bool = True) -> bool:
        """Put in force what the files say now; return whether they can be used."""
        if not told and stamp(self.settings.directory) == self._seen:
            return not self._failure
        self._began()
        try:
            return await self._reload(told=told)
        finally:
            self._ended(self._failure)

    async def _reload(self, *, told: bool) -> bool:
        try:
            new, said = await self._loaded()
            if said:
                await wiring.refit(self._work, self.settings, new)
        except MonitorError as error:
            await self._fail(_words(error), told=told)
            return False
        except Exception as error:
            # A fault of ours, such as a file that vanishes between two looks: the daemon goes on as it was.
            log.exception("the configuration cannot be reloaded")
            await self._fail(type(error).__name__, told=told)
            return False
        mended, self._failure = bool(self._failure), ""
        self.settings = new
        if said or mended or told:
            detail = said or "nothing changed"
            log.info("configuration reloaded: %s", detail)
            await self._note(EventRow(RELOADED, self._work.clock.now(), detail=detail))
        return True

    async def _loaded(self) -> tuple[Settings, str]:
        """Return what the files say, and what of it is another."""
        # Looking through a hundred thousand new records, time and again while they come, stops the loop for .1 s each.
        gc.disable()
        try:
            return await _apart(self._load)
        finally:
            if gc.get_count()[0] > MANY:
                gc.freeze()
            gc.enable()

    def _load(self) -> tuple[Settings, str]:
        self._seen = stamp(self.settings.directory)
        now = blank(self.settings.directory)
        for name in sorted(now - self._blank):
            # Truncated before it is written, or cut by a full disk: that nobody is to be watched any more is not meant.
            hint = f"where that is meant, write {name}: {{}}" if name != "monitor" else ""
            raise ConfigError(
                f"{name}.yaml is empty, or gone", file=self.settings.directory / f"{name}.yaml", hint=hint
            )
        new = self._reread(self.settings)
        said = changes(self.settings, new)
        self._blank = now
        return new, said

    async def _fail(self, why: str, *, told: bool) -> None:
        if why != self._failure or told:
            log.error("the configuration cannot be used, the old one stays in force: %s", why)
            await self._note(EventRow(FAILED, self._work.clock.now(), detail=why))
        self._failure = why

    async def _note(self, event: EventRow) -> None:
        # On a full disk the log alone has it.
        with suppress(MonitorError):
            await asyncio.wrap_future(self._work.ledger.submit(lambda store: store.upkeep.event(event)))

    async def watch(self, stop: asyncio.Event) -> None:
        """Look at the configuration whenever its files change, until `stop`."""
        # What changed while we started nobody tells.
        asyncio.get_running_loop().call_later(_SETTLED, self.glance)
        try:
            async for _ in _edits(self.settings.directory, stop):
                self.glance()
        except (OSError, RuntimeError) as error:
            # No watches are left (fs.inotify.max_user_watches), or the folder is gone.
            log.warning("changes of the configuration are not noticed, SIGHUP is: %s", error)


async def _apart(work: Callable[[], T]) -> T:
    """Run `work` in a thread that does not hold the end of the process: a hundred thousand rules load for seconds."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def put(outcome: T | BaseException) -> None:
        if answer.done():
            return
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def run() -> None:
        outcome: T | BaseException
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001 - it is the caller's
            outcome = error
        # The loop may be gone by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(put, outcome)

    threading.Thread(target=run, name="reload", daemon=True).start()
    return await answer


async def _edits(folder: Path, stop: asyncio.Event) -> AsyncIterator[Collection[Any]]:
    # The database may stand in the same folder, and changes all the time.
    chosen = DefaultFilter()
    async for found in awatch(
        folder,
        watch_filter=lambda change, path: path.endswith(ENDINGS) and chosen(change, path),
        debounce=4 * QUIET_MS,
        step=QUIET_MS,
        stop_event=stop,
        ignore_permission_denied=True,
    ):
        yield found


def blank(folder: Path) -> frozenset[str]:
    """Return which files of a configuration say nothing: not there, or only comments."""
    return frozenset(name for name in NAMES if not _speaks(folder / f"{name}.yaml"))


def _speaks(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return any(line.strip() and not line.lstrip().startswith("#") for line in lines)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # whoever loads it says why it cannot be read


def _words(error: MonitorError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    more = f"; and {len(lines) - MOST_ERRORS} more lines" if len(lines) > MOST_ERRORS else ""
    return "; ".join(lines[:MOST_ERRORS]) + more


def changes(before: Settings, after: Settings) -> str:
    """Return in words what is another: "2 outlets added; rule nato changed"; "" where nothing is."""
    said = [
        *_listed("outlet", before.outlets, after.outlets),
        *_listed("rule", before.rules, after.rules),
        *_listed("entity", before.entities, after.entities),
        *_listed("channel", before.channels, after.channels),
    ]
    plain = ("routes", "templates", "timezone", "contact", "gap", "keep", "min_free", "fetch_deadline", "page_size")
    others = ("baseline_pages", "notices")
    said += [f"{name} changed" for name in (*plain, *others) if getattr(before, name) != getattr(after, name)]
    said += [
        f"{key} takes effect at the next start" for name, key in _FIXED.items()
        if getattr(before, name) != getattr(after, name)
    ]  # fmt: skip
    return "; ".join(said)


def _listed(noun: str, before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    found = {
        "added": [name for name in new if name not in old],
        "changed": [name for name, one in new.items() if name in old and old[name] is not one and old[name] != one],
        "removed": [name for name in old if name not in new],
    }
    return [f"{noun} {', '.join(names)} {verb}" if len(names) <= 3 else f"{len(names)} {noun}s {verb}"
            for verb, names in found.items() if names]  # fmt: skip
