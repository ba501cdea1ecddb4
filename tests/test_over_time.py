"""What an outlet does over days, and what is told of it: nothing twice, nothing of its past, everything new."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from monitor.errors import AlertReason
from monitor.model import Standing
from monitor.store import schema
from tests import engines
from tests.desk import START, Desk, feed, item, page
from tests.fetch.origin import answer, serving

SAID = "a NATO official said no."
PAST = [item(number, SAID, at=START - timedelta(hours=number)) for number in range(100)]


@pytest.fixture
def watched(tmp_path):
    @asynccontextmanager
    async def opened(entries, **outlet):
        async with serving() as origin:
            desk = Desk(tmp_path, origin, **outlet)
            try:
                desk.publish(entries)
                await desk.poll()
                yield desk
            finally:
                await desk.aclose()

    return opened


# ---- nothing of the past


async def test_five_hundred_old_items_are_one_event_and_no_alert(watched):
    async with watched([item(number, SAID, at=START - timedelta(hours=number)) for number in range(500)]) as desk:
        assert desk.alerts() == []
        assert desk.events() == [
            "http://courier.example/feed.xml: 500 links listed, the newest 20 are read; none alerts"
        ]
        assert len(desk.articles()) == 20
        assert {hit.hit.standing for hit in desk.hits()} == {Standing.BASELINE}
        await desk.poll()
        assert len(desk.events()) == 1
        assert desk.alerts() == []


async def test_new_ids_for_all_that_is_known_are_one_event_and_no_alert(watched):
    async with watched(PAST) as desk:
        desk.publish([{**entry, "guid": f"urn:new:{entry['guid']}"} for entry in PAST])
        await desk.poll()
        await desk.poll()
        assert desk.alerts() == []
        assert desk.events("feed_rewritten") == ["http://courier.example/feed.xml: 100 of 100 known links have new ids"]
        assert len(desk.articles()) == 20


async def test_new_addresses_for_all_that_is_known_are_one_event_and_no_alert(watched):
    async with watched(PAST) as desk:
        desk.publish([{**entry, "guid": f"2-{entry['guid']}", "path": f"/2026{entry['path']}"} for entry in PAST])
        done = await desk.poll()
        assert len(done.links) == 100
        await desk.poll()
        assert desk.alerts() == []
        (told,) = desk.events("feed_rewritten")
        assert "100 of 100 new links repeat titles or ids" in told


async def test_the_past_with_new_dates_is_one_event_and_no_alert(watched):
    async with watched(PAST) as desk:
        for day in (1, 2):
            again = [{**entry, "date": item(0, at=START + timedelta(days=day))["date"]} for entry in PAST]
            desk.publish(again)
            await desk.poll(after=3_600 * 5)
        assert desk.alerts() == []
        assert desk.events("feed_rewritten") == [
            "http://courier.example/feed.xml: 100 of 100 known links have new dates"
        ]
        assert desk.asked("/news/3") == 1


async def test_the_past_with_new_everything_but_titles_is_one_event_and_no_alert(watched):
    async with watched(PAST) as desk:
        desk.publish([
            {**entry, "guid": f"2-{entry['guid']}", "path": f"/2026{entry['path']}",
             "date": item(0, at=START + timedelta(days=1))["date"]}
            for entry in PAST
        ])  # fmt: skip
        await desk.poll()
        assert desk.alerts() == []
        assert len(desk.events("feed_rewritten")) == 1


async def test_a_feed_that_rewrites_itself_at_every_poll_is_told_once_a_day(watched):
    async with watched(PAST) as desk:
        for turn in range(6):
            desk.publish([{**entry, "guid": f"{turn}-{entry['guid']}"} for entry in PAST])
            await desk.poll(after=3_600 * 5)
        assert len(desk.events("feed_rewritten")) == 2
        assert desk.alerts() == []


# ---- everything new


async def test_three_new_articles_inside_a_past_published_again_are_alerted(watched):
    async with watched(PAST) as desk:
        new = [item(number, SAID, at=START + timedelta(hours=20)) for number in (200, 201, 202)]
        past = [{**entry, "guid": f"2-{entry['guid']}", "path": f"/2026{entry['path']}"} for entry in PAST[:30]]
        desk.publish([*past[:10], new[0], *past[10:20], new[1], new[2], *past[20:]])
        await desk.poll()
        told = [hit.article.title for hit in desk.hits() if hit.hit.standing is Standing.LIVE]
        assert sorted(told) == sorted(entry["title"] for entry in new)
        assert len(desk.alerts()) == 3


async def test_a_title_used_again_for_another_text_is_alerted_though_the_past_was_published_with_it(watched):
    async with watched(PAST[:10]) as desk:
        again = [{**entry, "guid": f"2-{entry['guid']}", "path": f"/2026{entry['path']}"} for entry in PAST[:10]]
        other = {**item(77, "NATO met here."), "title": again[4]["title"], "path": again[4]["path"]}
        desk.show(other["path"], page(other))
        desk.publish(again)
        await desk.poll()
        assert [alert.alert.reason for alert in desk.alerts()] == [AlertReason.FIRST]


async def test_an_election_night_is_alerted_whole_however_much_it_is(watched):
    async with watched(PAST[:20]) as desk:
        night = [item(number, SAID, at=START + timedelta(hours=20)) for number in range(300, 380)]
        desk.publish(night)
        await desk.poll()
        assert len(desk.alerts()) == 80
        assert desk.events("feed_rewritten") == []


@pytest.mark.parametrize(
    "when",
    [
        {"at": None},
        {"date": "2026-11-24"},
        {"at": START - timedelta(hours=20)},
        {"at": START + timedelta(hours=44)},
        {"at": START + timedelta(hours=24 + 30)},
        {"date": "the day before yesterday"},
    ],
    ids=["no date", "a day", "20 h early", "20 h late", "embargo of 30 h", "no date at all"],
)
async def test_an_article_is_alerted_whatever_its_date(watched, when):
    async with watched(PAST[:20]) as desk:
        desk.publish([item(300, SAID, **when), *PAST[:19]])
        await desk.poll()
        assert [hit.hit.standing for hit in desk.hits()][-1] is Standing.LIVE
        assert len(desk.alerts()) == 1


async def test_the_first_poll_after_two_days_without_network_alerts_what_came_meanwhile(watched):
    async with watched(PAST[:20]) as desk:
        feed_now, desk.origin.routes["/feed.xml"] = desk.origin.routes["/feed.xml"], answer(503, b"down")
        for _ in range(4):
            await desk.poll(after=86_400 / 2)
        del feed_now
        new = [item(300 + number, SAID, at=desk.clock.now() - timedelta(hours=6 * number)) for number in range(8)]
        desk.publish([*new, *PAST[:12]])
        await desk.poll()
        assert len(desk.alerts()) == 8


async def test_an_old_article_found_late_is_alerted_and_says_so(watched):
    async with watched(PAST[:20]) as desk:
        desk.publish([item(300, SAID, at=START - timedelta(hours=30)), *PAST[:19]])
        await desk.poll()
        assert [hit.hit.standing for hit in desk.hits()][-1] is Standing.LATE
        assert len(desk.alerts()) == 1
        await desk.pipeline.tell()
        (sent,) = desk.alerts()[0].outbox
        assert "published 3 d ago" in sent.message.text


# ---- once


async def test_one_article_under_two_addresses_in_two_sections_and_as_amp_is_one(watched):
    async with watched(PAST[:5]) as desk:
        first = item(300, SAID, at=START + timedelta(hours=20))
        copies = [
            {**first, "path": f"/{place}/300", "guid": place, "date": item(0, at=START + timedelta(hours=21))["date"]}
            for place in ("world", "amp")
        ]
        amp = page(first, extra="<aside>AMP</aside>").replace(
            b"</head>", b'<link rel="canonical" href="http://courier.example/news/300"></head>'
        )
        desk.show("/amp/300", amp)
        desk.publish([first, *copies])
        await desk.poll()
        assert len([row for row in desk.articles() if row.title == first["title"]]) == 1
        assert len(desk.alerts()) == 1


async def test_a_flash_of_two_sentences_that_grows_is_alerted_once(watched):
    async with watched(PAST[:5]) as desk:
        flash = item(300, at=START + timedelta(hours=23))
        desk.show(flash["path"], page(flash, paragraphs=3))
        desk.publish([flash, *PAST[:4]])
        await desk.poll()
        assert desk.alerts() == []
        desk.show(flash["path"], page({**flash, "said": SAID}, paragraphs=14))
        seen = []
        for wait in (15, 45, 5 * 60, 18 * 60, 6 * 24 * 60, 24 * 60):
            desk.clock.forward(wait * 60)
            seen.append(len(await desk.read_due()))
        (alert,) = desk.alerts()
        assert alert.alert.reason is AlertReason.REVISED
        await desk.pipeline.tell()
        (sent,) = desk.alerts()[0].outbox
        assert "revised: this was not in it when it was first read" in sent.message.text
        assert "official said" in sent.message.text
        # 15 minutes, and, as it has a hit now, 1 hour, 6 hours, 24 hours and 7 days.
        assert seen == [1, 1, 1, 1, 1, 0]


async def test_a_live_blog_that_says_it_in_its_thirtieth_entry_is_alerted_once(watched):
    async with watched(PAST[:5]) as desk:
        blog = item(300, at=START + timedelta(hours=23))
        entries = [
            f"<p>Entry {n}: the {n}th ferry left the quay with {n * 3} passengers on board.</p>" for n in range(40)
        ]
        desk.show(blog["path"], page(blog, live=True, extra="".join(entries[:3])))
        desk.publish([blog, *PAST[:4]])
        await desk.poll()
        for number in range(4, 36):
            if number == 30:
                entries[number] = f"<p>{SAID}</p>"
            desk.show(blog["path"], page(blog, live=True, extra="".join(entries[: number + 1])))
            desk.clock.forward(5 * 60)
            assert len(await desk.read_due()) == 1
            assert len(desk.alerts()) == (number >= 30)
        (alert,) = desk.alerts()
        assert alert.alert.reason is AlertReason.REVISED


async def test_an_article_whose_date_its_feed_moves_is_read_again(watched):
    async with watched(PAST[:10]) as desk:
        new = item(300, at=START + timedelta(hours=20))
        desk.publish([new, *PAST[:9]])
        await desk.poll()
        assert desk.alerts() == []
        desk.show(new["path"], page({**new, "said": SAID}))
        desk.publish([{**new, "date": item(0, at=START + timedelta(hours=40))["date"]}, *PAST[:9]])
        await desk.poll()
        assert [alert.alert.reason for alert in desk.alerts()] == [AlertReason.REVISED]


async def test_a_page_that_is_gone_when_read_again_keeps_its_article(watched):
    async with watched(PAST[:5]) as desk:
        new = item(300, SAID, at=START + timedelta(hours=23))
        desk.publish([new, *PAST[:4]])
        await desk.poll()
        desk.origin.routes[new["path"]] = answer(410, b"gone")
        desk.clock.forward(900)
        assert len(await desk.read_due()) == 1
        desk.clock.forward(90 * 86_400)
        assert await desk.read_due() == []
        stored = desk.stored(lambda store: store.articles.find("http://courier.example/news/300"))
        assert SAID in stored.article.body
        assert len(desk.alerts()) == 1


async def test_a_page_read_again_that_has_become_a_wall_stays_what_it_was(watched):
    async with watched(PAST[:5]) as desk:
        new = item(300, SAID, at=START + timedelta(hours=23))
        desk.publish([new, *PAST[:4]])
        await desk.poll()
        desk.show(new["path"], b"<html><body><h1>Please log in</h1></body></html>")
        desk.clock.forward(900)
        assert len(await desk.read_due()) == 1
        row = desk.articles()[-1]
        assert (row.text, row.reason) == ("full", None)


async def test_a_page_that_did_not_change_is_not_sent_again(watched):
    async with watched(PAST[:5]) as desk:
        new = item(300, SAID, at=START + timedelta(hours=23))
        desk.publish([new, *PAST[:4]])
        desk.origin.routes[new["path"]] = answer(200, page(new), {"Content-Type": "text/html", "ETag": '"v1"'})
        await desk.poll()
        desk.origin.routes[new["path"]] = answer(304)
        desk.clock.forward(900)
        assert len(await desk.read_due()) == 1
        assert desk.origin.asked[-1].headers["if-none-match"] == '"v1"'
        desk.clock.forward(45 * 60)
        assert len(await desk.read_due()) == 1


# ---- how much at once


async def test_two_hundred_links_are_taken_up_at_once_and_none_is_dropped(watched):
    async with watched(PAST[:5]) as desk:
        desk.publish([item(number, at=START + timedelta(hours=20)) for number in range(300, 850)])
        turns = [(await desk.poll(read=False)).links for _ in range(4)]
        assert [len(turn) for turn in turns] == [200, 200, 150, 0]
        assert len({link.url for turn in turns for link in turn}) == 550
        assert desk.events("links_waiting") == ["550 new links, 350 of them wait for the next polls"]


async def test_twenty_links_abroad_are_taken_up_at_once(watched):
    async with watched(PAST[:5]) as desk:
        entries = [item(number, at=START + timedelta(hours=20)) for number in range(300, 350)]
        body = feed(entries).replace(b"http://courier.example/news", b"http://elsewhere.example/news")
        desk.origin.routes["/feed.xml"] = answer(200, body, {"Content-Type": "application/rss+xml"})
        for entry in entries:
            desk.show(entry["path"], page(entry))
        assert [len((await desk.poll()).links) for _ in range(4)] == [20, 20, 10, 0]


async def test_a_poll_that_brings_nothing_new_takes_up_what_waits(watched):
    async with watched(PAST[:5]) as desk:
        desk.publish([item(number, at=START + timedelta(hours=20)) for number in range(300, 550)])
        assert len((await desk.poll(read=False)).links) == 200
        desk.origin.routes["/feed.xml"] = answer(304)
        assert desk.waiting() == 50


@pytest.mark.parametrize("place", ["/news/3", "/"], ids=["another article", "the home page"])
async def test_an_article_whose_address_leads_elsewhere_later_stays_what_it_was(watched, place):
    async with watched(PAST[:5]) as desk:
        flash = item(300, at=START + timedelta(hours=23))
        desk.show(flash["path"], page(flash, paragraphs=3))
        desk.show("/", page(item(999, SAID)))
        desk.publish([flash, *PAST[:4]])
        await desk.poll()
        desk.origin.routes[flash["path"]] = answer(302, b"", {"Location": f"http://courier.example{place}"})
        desk.clock.forward(15 * 60)
        assert len(await desk.read_due()) == 1
        stored = desk.stored(lambda store: store.articles.find("http://courier.example/news/300"))
        assert (stored.article.title, stored.revision) == (flash["title"], 1)
        assert desk.alerts() == []


async def test_an_article_that_moves_to_another_address_is_followed(watched):
    async with watched(PAST[:5]) as desk:
        new = item(300, at=START + timedelta(hours=23))
        desk.show(new["path"], page(new, paragraphs=3))
        desk.publish([new, *PAST[:4]])
        await desk.poll()
        desk.show("/news/longer-300", page({**new, "said": SAID, "title": "Another headline of the same story"}))
        desk.origin.routes[new["path"]] = answer(302, b"", {"Location": "http://courier.example/news/longer-300"})
        desk.clock.forward(15 * 60)
        await desk.read_due()
        assert [alert.alert.reason for alert in desk.alerts()] == [AlertReason.REVISED]


@engines.own
async def test_an_outlet_that_renews_its_addresses_after_an_upgrade_alerts_nothing(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        engines.opened(tmp_path / "monitor.db").close()
    old = sqlite3.connect(tmp_path / "monitor.db")
    old.execute("INSERT INTO outlets VALUES ('courier', '', 1)")
    long_ago = "2026-11-20T08:00:00.000000Z"
    old.execute(
        "INSERT INTO sources (id, outlet_id, url, kind, next_check_at, baselined, last_ok_at) "
        f"VALUES (1, 'courier', 'http://courier.example/feed.xml', 'feed', '{long_ago}', 1, '{long_ago}')"
    )
    old.executemany(
        "INSERT INTO links (outlet_id, source_id, url, canonical, guid, title, summary, author, content, first_seen, "
        f"standing, state) VALUES ('courier', 1, ?, ?, ?, ?, '', '', '', '{long_ago}', 'baseline', 'listed')",
        [(f"{entry['path']}", entry["path"], entry["guid"], entry["title"]) for entry in PAST[:30]],
    )
    old.commit()
    old.close()
    async with serving() as origin:
        desk = Desk(tmp_path, origin)
        desk.publish([{**entry, "guid": f"2-{entry['guid']}"} for entry in PAST[:30]])
        await desk.poll()
        assert desk.alerts() == []
        assert len(desk.events("feed_rewritten")) == 1
        await desk.aclose()


async def test_a_feed_that_dates_its_few_entries_anew_at_every_poll_has_them_read_a_dozen_times(watched):
    few = [item(number, at=START) for number in range(4)]
    async with watched(few, every=900.0) as desk:
        for _ in range(20):
            now = item(0, at=desk.clock.now())["date"]
            desk.publish([{**entry, "date": now} for entry in few])
            await desk.poll(after=900)
        assert desk.asked("/news/2") == 1 + 12
