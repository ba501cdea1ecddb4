"""The configuration as the page has it: read once, anew when its files changed, and the last sound one otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ConfigErrors
from monitor.settings.load import load
from monitor.settings.paths import stamp
from monitor.web.configured import Configured

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


def test_a_fault_that_comes_later_leaves_the_last_sound_one_in_force(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(SOUND)
    configured, read = known(tmp_path)
    configured.read()
    (tmp_path / "rules.yaml").write_text(FAULTY)
    assert [rule.id for rule in configured.rules()] == ["ice"]
    (tmp_path / "rules.yaml").write_text(SOUND.replace("ice", "quay"))
    assert [rule.id for rule in configured.rules()] == ["quay"]
    assert len(read) == 3
