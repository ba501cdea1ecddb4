"""The configuration as the page has it: read once, anew when its files changed, and the last sound one otherwise."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from monitor.errors import ConfigErrors
from monitor.settings.load import load
from monitor.settings.paths import stamp
from monitor.web.configured import Configured
from tests.page.room import page

SOUND, FAULTY = "rules:\n  ice: {query: harbour}\n", "rules:\n  ice: {query: 'harbour AND'}\n"


def known(folder: Path) -> tuple[Configured, list[None]]:
    (folder / "monitor.yaml").write_text("storage: {path: monitor.db}\n")
    read: list[None] = []

    def once():
        read.append(None)
        return load(folder, {})

    return Configured(once, lambda: stamp(folder)), read


def test_what_was_read_ahead_is_not_read_again_when_somebody_asks(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(SOUND)
    configured, read = known(tmp_path)
    configured.read()
    assert len(read) == 1
    assert [rule.id for rule in configured.rules()] == ["ice"]
    assert len(read) == 1


def test_a_fault_met_ahead_is_told_to_who_asks(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(FAULTY)
    configured, read = known(tmp_path)
    configured.read()
    assert len(read) == 1
    with pytest.raises(ConfigErrors, match=r"rules\.yaml"):
        configured.rules()


@pytest.mark.parametrize("place", ["/rules", "/rules/try", "/outlets", "/outlets/courier"])
def test_while_it_is_read_all_else_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    begun, free = threading.Event(), threading.Event()
    known_before = Configured.settings

    def slow(self: Configured):
        begun.set()
        assert free.wait(30)
        return known_before(self)

    with page(tmp_path) as served:
        monkeypatch.setattr(Configured, "settings", slow)
        with ThreadPoolExecutor(1) as asking:
            answer = asking.submit(httpx.get, served.url + place, timeout=60)
            try:
                assert begun.wait(10)
                assert httpx.get(served.url + "/static/monitor.css", timeout=10).status_code == 200
            finally:
                free.set()
            assert answer.result().status_code == 200


def test_a_fault_that_comes_later_leaves_the_last_sound_one_in_force(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(SOUND)
    configured, read = known(tmp_path)
    configured.read()
    (tmp_path / "rules.yaml").write_text(FAULTY)
    assert [rule.id for rule in configured.rules()] == ["ice"]
    (tmp_path / "rules.yaml").write_text(SOUND.replace("ice", "quay"))
    assert [rule.id for rule in configured.rules()] == ["quay"]
    assert len(read) == 3
