"""The benchmark of several processes runs: the queue alone, a keeper alone, and a keeper with a worker."""

from __future__ import annotations

import re
import signal

import pytest

from tests import postgres
from tests.bench import __main__ as bench
from tests.bench import _cluster_run
from tests.test_bench_service import data  # noqa: F401 - a fixture

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing())]
SMALL = "--workers 1 --jobs 200 --rules 3 --latency 0 --hits 1 --outlets 8 --every 2 --minutes .1"


@pytest.fixture
def ends():
    """It has SIGTERM end it in a way of its own."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_smallest_run(data, tmp_path, monkeypatch, capsys, ends):  # noqa: F811
    # Nothing is left out at the beginning, and polls are due before all are ready: 20 s less.
    for name, seconds in (("WARM", 0.0), ("_READY", -4.0), ("_EACH_WORKER", 0.0)):
        monkeypatch.setattr(_cluster_run, name, seconds)
    words = f"cluster --data {data} --folder {tmp_path} --part queue,keeper,many {SMALL}"
    monkeypatch.setattr("sys.argv", ["bench", *words.split()])
    assert bench.main() == 0
    said = capsys.readouterr().out
    print(said)
    assert "; 200 queued" in said
    assert "; 0 queued" in said
    assert re.search(r" 1 workers +[\d,]+ jobs/s; .*; each did 200\n", said)
    assert re.search(r"one keeper takes in +[\d,]+ articles/s;", said)
    polls, articles, codes = (
        re.search(pattern, said)[1] for pattern in (r"'poll': (\d+)", r"'read full': (\d+)", r"; exit (\[.*\])")
    )
    # Each is due three times.
    assert int(polls) >= 8
    assert int(articles) > 0
    assert codes == "[0, 0]"
    assert re.search(r"database .* commits a poll", said)
    assert re.search(r"memory \(PSS\) +keeper [1-9]\d* MB, workers [1-9]", said)
    # Nothing is left behind by what it started.
    assert not list(tmp_path.glob("bench-*"))
