"""A worker whose files say something else than the keeper's reads them when they change, not each second."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor import cluster
from monitor.settings.load import load
from monitor.settings.orders import version
from monitor.settings.record import Settings
from monitor.wiring_worker import working
from tests import postgres
from tests.newsroom import RULES, Newsroom

pytestmark = pytest.mark.postgres


class Waiting:
    """A worker that waits for its keeper. `reads`: how often its files were read."""

    def __init__(self, folder: Path) -> None:
        self.room = Newsroom(folder)
        self.room.outlets(courier="http://127.0.0.1:9")
        self.secret = self.room.config / "hook"
        self.secret.write_text("json://127.0.0.1:9/")
        self.secret.chmod(0o600)
        self.room.write(
            "alerts", "channels: {desk: {url_file: hook}}\nroutes: {desk: {channels: [desk]}}\n"
        )  # fmt: skip
        self.reads = 0
        self._address = postgres.fresh()

    def settings(self) -> Settings:
        return replace(load(self.room.config, {}), database=self._address)

    def reread(self, _: Settings) -> Settings:
        self.reads += 1
        return self.settings()

    async def looks(self, wanted: str, times: int = 3) -> int:
        """Let it look so often; return how often it has read by now."""
        for _ in range(times):
            await self.adapting(wanted)
        return self.reads


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Waiting]:
    one = Waiting(tmp_path)
    settings = one.settings()
    async with working(settings, "w") as made:
        one.made = made
        one.adapting = cluster._Adapting(made, settings, one.reread)
        yield one


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "monitor"]


async def test_files_are_read_again_where_they_or_the_keeper_changed(worker, caplog):
    caplog.set_level(logging.INFO, "monitor")
    assert await worker.looks("1-aa") == 1
    worker.room.write("rules", RULES.replace("Belgorod", "Harbour"))
    assert await worker.looks("1-aa") == 2
    assert worker.made.pipeline.orders.rules["belgorod"].query == "Harbour"
    assert await worker.looks("1-bb") == 3
    worker.room.write("rules", RULES)
    assert await worker.looks(version(worker.settings())) == 4
    first, second, third = said(caplog)
    assert [one.partition(", the files")[0] for one in (first, second, third)] == [
        f"waiting: the keeper goes by the configuration {name}" for name in ("1-aa", "1-aa", "1-bb")
    ]
    # Once they agreed and no longer do, it reads and says so, be it the one that it waited for before.
    worker.adapting.over()
    assert await worker.looks("1-bb") == 5
    assert said(caplog)[-1].startswith("waiting: the keeper goes by the configuration 1-bb")


async def test_files_that_cannot_be_used_are_read_again_once_they_are_mended(worker, caplog):
    worker.room.write("rules", "rules: [")
    assert await worker.looks("1-aa") == 1
    worker.room.write("rules", RULES)
    assert await worker.looks("1-aa") == 2
    unusable, waits = said(caplog)
    assert "the configuration cannot be used" in unusable
    assert "waiting: the keeper goes by" in waits


async def test_a_secret_that_a_file_names_is_seen_in_a_while(worker, monkeypatch):
    assert await worker.looks("1-aa") == 1
    worker.secret.write_text("json://127.0.0.1:10/")
    wanted = version(worker.settings())
    assert await worker.looks("1-aa") == 1
    monkeypatch.setattr(cluster, "ANYWAY", 0.0)
    assert await worker.looks("1-aa", times=1) == 2
    assert worker.made.pipeline.orders.version == wanted
