"""Bombs of every kind in real readers: each costs its own page only, by a named reason or with a sane article.

All of them are set off with `-m slow`, and measured by `python -m tests.bench bombs`; here one of each kind is.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.errors import ReadError, Reason
from monitor.model import Failure, Links, Outlet, Page, Reading
from monitor.parse.bytes import prescan
from monitor.pool import Pool
from monitor.views import RobotsVerdict
from tests import bombs
from tests.blast import LINK, NOW, SOURCE, URL, ask, blast

OWN = {bomb.name: bomb for bomb in bombs.ALL}
MEMORY = 128 << 20
# A machine that does other things too may need these seconds for what takes one; the wall is not what is tested here.
SECONDS = 60.0

HOSTILE = [
    "div 100k deep", "template 400000 deep", "select 100k deep", "div, false ends", "font, false ends", "p 1M",
    "bracket 5M", "closing tags", "options 20k", "optgroups 20k", "comments unclosed 1.2M", "CDATA", "metas 100k",
    "attributes 100k", "attributes behind a bracket", "attributes with brackets in values", "attributes with few signs",
    "attributes with ends in values", "attributes of an end tag", "attributes at both bounds, no value",
    "900 attributes a tag", "attributes by equal signs", "utf-16, nested", "feed: 200k deep", "feed: attributes 100k",
    "feed: 1M entries",
]  # fmt: skip
READ = [
    "ul><li at the bound", "template at the bound", "script of 5 MB, one line", "style unclosed", "comment of 5 MB",
    "one word of 5 MB", "1M line breaks", "numeric entities", "title in one word", "attribute of 5 MB",
    "options at the bound", "JSON-LD lists 100k deep", "JSON-LD 1M keys", "JSON-LD types of blanks",
    "JSON-LD 5,000 scripts", "live entries", "deep tables", "charset of 1 MB", "random bytes, no charset",
    "encoded twice", "combining marks", "spaces", "articles nested with times", "selector div.a > p, flat",
    "feed: billion laughs", "feed: XXE", "feed: JSON 100k deep", "feed: title of 5 MB", "robots: one wildcard rule",
]  # fmt: skip
NAMED = (*HOSTILE, *READ, "gzip to the cap, spaces", "gzip twice", "deflate 64 MB")


@asynccontextmanager
async def readers(size=1):
    rules, entities = bombs.rules()
    pool = await Pool.start(rules, entities, size=size, job_seconds=SECONDS)
    try:
        yield pool
    finally:
        await pool.aclose()


def check(bomb, result):
    """Fail unless a bomb was answered by name, or by what it holds, and within the memory it may have."""
    told = f"{bomb.name}: {result.told}, {result.grown >> 20} MB"
    assert isinstance(result.answer, Failure | Reading | Links | RobotsVerdict), told
    assert not result.told.startswith(("over_time", "crashed", "bad_reply", "no_reader")), told
    assert result.grown < MEMORY, told


async def test_a_bomb_of_each_kind_is_answered_within_its_memory():
    async with readers() as pool:
        for name in NAMED:
            result = await blast(pool, OWN[name])
            check(OWN[name], result)
            assert (name in HOSTILE) == result.told.startswith("hostile"), f"{name}: {result.told}"
        # None of these needs the wall.
        assert "over_memory" not in pool.stats()


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_every_bomb_is_answered_within_its_memory():
    async with readers() as pool:
        for bomb in bombs.ALL:
            check(bomb, await blast(pool, bomb))


def innocent(number):
    body = bombs.article(f"<p>Reader {number} of this page is told that the embargo on Varna ends. {bombs.PROSE}</p>")
    return Page(URL, URL, 200, {"content-type": "text/html"}, body, NOW)


async def read(pool, number):
    reading = await pool.article(innocent(number), LINK, Outlet("a", language="en"))
    assert isinstance(reading, Reading), reading
    assert f"Reader {number} of" in reading.article.body
    assert reading.article.reason is None
    assert {hit.rule_id for hit in reading.hits} >= {"rule-0"}


FONTS = OWN["fonts reopened"]


async def test_pages_beside_a_bomb_and_after_it_are_read_as_ever():
    async with readers(size=2) as pool:
        await read(pool, 0)
        for number, name in enumerate(["fonts reopened", "JSON-LD 1M keys", "one line of prose", "div 100k deep"]):
            bomb = asyncio.create_task(ask(pool, OWN[name], OWN[name].make()))
            for turn in range(5):
                await read(pool, 10 * number + turn)
            assert not isinstance(await bomb, Exception)
            await read(pool, 10 * number + 9)


async def test_what_takes_all_memory_at_once_runs_into_a_wall_and_takes_nobody_with_it():
    """Fonts that are opened anew in every paragraph are 20 million elements of a page of 100 kB."""
    async with readers() as pool:
        result = await blast(pool, FONTS)
        assert result.told.startswith("over_memory")
        assert result.grown < MEMORY
        await read(pool, 1)
        links = await pool.links(Page(URL, URL, 200, {}, bombs.fill("<item/>", 9_000, "<rss>", "</rss>"), NOW), SOURCE)
        assert isinstance(links, Links)


def test_a_page_at_each_bound_passes_and_one_above_it_does_not():
    for below, above in [
        (b"<div>" * 5_000, b"<div>" * 5_001),
        (b"<div></x>" * 5_000, b"<div></x>" * 5_001),
        (b"<b><i></i>" * 4_999, b"<b><i></i>" * 5_000),
        (b"<br>" * 50_000, b"<br>" * 50_001),
        (b"<option></option>" * 5_000, b"<option></option>" * 5_001),
        (tag(2_000), tag(2_001)),
        (tag(2_000, "'<'"), tag(2_001, "'<'") + b"x" * 9_000),
        (tag(1_000, "'>'") * 199, tag(1_000, "'>'") * 201),
        (tag(1_000) * 200, tag(1_000) * 201),
    ]:
        prescan(below)
        with pytest.raises(ReadError) as caught:
            prescan(above)
        assert caught.value.reason is Reason.HOSTILE


def tag(attributes, value=""):
    return b"<a " + b" ".join(f"a{n}={value}".strip("=").encode() for n in range(attributes)) + b">x</a>"


@pytest.mark.parametrize(
    "text",
    [
        "it's <b>said</b> ",
        "<a href=x title='>'>it's</a> ",
        '<p class="a > b" data-x=\'{"a": "<b>"}\'>text</p> ',
        "<script>if (a < b && c > d) { e = '<p>' + \"<i \" }</script>",
        "<!-- <p a b c ' \" = --> ",
        '<img src="data:image/png;base64,' + "QUJD" * 5_000 + '"> ',
        "a{b:c}" * 4_000 + "<p>",
        "<p a='b\n> ",
    ],
)
def test_signs_and_quotes_of_honest_pages_are_no_attributes(text):
    prescan(b"<html><body>" + text.encode() * (40_000 // len(text)))


def test_the_bombs_are_as_many_as_they_are_named():
    assert len(OWN) == len(bombs.ALL) > 600
    assert set(NAMED) <= set(OWN)
    assert Path(bombs.__file__).stat().st_size < 100_000
