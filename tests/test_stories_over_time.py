"""One story where many wrote it: what an outlet's later articles on an event do to what is told."""

from __future__ import annotations

import pytest_asyncio

from monitor.views import Filter
from tests.desk import Desk, item
from tests.fetch.origin import serving

FLOOD = (
    "The river Velen burst its banks at Orsk on Sunday night and flooded 300 houses, mayor Irina Dolgova said.",
    "Soldiers of the Seventh Brigade brought 1,200 people from Orsk to schools in Marinka, where NATO had sent tents.",
    "Governor Pavel Stern asked for help after the dam at Krasny Brod gave way at 4 in the morning.",
    "Engineers had warned of cracks in the Krasny Brod dam in March, documents seen by the Courier show.",
)
AGAIN = (
    "Mayor Irina Dolgova of Orsk said on Monday that 300 houses stood under water since the Velen rose over its banks.",
    "The dam at Krasny Brod broke at 4 in the morning, and governor Pavel Stern has called in the Seventh Brigade.",
    "NATO tents went up beside schools in Marinka for 1,200 people who had to leave Orsk.",
    "Nobody had acted on cracks that engineers reported at the Krasny Brod dam in March.",
)
TRIAL = (
    "Banker Jonas Weil denied in a court in Hallstadt that he had moved 40 million crowns abroad.",
    "Prosecutor Mira Lang showed letters in which Weil named NATO contractors as partners of Baltic Holding.",
    "The trial over Baltic Holding goes on in Hallstadt until May, judge Anders Voll said.",
    "Two former clerks of Baltic Holding are to speak on Thursday about accounts in Valletta.",
)


FLUT = (
    (
        "Die Welen ist in der Nacht zum Sonntag bei Orsk über die Ufer getreten, 300 Häuser stehen unter Wasser, sagte "
        "Bürgermeisterin Irina Dolgova der Zeitung Courier."
    ),
    "Soldaten der Brigade brachten 1,200 Menschen aus Orsk in Schulen nach Marinka, wohin die NATO Zelte geschickt hatte.",
    "Gouverneur Pavel Stern bat um Hilfe, nachdem um 4 Uhr morgens der Damm von Krasny Brod gebrochen war.",
    "Ingenieure hatten schon im März vor Rissen im Damm von Krasny Brod gewarnt, wie aus Papieren hervorgeht.",
)


def html(title: str, paragraphs: tuple[str, ...], language: str = "en") -> bytes:
    text = "".join(f"<p>{line}</p>" for line in paragraphs)
    head = '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle"}</script>'
    return f'<html lang="{language}"><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{text}</article></body></html>'.encode()


@pytest_asyncio.fixture
async def watched(tmp_path):
    async with serving() as origin:
        desk = Desk(tmp_path, origin)
        desk.publish([])
        await desk.poll()
        yield desk
        await desk.aclose()


async def print_(desk, number, title, paragraphs, listed, language="en"):
    entry = item(number, title=title)
    desk.show(entry["path"], html(title, paragraphs, language))
    listed.append(entry)
    desk.publish(listed)
    await desk.poll(after=3_600)


async def test_an_event_written_anew_is_told_once_and_another_event_for_itself(watched):
    listed = []
    await print_(watched, 1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, listed)
    await print_(watched, 2, "Orsk under water: 300 houses lost as Velen rises", AGAIN, listed)
    await print_(watched, 3, "Banker Weil denies all in Hallstadt trial", TRIAL, listed)
    first, second, third = watched.hits()
    assert first.hit.story_id == second.hit.story_id != third.hit.story_id
    assert len(watched.alerts()) == 2


async def test_what_a_person_joined_stays_joined_and_is_told_once(watched):
    listed = []
    await print_(watched, 1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, listed)
    await print_(watched, 3, "Banker Weil denies all in Hallstadt trial", TRIAL, listed)
    old, new = (row.hit.story_id for row in watched.hits())
    now = watched.clock.now()
    watched.stored(lambda store: store.stories.join(old, new, now))
    await watched.keeper.look_again()
    await print_(watched, 2, "Orsk under water: 300 houses lost as Velen rises", AGAIN, listed)
    assert {row.hit.story_id for row in watched.hits()} == {new}
    assert watched.stored(lambda store: store.stories.resolve(old)) == new
    assert sum(row.hits for row in watched.alerts() if row.alert.story_id == new) >= 2
    assert len(watched.alerts()) == 1 + (old in {row.alert.story_id for row in watched.alerts()})


async def test_what_a_person_split_off_is_a_story_of_its_own_and_never_moved_back(watched):
    listed = []
    await print_(watched, 1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, listed)
    await print_(watched, 2, "Orsk under water: 300 houses lost as Velen rises", AGAIN, listed)
    second = watched.hits()[1].article.id
    now = watched.clock.now()
    new = watched.stored(lambda store: store.stories.split([second], now))
    await watched.keeper.look_again()
    for number in range(10, 14):
        await print_(watched, number, f"Unlike {number}", TRIAL[:2], listed)
    await watched.keeper.look_again()
    (row,) = watched.stored(lambda store: store.articles.rows(Filter(story=new)))
    assert row.id == second
    members = {one.mark: one for one in watched.stored(lambda store: store.stories.members(now.replace(year=2000)))}
    assert [one.by_hand for one in members.values() if one.story_id == new] == [True]


async def test_what_comes_before_memory_knows_of_a_merger_goes_into_the_merged_story(watched):
    listed = []
    await print_(watched, 1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, listed)
    await print_(watched, 3, "Banker Weil denies all in Hallstadt trial", TRIAL, listed)
    old, new = (row.hit.story_id for row in watched.hits())
    now = watched.clock.now()
    watched.stored(lambda store: store.stories.join(old, new, now))
    await print_(watched, 2, "Orsk under water: 300 houses lost as Velen rises", AGAIN, listed)
    assert {row.hit.story_id for row in watched.hits()} == {new}
    assert watched.stored(lambda store: store.stories.timeline(old)) == []


async def test_what_another_language_tells_is_linked_and_told_for_itself(watched):
    listed = []
    await print_(watched, 1, "Flood in Orsk after dam at Krasny Brod breaks", FLOOD, listed)
    await print_(watched, 3, "Banker Weil denies all in Hallstadt trial", TRIAL, listed)
    await print_(watched, 4, "Flut in Orsk: Damm von Krasny Brod gebrochen", FLUT, listed, "de")
    await watched.keeper.look_again()
    english, other, german = watched.hits()
    assert [row.article.language for row in (english, german)] == ["en", "de"]
    (kin,) = watched.stored(lambda store: store.stories.kin(german.hit.story_id))
    assert {kin.a, kin.b} == {english.hit.story_id, german.hit.story_id}
    assert watched.stored(lambda store: store.stories.kin(other.hit.story_id)) == []
    assert len(watched.alerts()) == 3
