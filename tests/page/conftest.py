"""A real browser, for the tests that are marked so."""

from __future__ import annotations

import shutil

import pytest

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install '.[browser]'")
    if EXECUTABLE is None:
        pytest.skip("no chromium is installed: apt install chromium")
    with playwright.sync_playwright() as run:
        # Chromium's own sandbox needs what a container seldom has; it opens pages of our own alone.
        opened = run.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
        yield opened
        opened.close()
