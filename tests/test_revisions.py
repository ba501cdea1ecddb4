"""An article that changes keeps what it said, and its hits know when they stood: from the page to the command."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.model import Rule
from monitor.reading import Reader
from tests import engines
from tests.desk import START, Desk, item, page
from tests.fetch.origin import serving

SAID = "a NATO official said no."
NEW = item(300, at=START + timedelta(hours=23))
PATH = NEW["path"]


@pytest.fixture
def watched(tmp_path):
    @asynccontextmanager
    async def opened():
        async with serving() as origin:
            desk = Desk(tmp_path, origin)
            try:
                desk.publish([item(1)])
                await desk.poll()
                desk.show(PATH, page({**NEW, "said": SAID}))
                desk.publish([NEW, item(1)])
                await desk.poll()
                yield desk
            finally:
                await desk.aclose()

    return opened


async def reread(desk, said):
    desk.show(PATH, page({**NEW, "said": said}))
    desk.clock.forward(7 * 3_600)
    assert await desk.read_due()
    (row,) = desk.hits()
    return row.hit


async def test_a_hit_is_gone_with_its_sentence_and_back_with_it(watched):
    async with watched() as desk:
        (row,) = desk.hits()
        assert (row.hit.revision, row.hit.gone_at) == (1, None)
        hit = await reread(desk, "")
        assert (hit.gone_at, hit.gone_revision) == (desk.clock.now(), 2)
        first = hit.gone_at
        hit = await reread(desk, "nobody said a word.")
        assert (hit.gone_at, hit.gone_revision) == (first, 2)
        hit = await reread(desk, SAID)
        assert (hit.gone_at, hit.gone_revision) == (None, 0)
        versions = desk.stored(lambda store: store.articles.versions(row.article.id))
        assert [one.revision for one in versions] == [1, 2, 3, 4]
        assert ["NATO" in "".join(block.text for block in one.blocks) for one in versions] == [True, False, False, True]
        assert [one.until is None for one in versions] == [False, False, False, True]


async def test_an_article_that_changes_elsewhere_keeps_its_hit(watched):
    async with watched() as desk:
        desk.show(PATH, page({**NEW, "said": SAID}, paragraphs=14))
        desk.clock.forward(3_600)
        await desk.read_due()
        (row,) = desk.hits()
        assert row.hit.gone_at is None
        assert desk.stored(lambda store: store.articles.get(row.article.id)).revision == 2


@pytest.mark.parametrize(
    ("rules", "said", "gone"),
    [
        ({"nato": Rule("nato", "otan", version="other")}, SAID + " He left early.", False),
        ({"nato": Rule("nato", "otan", version="other")}, "nobody said a word.", True),
        ({}, SAID + " He left early.", False),
        ({}, "nobody said a word.", True),
        ({"nato": Rule("nato", "nato", languages=("de",))}, SAID + " He left early.", False),
    ],
    ids=["edited, still said", "edited, no longer said", "deleted, still said", "deleted, no longer said", "language"],
)
async def test_a_rule_that_changed_makes_no_hit_gone_that_is_still_said(watched, rules, said, gone):
    async with watched() as desk:
        desk.pipeline.orders = replace(desk.pipeline.orders, rules=rules)
        desk.pipeline.readers._reader = Reader([Rule("other", "otan")], [])
        hit = await reread(desk, said)
        assert (hit.gone_at is not None) == gone


async def test_the_commands_say_what_changed_and_since_when_a_hit_is_gone(watched, tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "monitor.yaml").write_text(f"storage: {engines.storage(tmp_path / 'monitor.db')}\n")
    for name in ("outlets", "rules", "alerts"):
        (folder / f"{name}.yaml").write_text(f"{name}: {{}}\n" if name != "alerts" else "channels: {}\n")

    def run(*words, code=0):
        result = CliRunner().invoke(cli, ["--config", str(folder), *words])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.output

    async with watched() as desk:
        (row,) = desk.hits()
        number, hit = str(row.article.id), str(row.hit.id)
        assert "It has one version" in run("articles", "show", number, "--diff")
        assert SAID in run("articles", "show", number)
        assert "gone" not in run("hits", "show", hit)
        await reread(desk, "an \x1b[31mofficial said no.")
    assert "gone since 2026-11-26 15:00" in run("hits", "show", hit)
    assert "(version 2 of the article)" in run("hits", "show", hit)
    out = run("articles", "show", number, "--diff")
    assert f"hit {hit}, rule nato: in version 1, gone since 2026-11-26 15:00 (version 2)" in out
    assert "[-a NATO official-]{+an " in out
    assert "paragraphs as before" in out
    assert "\x1b" not in out
    (shown,) = map(json.loads, run("articles", "show", number, "--diff", "--json").splitlines())
    assert shown["hits"][0]["gone_version"] == 2
    assert {"change": "removed", "text": "a NATO official"} in [
        piece for p in shown["changes"][0]["paragraphs"] for piece in p
    ]
    assert "there is no article 99" in run("articles", "show", "99", code=1)
    assert len(run("articles", "--ndjson").splitlines()) == 2
    assert len(run("articles", "list", "nato", "--ndjson").splitlines()) == 0
