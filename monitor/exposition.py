"""The numbers of a daemon in Prometheus' text format. Door of prometheus-client.

No label holds an outlet, a rule or a channel: how many series there are does not depend on the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from monitor.errors import Trouble
from monitor.views import Totals
from monitor.views_service import Queues
from monitor.vitals import Histogram, Vitals

# The name in Vitals.said: what is counted, and its labels.
_COUNTERS = {
    "polls": ("Polls of sources, by how they ended.", ("result",)),
    "links": ("New links that polls brought.", ()),
    "articles": ("Articles stored, by where their words come from.", ("kind",)),
    "pages_unread": ("Pages of which nothing could be stored, by reason.", ("reason",)),
    "articles_reread": ("Articles that were read again.", ()),
    "hits": ("Rules that held on an article.", ()),
    "hits_held": ("Those of the hits that open no alert: a baseline's, and what no route takes.", ()),
    "messages": ("Attempts to send a message, by kind of channel and by how they ended.", ("kind", "result")),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What is measured when somebody asks. None: it could not be had."""

    totals: Totals | None = None
    queues: Queues | None = None
    troubled: Mapping[Trouble, int] | None = None
    """Outlets by what is wrong with them."""
    factor: float = 1.0
    """See Pressure."""
    lag: float = 0.0
    version: str = ""
    ledger: int = 0
    in_hand: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    """By crew: pieces of work that ended by an error of ours or of the database."""
    readers: Mapping[str, int] = field(default_factory=dict)
    """See Pool.stats."""
    memory: Mapping[str, int] = field(default_factory=dict)
    """Resident bytes by kind of process; what several share counts in each."""
    share: Mapping[str, int] = field(default_factory=dict)
    """The same, with what several share divided among them: their sum is what all cost the machine."""
    files: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the database and of its log."""


class _Page(Collector):
    def __init__(self, vitals: Vitals, sample: Sample, age: float | None) -> None:
        self._vitals, self._sample, self._age = vitals, sample, age

    def collect(self) -> Iterator[Metric]:
        yield from self._counted()
        yield from self._timed()
        yield from self._measured()
        yield from self._stored()

    def _counted(self) -> Iterator[Metric]:
        said = dict(self._vitals.said)
        for name, (help_, labels) in _COUNTERS.items():
            family = CounterMetricFamily(f"monitor_{name}", help_, labels=labels)
            if not labels:
                family.add_metric((), said.get((name,), 0))
            for key, count in sorted(said.items()):
                if key[0] == name and labels:
                    family.add_metric(key[1:], count)
            yield family
        yield _family("monitor_faults", "Work that an error of ours ended, by crew.", "crew", self._sample.faults)
        ticks = dict(self._vitals.ticks)
        runs = {name: tick.runs for name, tick in ticks.items()}
        yield _family("monitor_ticks", "Times that a job of the daemon's clock ended.", "tick", runs)
        stats = self._sample.readers
        yield CounterMetricFamily(
            "monitor_reader_jobs", "Pages and lists given to readers.", value=stats.get("jobs", 0)
        )
        now = {"readers", "busy", "waiting", "jobs", "forked", "retried"}
        ends = {name: count for name, count in stats.items() if name not in now}
        yield _family("monitor_reader_ends", "Readers that a page cost, by reason.", "reason", ends)

    def _timed(self) -> Iterator[Metric]:
        vitals = self._vitals
        yield _histogram("monitor_poll_start_lag_seconds", "From when a source was due to its poll.", vitals.start_lag)
        yield _histogram("monitor_loop_lag_seconds", "How late the loop comes to what is due now.", vitals.loop_lag)

    def _measured(self) -> Iterator[Metric]:
        vitals, sample = self._vitals, self._sample
        info = GaugeMetricFamily("monitor_build_info", "Always 1.", labels=("version",))
        info.add_metric((sample.version,), 1)
        yield info
        started = vitals.started.timestamp()
        yield GaugeMetricFamily("monitor_start_time_seconds", "When it was started, Unix time.", value=started)
        if self._age is not None:
            yield GaugeMetricFamily("monitor_last_sign_age_seconds", "Age of the last sign of life.", value=self._age)
        failed = int(bool(vitals.reload_failure))
        yield GaugeMetricFamily("monitor_reload_failed", "1: the files hold what cannot be used.", value=failed)
        yield GaugeMetricFamily("monitor_disk_low", "1: nothing is read, the disk is full.", value=int(vitals.starved))
        factor = "By what the intervals of the slowest outlets are multiplied; 1: of none."
        yield GaugeMetricFamily("monitor_overload_factor", factor, value=sample.factor)
        lag = "Within which 95 % of the polls of the last minute started."
        yield GaugeMetricFamily("monitor_overload_lag_seconds", lag, value=sample.lag)
        yield GaugeMetricFamily("monitor_ledger_queue", "Writes that wait for a commit.", value=sample.ledger)
        yield _gauges("monitor_in_hand", "Pieces of work under way, by crew.", "crew", sample.in_hand)
        stats = sample.readers
        busy = stats.get("busy", 0)
        readers = {"busy": busy, "idle": max(stats.get("readers", 0) - busy, 0)}
        yield _gauges("monitor_readers", "Reader processes.", "state", readers)
        waiting = stats.get("waiting", 0)
        yield GaugeMetricFamily("monitor_reader_jobs_waiting", "Pages that wait for a reader.", value=waiting)
        yield _gauges("monitor_resident_memory_bytes", "Resident memory, by kind of process.", "process", sample.memory)
        yield _gauges("monitor_proportional_memory_bytes", "Its part of the memory.", "process", sample.share)
        yield _gauges("monitor_database_bytes", "Size of the database and of its log.", "file", sample.files)

    def _stored(self) -> Iterator[Metric]:
        if (totals := self._sample.totals) is not None:
            for name, help_, value in (
                ("outlets", "Outlets that are watched.", totals.outlets),
                ("outlets_failing", "Outlets of which a source could not be read last.", totals.outlets_failing),
                ("stored_articles", "Articles in the database.", totals.articles),
                ("stored_hits", "Hits in the database.", totals.hits),
                ("links_waiting", "Pages that are still to be read.", totals.links_waiting),
                ("alerts_open", "Alerts that collect.", totals.alerts_open),
                ("outbox_waiting", "Messages that are still to be sent.", totals.outbox_waiting),
                ("outbox_dead", "Messages that were given up.", totals.outbox_dead),
            ):
                yield GaugeMetricFamily(f"monitor_{name}", help_, value=value)
        if (troubled := self._sample.troubled) is not None:
            outlets = {trouble.value: count for trouble, count in troubled.items()}
            yield _gauges("monitor_outlets_in_trouble", "Outlets by what is wrong with them.", "reason", outlets)
        if (queues := self._sample.queues) is not None:
            for name, help_, value in (
                ("sources_due", "Sources that are due and in nobody's hands.", queues.sources_due),
                ("sources_overdue", "Those of them that have been due for a minute.", queues.sources_overdue),
                ("links_due", "Pages that may be read now and are in nobody's hands.", queues.links_due),
                ("outbox_due", "Messages that may be sent now and are in nobody's hands.", queues.outbox_due),
                ("digest_items_waiting", "Alerts that wait for a digest.", queues.digest_items),
            ):
                yield GaugeMetricFamily(f"monitor_{name}", help_, value=value)


def _family(name: str, help_: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, help_, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric((key,), value)
    return family


def _gauges(name: str, help_: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric((key,), value)
    return family


def _histogram(name: str, help_: str, seen: Histogram) -> Metric:
    # Copied first: the loop goes on counting, and a bucket must not hold more than the next.
    counts, below, buckets = list(seen.counts), 0, []
    for bound, count in zip((*map(str, seen.bounds), "+Inf"), counts, strict=True):
        below += count
        buckets.append((bound, below))
    return HistogramMetricFamily(name, help_, buckets=buckets, sum_value=seen.total)


def metrics(vitals: Vitals, sample: Sample, age: float | None, accept: str) -> tuple[bytes, str]:
    """Return the page and its content type, as the header `Accept` asks for it. `age`: seconds since the last sign."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Page(vitals, sample, age))
    encode, kind = choose_encoder(accept)
    return encode(registry), kind
