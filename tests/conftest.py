"""How many processes the tests run in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import engines

# The suite's time is bounded on a machine of two cores. A third of its time is spent waiting, for daemons and timers.
PROCESSES = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine postgres`: what runs the whole line does so on PostgreSQL (tests/engines.py)."""
    parser.addoption("--engine", choices=("sqlite", "postgres"), default=os.environ.get(engines.VARIABLE, "sqlite"))


def pytest_configure(config: pytest.Config) -> None:
    """What every daemon would unpack anew is kept for all of them, and not in the home of who runs the tests."""
    os.environ[engines.VARIABLE] = config.getoption("--engine")
    if cache := getattr(config, "cache", None):
        os.environ["XDG_CACHE_HOME"] = str(cache.mkdir("home"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The suite, or a folder of it, runs in three; a file or a test that is named, and what is measured (`-m slow`), in
    this process alone. Asked for `-n auto`, which is pyproject.toml's; any other `-n` is obeyed.
    """
    folders = all(Path(named).is_dir() for named in config.args)
    return PROCESSES if folders and "not slow" in config.option.markexpr else 0
