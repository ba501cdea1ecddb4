"""A feed made to hurt costs its reader less than two seconds and 128 MB, and says what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outlets.bombs import BOMBS


@pytest.fixture(scope="module")
def results():
    command = [sys.executable, "-m", "tests.outlets.bombs"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True)
    return {result["name"]: result for result in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_and_ends_as_it_should(results, name):
    result = results[name]
    assert result["outcome"] == BOMBS[name][1]
    assert result["seconds"] < 2, "CPU seconds"
    assert result["grown"] < 128, "MB"
