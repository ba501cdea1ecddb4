"""What a run came to, as a table, with the limits of the issue that asked for them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence

from tests.bench._service_gauges import Sample, doubt, longest, share, slope
from tests.bench._service_places import outlet_of
from tests.bench._service_run import WARM, Done, Plan

MB = 1e6
# Up to here the limits of 10,000 outlets hold, beyond those of 100,000.
MANY = 20_000
BOMB, BOMB_SECONDS = 128 * MB, 5.0
DAY = 86_400.0
SETTLED = 10.0
STRANGERS = 0.3
# Of a soak, until memory holds as many stories as it may: of those without hits 5,000.
FILLED = 0.6
_FAULT = re.compile(r"Traceback|it runs again|^\S+ \S+ \(.*\) failed:|CRITICAL")


def line(what: str, said: str, limit: str = "", met: bool | None = None) -> None:
    """Print one figure, and whether its limit was met."""
    verdict = "" if met is None else f"  limit {limit}: {'met' if met else 'NOT MET'}"
    print(f"  {what:28} {said}{verdict}", flush=True)


def report(plan: Plan, done: Done) -> None:
    """Print what a run came to."""
    print(
        f"{plan.outlets:,} outlets every {plan.every:g} s, {plan.rules:,} rules, {plan.share:.0%} of polls bring an article, "
        f"{plan.hits:.0%} of these hit, answers after {plan.latency:g} s, {'TLS' if plan.tls else 'HTTP'}, "
        f"{'1 %' if plan.hostile else 'none'} hostile; {done.ended - done.began:.0f} s, the first {WARM:.0f} s not counted"
    )
    for name, (wall, cpu) in done.steps.took.items():
        line(name, f"{wall:.1f} s ({cpu:.1f} of CPU)")
    line("daemon, start to first tick", f"{done.ready:.1f} s", "60 s", done.ready <= 60.0)
    _polls(plan, done)
    _articles(plan, done)
    samples = [one for one in done.samples if done.began + WARM <= one.at <= done.ended] or done.samples
    if samples:
        _machine(plan, done, samples)
    restarts = Counter(done.lines[-1]["readers"]) if done.lines else Counter()
    ended = {name: count for name, count in restarts.items() if name not in {"readers", "busy", "waiting", "jobs"}}
    line("readers", ", ".join(f"{name} {count}" for name, count in ended.items()))
    line("the daemon", "died" if done.died else "one process from start to end", "no restart", not done.died)
    line(
        "SIGTERM",
        f"exit {done.code} after {done.stopping:.1f} s",
        "0 within 20 s",
        done.code == 0 and done.stopping <= 20,
    )
    _faults(done.errors)


def _faults(errors: str) -> None:
    """Print what the daemon said that it should not have had to say, the first few lines of it."""
    rows = errors.splitlines()
    found = [number for number, row in enumerate(rows) if _FAULT.search(row)]
    line("faults it told of", f"{len(found)}" if found else "none", "none", not found)
    for row in rows[max(found[0] - 1, 0) : found[0] + 30] if found else []:
        print(f"    | {row[:150]}")


def _polls(plan: Plan, done: Done) -> None:
    seconds = max(len(done.lines), 1)
    starts = [value / 1e6 for one in done.lines for value in one["starts"]]
    loop = [value / 1e3 for one in done.lines for value in one["loop"]]
    polled: Counter[str] = sum((Counter(one["polled"]) for one in done.lines), Counter())
    failed = {name: count for name, count in polled.items() if name}
    line(
        "polls/s",
        f"{len(starts) / seconds:.1f} (nominal {plan.outlets / plan.every:.1f}; jitter makes it a tenth more)",
    )
    line("polls that failed", ", ".join(f"{name} {count}" for name, count in sorted(failed.items())) or "none")
    most = 2.0 if plan.outlets <= MANY else 5.0
    p50, p95, top = share(starts, 0.5, 0.95, 1.0)
    line("due to started", f"p50 {p50:.3f} s, p95 {p95:.3f}, max {top:.3f}", f"p95 <= {most:g} s", p95 <= most)
    line("overdue at the end", f"{done.overdue}", "0", done.overdue == 0)
    p50, p99, top = share(loop, 0.5, 0.99, 1.0)
    line("loop lag", f"p50 {p50:.1f} ms, p99 {p99:.1f}, max {top:.1f}", "p99 <= 50 ms", p99 <= 50.0)
    last = {name: max((one.get(name, 0) for one in done.lines), default=0) for name in ("polls", "reads", "queued")}
    line("most in hand", f"{last['polls']} polls, {last['reads']} readings, {last['queued']} works at the writer")


def _articles(plan: Plan, done: Done) -> None:
    assert done.street is not None
    calendar, seconds = done.street.calendar, max(len(done.lines), 1)
    read: Counter[str] = sum((Counter(one["read"]) for one in done.lines), Counter())
    kinds = ", ".join(f"{name} {count}" for name, count in read.most_common(8))
    line("articles/s", f"{sum(read.values()) / seconds:.1f} ({kinds})")
    stored = sorted(taken - seen for _, _, seen, taken, _ in done.articles if seen > done.began)
    line("seen to stored", "p50 {:.2f} s, p95 {:.2f}, max {:.2f}".format(*share(stored, 0.5, 0.95, 1.0)))
    wanted = told = 0
    published, known = [], []
    for url, _, seen, taken, hit in done.articles:
        if not hit or taken > done.ended - SETTLED or seen < done.began:
            continue
        wanted += 1
        place = url.split("://", 1)[1]
        if place in done.told:
            told += 1
            known.append(done.told[place] - seen)
            outlet, number = outlet_of(place), int(place.rsplit("/", 1)[1].removesuffix(".html"))
            published.append(done.told[place] - calendar.published(outlet, number))
    line("seen to told", "p50 {:.2f} s, p95 {:.2f}, max {:.2f}".format(*share(known, 0.5, 0.95, 1.0)))
    line(
        "published to told",
        "p50 {:.0f} s, p95 {:.0f}; of this at most {:.0f} are the interval".format(
            *share(published, 0.5, 0.95), plan.every
        ),
    )
    text = f"{told} of {wanted}; {done.before} hits more are of stories told before"
    line("articles with hits told", text, f"all that are {SETTLED:.0f} s old", told == wanted > 0)


def _machine(plan: Plan, done: Done, samples: Sequence[Sample]) -> None:
    first, last = samples[0], samples[-1]
    wall = max(last.at - first.at, 1.0)
    loop, threads, readers = (
        (getattr(last, name) - getattr(first, name)) / wall for name in ("loop", "threads", "readers")
    )
    line(
        "CPU, cores",
        f"{loop + threads + readers:.2f}: loop {loop:.2f}, its threads {threads:.2f}, readers {readers:.2f}",
    )
    strangers = max((last.machine - first.machine) / wall - (loop + threads + readers) - done.server / wall, 0.0)
    doubt = "; the lags and rates here are not the daemon's own" if strangers > STRANGERS else ""
    line("other programs", f"{strangers:.2f} cores of {os.cpu_count()}{doubt}")
    most = (300 if plan.outlets <= MANY else 500) * MB
    memory = [one.memory for one in samples]
    p50, p95, top = share(memory, 0.5, 0.95, 1.0)
    over = longest(samples, most)
    met = top <= most or (top <= most + BOMB and over <= BOMB_SECONDS)
    text = (
        f"p50 {p50 / MB:.0f} MB, p95 {p95 / MB:.0f}, max {top / MB:.0f}; above the limit {over:.0f} s in a row at most"
    )
    limit = f"{most / MB:.0f} MB; a bomb +128 MB for 5 s"
    line("memory of all processes", text, limit, met if plan.rules <= 10_000 else None)
    starting = max((one.memory for one in done.samples if one.at < done.began), default=0)
    line("  of it the daemon", f"{share([one.daemon for one in samples], 0.5)[0] / MB:.0f} MB")
    line("  while it started", f"max {starting / MB:.0f} MB")
    line("descriptors, threads", f"{first.files} to {last.files}, {first.thread_count} to {last.thread_count}")
    line("database", f"{first.database / MB:.0f} to {last.database / MB:.0f} MB")
    line("who serves them", f"{done.server:.0f} s of CPU in all")


def report_soak(plan: Plan, done: Done, factor: float) -> None:
    """Print how memory grew, by simulated days: `factor` of them pass in a day."""
    begin = done.began + (done.ended - done.began) * FILLED
    samples = [one for one in done.samples if begin <= one.at <= done.ended]
    per_day = DAY / factor / MB
    print(
        f"soak: the last {1 - FILLED:.0%}; {factor:g} simulated days a day, so a slope of 1 MB/h here is {24 / factor:.1f} MB a day"
    )
    daemon = slope([(one.at, one.daemon) for one in samples]) * per_day
    whole = [(one.at, float(one.memory)) for one in samples]
    every, error = slope(whole) * per_day, doubt(whole) * per_day
    stories = [(one["at"], float(one["stories"])) for one in done.lines if one["at"] >= begin]
    line("memory, all processes", f"{every:+.2f} MB a simulated day (+-{error:.2f})", "< 1 MB", every < 1.0)
    line(
        "  of it the daemon",
        f"{daemon:+.2f} MB a simulated day; {slope(stories) * DAY / factor:+,.0f} articles in stories a day",
    )
    files, threads = ({getattr(one, name) for one in samples} for name in ("files", "thread_count"))
    half = len(samples) // 2 or 1
    early, late = (share([one.files for one in part], 0.5)[0] for part in (samples[:half], samples[half:]))
    line(
        "descriptors",
        f"{min(files)} to {max(files)}; median {early:.0f}, then {late:.0f}",
        "constant",
        abs(late - early) <= 2,
    )
    line("threads", f"{min(threads)} to {max(threads)}")
    size = slope([(one.at, one.database) for one in samples]) * per_day
    line("database", f"{size:+.1f} MB a simulated day, {size * MB / max(plan.outlets, 1) / 1e3:.1f} kB an outlet")
