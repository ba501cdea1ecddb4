"""What becomes of hits over hours and days: updates, quiet hours, limits, digests, silences, corrections."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from monitor import telling
from monitor.model import Kind, Limit, Quiet, Route, Rule, Silence, Updates
from monitor.routing import Group, New
from monitor.views import Filter
from monitor.views_alerts import Changed
from tests.bureau import START, Bureau

BERLIN = "Europe/Berlin"


@pytest.fixture
def bureau(tmp_path):
    made = []

    def make(*routes: Route, **fields) -> Bureau:
        made.append(Bureau(tmp_path, routes, **fields))
        return made[-1]

    yield make
    for one in made:
        one.close()


def outlets(sent) -> set[str]:
    """Return the outlets that messages name."""
    found = set()
    for one in sent:
        told = json.loads(one.row.message.payload)
        found |= {item["outlet"]["id"] for section in told["sections"] for item in section["items"]}
        found |= {other["outlet"]["id"] for other in told["others"]}
    return found


def kinds(sent) -> list[Kind]:
    return [one.row.message.kind for one in sent]


def test_a_story_of_forty_outlets_is_one_message_and_the_updates_its_route_allows(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), updates=Updates(1800.0, most=20)))
    for number in range(40):
        desk.hit(number)
        desk.run(540)
    desk.run(3600)
    assert kinds(desk.sent).count(Kind.ALERT) == 1
    assert set(kinds(desk.sent)) == {Kind.ALERT, Kind.UPDATE}
    assert 10 <= len(desk.sent) <= 14
    assert outlets(desk.sent) == {f"o{number}" for number in range(40)}
    gaps = [after.at - before.at for before, after in zip(desk.sent, desk.sent[1:], strict=False)]
    assert min(gaps) >= timedelta(minutes=30)
    assert len({one.row.message.thread for one in desk.sent}) == 1
    assert len({one.row.id for one in desk.sent}) == len(desk.sent)


def test_what_comes_after_the_last_update_is_in_the_next_digest(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), updates=Updates(1800.0, most=2)))
    desk.tick()
    for number in range(40):
        desk.hit(number)
        desk.run(540)
    assert kinds(desk.sent) == [Kind.ALERT, Kind.UPDATE, Kind.UPDATE]
    desk.run(86_400, step=600)
    assert kinds(desk.sent)[3:] == [Kind.DIGEST]
    assert outlets(desk.sent) == {f"o{number}" for number in range(40)}
    assert "more than the updates of a story" in desk.sent[-1].row.message.text


def test_without_updates_a_story_is_told_once(bureau) -> None:
    desk = bureau(Route("desk", ("mail",)))
    for number in range(10):
        desk.hit(number)
        desk.run(3600, step=900)
    assert kinds(desk.sent) == [Kind.ALERT]
    assert desk.reasons() == {"first": 2, "same_story": 9}


def test_an_update_needs_so_many_new_outlets(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), updates=Updates(600.0, outlets=3)))
    desk.hit(0)
    desk.run(900)
    for number in (1, 1, 2):
        desk.hit(number)
        desk.run(900)
    assert kinds(desk.sent) == [Kind.ALERT]
    desk.hit(3)
    desk.run(900)
    assert kinds(desk.sent) == [Kind.ALERT, Kind.UPDATE]
    assert outlets(desk.sent[1:]) == {"o1", "o2", "o3"}


def test_a_new_name_makes_an_update_where_a_route_says_so(bureau) -> None:
    desk = bureau(
        Route("names", ("mail",), updates=Updates(600.0, on=(New.NAME,))), Route("outlets", ("chat",), updates=None)
    )
    desk.hit(0)
    desk.run(900)
    desk.hit(1)
    desk.run(900)
    assert kinds(desk.sent) == [Kind.ALERT, Kind.ALERT]
    desk.hit(2, name=True)
    desk.run(900)
    assert [(one.row.channel_id, one.row.message.kind) for one in desk.sent[2:]] == [("mail", Kind.UPDATE)]
    assert desk.sent[-1].row.message.text.startswith("Rule nato: a new name in it")


def test_quiet_hours_hold_and_lose_nothing(bureau) -> None:
    rules = (Rule("nato", "nato"), Rule("war", "war", severity="high"))
    night = Quiet(time(22), time(7))
    desk = bureau(Route("desk", ("mail",), quiet=night, timezone=BERLIN), rules=rules, now=START)
    desk.now = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    desk.hit(0, "s1")
    desk.hit(1, "s2", "war")
    desk.run(3600)
    assert [one.row.message.title for one in desk.sent] == ["war: Headline 2"]
    desk.run(7 * 3600)
    assert [one.row.message.title for one in desk.sent] == ["war: Headline 2", "nato: Headline 1"]
    assert desk.sent[-1].at == datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    assert desk.reasons()["held_quiet"] == 1


def test_a_message_that_is_tried_again_does_not_come_in_quiet_hours(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), quiet=Quiet(time(22), time(7))))
    desk.now = datetime(2026, 11, 24, 21, 59, 0, tzinfo=UTC)
    desk.down = {"mail"}
    desk.hit()
    desk.tick()
    desk.down = set()
    assert desk.run(9 * 3600) == []
    assert [one.at for one in desk.run(120)] == [datetime(2026, 11, 25, 7, 0, tzinfo=UTC)]


def test_a_limit_leaves_the_rest_to_the_digest(bureau) -> None:
    desk = bureau(Route("desk", ("mail", "chat"), limit=Limit(3, 3600.0)), Route("all", ("chat",)))
    desk.tick()
    for number in range(10):
        desk.hit(number % 4, f"s{number}")
        desk.run(60)
    assert [one.row.route for one in desk.sent if one.row.channel_id == "mail"] == ["desk"] * 3
    told = desk.run(24 * 3600, step=600)
    for channel in ("mail", "chat"):
        (digest,) = [one for one in told if one.row.channel_id == channel]
        assert digest.row.message.kind is Kind.DIGEST
        assert "nato had 7 more than its limit" in digest.row.message.text or channel == "chat"
    assert desk.run(24 * 3600, step=600) == []


def test_a_budget_degrades_to_the_digest_and_names_the_noise(bureau) -> None:
    desk = bureau(Route("desk", ("mail",)), rules=(Rule("nato", "nato", budget=2),))
    desk.tick()
    for number in range(6):
        desk.hit(7, f"s{number}")
        desk.run(60)
    assert kinds(desk.sent) == [Kind.ALERT] * 2
    (digest,) = desk.run(24 * 3600, step=600)
    assert "nato had 4 more than its budget for a day; most by outlet: o7 (4)" in digest.row.message.text
    desk.hit(7, "s9")
    assert kinds(desk.run(60)) == [Kind.ALERT]


def test_a_digest_tells_everything_at_its_times_and_silence_in_numbers(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), digest=(time(7, 30), time(18)), timezone=BERLIN))
    desk.tick()
    for number in range(5):
        desk.hit(number, f"s{number % 2}")
        desk.run(600)
    assert desk.sent == []
    desk.run(48 * 3600, step=300)
    assert [f"{one.at:%d %H:%M}" for one in desk.sent] == ["24 17:00", "25 06:30", "25 17:00", "26 06:30"]
    first, second, *_ = [one.row.message for one in desk.sent]
    assert first.title == "Digest 2026-11-24 18:00: 5 articles in 2 stories"
    assert second.title == "Digest 2026-11-25 07:30: nothing new"
    assert "0 hits; 0 of 0 outlets read; 0 new articles." in second.text
    assert "Rules with 0 hits: 1 of 1 (nato)." in second.text


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
@pytest.mark.parametrize("step", [0, 3600, -3600])
def test_each_digest_comes_once_a_day_through_both_changes_of_time_and_steps_of_the_clock(bureau, day, step) -> None:
    night = Quiet(time(22), time(7))
    desk = bureau(
        Route("digest", ("mail",), digest=(time(2, 30), time(7)), timezone=BERLIN),
        Route("desk", ("chat",), quiet=night, timezone=BERLIN, updates=Updates(1800.0)),
        now=day,
    )
    desk.tick()
    began = desk.now
    for number in range(96):
        desk.hit(number % 50, f"s{number // 3}")
        desk.run(900)
        if number == 50:
            desk.now += timedelta(seconds=step)
    desk.run(24 * 3600, step=900)
    zone = telling.hours.zone(BERLIN)
    days = {(began + timedelta(days=number)).astimezone(zone).date().isoformat() for number in (1, 2)}
    digests = [one.row.message.title[7:23] for one in desk.sent if one.row.channel_id == "mail"]
    assert sorted(digests) == sorted(f"{one} {slot}" for one in days for slot in ("02:30", "07:00"))
    chats = [one for one in desk.sent if one.row.channel_id == "chat"]
    assert all(7 <= one.at.astimezone(zone).hour < 22 for one in chats)
    assert {json.loads(one.row.message.payload)["thread"] for one in chats} == {f"s{number}" for number in range(32)}
    assert desk.store.alerts.due(desk.now + timedelta(days=30), limit=9) == []


def test_a_silence_that_comes_later_takes_back_what_was_not_told(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), wait=600.0))
    silence = Silence(0, (("rule", "na*"), ("outlet", "o1")), START, START + timedelta(hours=4))
    desk.hit(0, "s0")
    desk.hit(1, "s1")
    with desk.store.transaction():
        desk.store.silences.add(silence, START)
    desk.hit(1, "s2")
    desk.run(3600)
    assert [one.row.message.title for one in desk.sent] == ["nato: Headline 1"]
    assert desk.reasons() == {"first": 3, "silenced": 2}
    # Both name it: that which waited, and that which came later.
    assert [desk.store.alerts.decisions(hit_id=number)[0].detail for number in (2, 3)] == ["silence 1"] * 2
    desk.run(4 * 3600, step=600)
    desk.hit(1, "s1")
    desk.run(1200)
    assert len(desk.sent) == 2
    assert outlets(desk.sent[1:]) == {"o1"}
    assert "Headline 2" not in desk.sent[1].row.message.text


def test_a_correction_is_told_once_to_who_was_told(bureau) -> None:
    desk = bureau(Route("desk", ("mail",)), Route("no", ("chat",), corrections=False))
    found = desk.hit(0)
    desk.run(60)
    assert len(desk.sent) == 2
    for after in ("Headline new", "Headline new", "Headline newer"):
        with desk.store.transaction():
            telling.take_change(
                desk.store, desk.orders, Changed(found.article_id, "headline", "Headline 1", after), desk.now
            )
    assert desk.run(1700) == []
    (told,) = desk.run(3600)
    assert told.row.message.kind is Kind.UPDATE
    assert told.row.message.title == "Correction: nato: Headline 1"
    assert told.row.message.thread == "s1"
    for body in (told.row.message.text, told.row.message.markdown, told.row.message.html):
        assert body.count("Headline changed") == 2
    assert desk.run(3600) == []


def test_what_was_not_told_yet_is_not_corrected(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), wait=600.0))
    found = desk.hit(0)
    with desk.store.transaction():
        change = Changed(found.article_id, "deleted", "Headline 1")
        assert telling.take_change(desk.store, desk.orders, change, desk.now) == 0
    assert kinds(desk.run(1200)) == [Kind.ALERT]


def test_groups_of_more_than_a_story_share_a_message(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), group_by=(Group.RULE,), wait=600.0))
    for number in range(5):
        desk.hit(number, f"s{number}")
        desk.run(120)
    assert len(desk.sent) == 1
    assert outlets(desk.sent) == {f"o{number}" for number in range(5)}
    assert desk.run(3600) == []


def test_a_route_for_large_stories_tells_them_whole_when_they_are_large(bureau) -> None:
    desk = bureau(Route("large", ("mail",), min_outlets=3))
    for number in (0, 1):
        desk.hit(number)
        desk.run(60)
    assert desk.sent == []
    desk.hit(2)
    (told,) = desk.run(60)
    assert outlets([told]) == {"o0", "o1", "o2"}
    assert desk.reasons()["no_route"] == 2


def test_a_flood_is_within_its_limits_and_its_digest_complete(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), limit=Limit(20, 3600.0)))
    desk.tick()
    for first in range(0, 5000, 100):
        # As the writer commits them under load: in groups.
        with desk.store.transaction():
            for number in range(first, first + 100):
                desk.hit(number % 90, f"s{number // 2}")
    while desk.tick():
        pass
    desk.run(60, step=1)
    assert kinds(desk.sent) == [Kind.ALERT] * 20
    told = desk.run(24 * 3600, step=3600)
    titles = set()
    for one in desk.sent:
        payload = json.loads(one.row.message.payload)
        titles |= {item["title"] for section in payload["sections"] for item in section["items"]}
    assert titles == {f"Headline {number}" for number in range(1, 5001)}
    assert len(told) == 50
    assert max(len(one.row.message.text) for one in told) < 100_000


def test_a_digest_of_a_route_that_is_gone_is_told_by_another(bureau) -> None:
    desk = bureau(Route("old", ("mail",), digest=(time(18),)))
    desk.tick()
    desk.hit()
    desk.run(60)
    desk.use([Route("new", ("chat",))])
    told = desk.run(48 * 3600, step=1800)
    assert [(one.row.route, one.row.channel_id) for one in told] == [("new", "chat")]
    assert outlets(told) == {"o0"}


def test_a_spike_is_one_alert_with_what_makes_it_and_is_over_before_the_next(bureau) -> None:
    desk = bureau(Route("desk", ("mail",)), rules=(Rule("nato", "nato", spike=5.0),))
    for number in range(15 * 24):
        if number % 3 == 0:
            desk.hit(number % 9, f"s{number}")
        desk.run(3600, step=3600)
    assert desk.sent == []
    for number in range(12):
        desk.hit(number % 4, "big" if number % 2 else f"t{number}")
        desk.run(180)
    (told,) = desk.sent
    message = told.row.message
    assert message.text.startswith("Rule nato: much more of it than usual")
    assert "5 articles in the last hour, usual at this hour 0.2: 30 times as many" in message.text
    assert "by outlet: Outlet 0" in message.text
    assert message.thread == "big"
    for number in range(24):
        desk.hit(number, "big")
        desk.run(300)
    assert len(desk.sent) == 1
    desk.run(12 * 3600, step=600)
    for number in range(8):
        desk.hit(number, "next")
        desk.run(180)
    assert len(desk.sent) == 2
    assert desk.reasons() == {"below_spike": 120 + 12 + 24 + 8, "spike": 4}


def test_a_restart_tells_no_digest_a_second_time(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), digest=(time(18),)))
    desk.tick()
    assert len(desk.run(7 * 3600, step=600)) == 1
    desk.use(desk.routes)
    assert desk.run(3600, step=600) == []


def test_a_clock_that_is_set_back_tells_no_day_before_the_route_was_there(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), digest=(time(7), time(18))), now=datetime(2026, 11, 25, 7, 10, tzinfo=UTC))
    desk.tick()
    desk.now -= timedelta(hours=2)
    assert desk.run(3600) == []
    assert [f"{one.at:%d %H:%M}" for one in desk.run(24 * 3600, step=600)] == ["25 18:00"]


def test_a_clock_that_is_set_back_puts_no_update_off(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), updates=Updates(1800.0)))
    desk.hit(0)
    desk.run(60)
    desk.now -= timedelta(hours=5)
    desk.hit(1)
    assert kinds(desk.run(1860)) == [Kind.UPDATE]


def test_the_number_of_an_alert_that_was_taken_back_is_no_other_ones(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), wait=600.0))
    desk.hit(0, "s0")
    with desk.store.transaction():
        desk.store.silences.add(Silence(0, (("outlet", "o0"),), START, START + timedelta(hours=1)), START)
    desk.run(1200)
    desk.hit(1, "s1")
    desk.run(1200)
    assert outlets(desk.sent) == {"o1"}
    (row,) = desk.store.alerts.rows(Filter())
    assert {one.reason.value for one in desk.store.alerts.decisions(alert_id=row.alert.id)} == {"first"}


def test_a_digest_of_corrections_alone_says_so(bureau) -> None:
    desk = bureau(Route("desk", ("mail",), digest=(time(18),)))
    desk.tick()
    found = desk.hit(0)
    desk.run(24 * 3600, step=1800)
    with desk.store.transaction():
        for number in range(120):
            change = Changed(found.article_id, "headline", "Headline 1", f"Headline new {number}")
            telling.take_change(desk.store, desk.orders, change, desk.now)
    told = desk.run(24 * 3600, step=1800)
    assert sorted(one.row.message.title for one in told) == [
        "Digest 2026-11-25 18:00: 120 corrections in one story (1 of 2)",
        "Digest 2026-11-25 18:00: 120 corrections in one story (2 of 2)",
    ]
    assert sum(len(json.loads(one.row.message.payload)["changes"]) for one in told) == 120
