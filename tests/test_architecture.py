"""The house rules hold, and each check is seen to fail on a planted breach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def _forget():
    """Hold no trees while other tests run: the collector would walk them each time."""
    yield
    house.parsed.cache_clear()


@pytest.mark.parametrize("check", house.CHECKS, ids=lambda check: check.__name__)
def test_the_house_rules_hold(check):
    assert check(ROOT) == []


BREACHES = [
    (house.check_floors, "monitor/model.py", "import monitor.ports\n"),
    (house.check_floors, "monitor/match/engine.py", "from monitor.story import cluster\n"),
    (house.check_floors, "monitor/pipeline.py", "def f():\n    from monitor import daemon\n"),
    (house.check_floors, "monitor/somewhere.py", "x = 1\n"),
    (house.check_doors, "monitor/pipeline.py", "import httpx\n"),
    (house.check_doors, "monitor/extract/body.py", "from selectolax.lexbor import LexborHTMLParser\n"),
    (house.check_no_io, "monitor/pipeline.py", "from monitor.fetch.client import Client\n"),
    (house.check_no_io, "monitor/reading.py", "from monitor.store import sqlite\n"),
    (house.check_pure, "monitor/match/engine.py", "import random\n"),
    (house.check_pure, "monitor/outlets/cadence.py", "from datetime import datetime\nx = datetime.now()\n"),
    (house.check_dialling, "monitor/outlets/discovery.py", "import httpx\n\n\nclient = httpx.AsyncClient()\n"),
    (house.check_dialling, "monitor/enrol.py", "import httpx\n\n\npage = httpx.get('http://a.example')\n"),
    (house.check_dialling, "monitor/enrol.py", "from urllib.request import urlopen\n"),
    (house.check_dialling, "monitor/enrol.py", "import requests\n"),
    (house.check_dialling, "monitor/enrol.py", "from monitor.fetch.client import Client\n"),
    (
        house.check_dialling,
        "monitor/fetch/robots.py",
        "async def f(loop):\n    await loop.create_connection(None, 'a')\n",
    ),
    (house.check_dialling, "monitor/fetch/visit.py", "import socket\n\n\nx = socket.socket()\n"),
    (house.check_dialling, "monitor/fetch/visit.py", "import httpcore\n\n\nx = httpcore.AsyncConnectionPool()\n"),
    (
        house.check_dialling,
        "monitor/fetch/visit.py",
        "import httpx\n\n\nclass A(httpx.AsyncHTTPTransport): ...\n",
    ),
    (house.check_dialling, "monitor/fetch/guard.py", "import asyncio\n\n\nx = asyncio.open_connection('a', 1)\n"),
    (house.check_parser, "monitor/extract/body.py", "x = html.LexborHTMLParser('<p>')\n"),
    (house.check_parser, "monitor/parse/html.py", "x = LexborHTMLParser(text, scripting=True)\n"),
    (house.check_parser, "monitor/parse/html.py", "x = LexborHTMLParser(text, options=Options.WO_EVENTS)\n"),
    (house.check_parser, "monitor/extract/body.py", "x = root.html\n"),
    (house.check_async, "monitor/extract/body.py", "async def f():\n    pass\n"),
    (house.check_sizes, "monitor/daemon.py", "x = 1\n" * 401),
    (house.check_engines, "monitor/daemon.py", "def f(s):\n    return 1 if s.database else 2\n"),
    (house.check_engines, "monitor/cli/db.py", "def f(place):\n    if place.address:\n        return 1\n"),
    (house.check_engines, "monitor/works.py", "def f(kind):\n    return kind == 'postgres' and 1\n"),
    (house.check_engines, "monitor/works.py", "def f(store):\n    assert isinstance(store, PostgresStore)\n"),
    (house.check_sizes, "monitor/pipeline.py", "x = 1\n" * 301),
    (house.check_sizes, "monitor/daemon.py", "def f():\n" + "    x = 1\n" * 60),
    (house.check_sizes, "monitor/cli/__init__.py", "x = 1\n"),
]


@pytest.mark.parametrize(("check", "path", "text"), BREACHES)
def test_a_planted_breach_is_found(tmp_path, check, path, text):
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(text)
    assert check(tmp_path), f"{check.__name__} did not see {text!r} in {path}"


def test_every_door_library_is_a_dependency_that_is_used():
    """A door nobody opens is a dependency nobody needs."""
    used = {t.split(".")[0] for _, _, tree, _ in house.modules(ROOT) for t, _ in house.imports(tree)}
    assert {"httpx", "selectolax", "apscheduler", "sqlite_utils", "apprise"} <= used
