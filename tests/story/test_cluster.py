from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import Article, Block, Role, TextKind
from monitor.story import cluster
from monitor.story.cluster import Clusters, story_id
from monitor.views import Placement, PlacementReason

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WIRE = (
    "The council of Port Elm voted on Tuesday to close the ferry line across the sound. "
    "Storms had broken both piers in January, and the repair would cost more than the town spends in a year. "
    "The operator, a family firm of forty people, asked for a contract of ten years before it would lend its boats. "
    "Mayor Ida Holt called the vote a sad day but said that the bridge at Northgate would open in spring. "
    "Fishermen protested outside the hall with lanterns until midnight. A second vote is planned for March."
)
OTHER = (
    "A court in Lindau sentenced two bakers to a fine for selling rye bread as spelt. "
    "Inspectors had taken forty loaves to a laboratory after customers complained about the crust. "
    "The bakers said a mill had mixed up the sacks; the judge found that they had known since the summer."
)


def article(n: int, title: str, body: str = "", *, outlet: str = "gazette", standfirst: str = "") -> Article:
    blocks = tuple(Block(Role.BODY, part) for part in body.split("\n") if part)
    return Article(
        url=f"https://{outlet}.invalid/{n}", title=title, language="en", blocks=blocks, outlet=outlet, standfirst=standfirst,
        text=TextKind.FULL if body else TextKind.FEED,
    )  # fmt: skip


def placed(clusters: Clusters, item: Article, now: datetime = NOW) -> Placement:
    decision = clusters.assign(item, now=now)
    clusters.accept(decision)
    return decision


def test_first_article_opens_a_story_whose_id_survives_a_restart() -> None:
    item = article(1, "Ferry line closes", WIRE)
    first = Clusters().assign(item, now=NOW)
    assert first.reason is PlacementReason.NEW
    assert len(first.story_id) == 16
    assert int(first.story_id, 16) >= 0
    assert Clusters().assign(item, now=NOW).story_id == first.story_id == story_id(item)
    assert story_id(replace(item, outlet="courier")) != first.story_id
    assert story_id(replace(item, canonical_url="https://gazette.invalid/canonical")) != first.story_id


def test_assign_changes_nothing_until_it_is_accepted() -> None:
    clusters = Clusters()
    decision = clusters.assign(article(1, "Ferry line closes", WIRE), now=NOW)
    copy = article(2, "Ferry line closes", WIRE, outlet="courier")
    assert clusters.assign(copy, now=NOW).reason is PlacementReason.NEW
    clusters.accept(decision)
    assert clusters.assign(copy, now=NOW).story_id == decision.story_id


def test_wire_copy_under_another_headline_joins() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    copy = placed(clusters, article(2, "Last boat leaves Port Elm", WIRE, outlet="courier"))
    assert copy.story_id == first.story_id
    assert copy.reason is PlacementReason.NEAR_TEXT
    assert copy.similarity > 0.9
    same = placed(clusters, article(3, "Ferry line closes", WIRE, outlet="herald"))
    assert (same.story_id, same.reason, same.similarity) == (first.story_id, PlacementReason.SAME_TEXT, 1.0)


def test_cut_and_topped_copy_joins() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    cut = "Our reporter was in the hall as it happened. " + WIRE[: len(WIRE) * 6 // 10]
    assert placed(clusters, article(2, "No more boats", cut, outlet="courier")).story_id == first.story_id


def test_another_event_is_another_story() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    other = placed(clusters, article(2, "Bakers fined", OTHER))
    assert other.reason is PlacementReason.NEW
    assert other.story_id != first.story_id


def test_report_written_from_a_template_stays_apart() -> None:
    def quake(size: str, km: str, side: str, place: str, day: str, depth: str) -> str:
        return (
            f"An earthquake of magnitude {size} struck {km} km {side} of {place} on {day}, the seismological centre "
            f"said. The quake was at a depth of {depth} km, it said. There were no immediate reports of casualties."
        )

    clusters = Clusters()
    placed(clusters, article(1, "Earthquake near Elm", quake("5.1", "45", "north", "Elm", "Tuesday", "10")))
    second = article(2, "Earthquake near Oak", quake("6.3", "112", "west", "Oak", "Sunday", "35"))
    assert placed(clusters, second).reason is PlacementReason.NEW


def test_round_up_that_quotes_a_brief_is_its_own_story() -> None:
    clusters = Clusters()
    brief = "The bridge at Northgate will open in spring after the ferry line closed, mayor Ida Holt said on Tuesday"
    placed(clusters, article(1, "Bridge to open", brief))
    day = article(2, "The day in brief", f"{WIRE}\n{OTHER}\n{brief}")
    assert placed(clusters, day).reason is PlacementReason.NEW


def test_headlines_do_not_glue_articles_together() -> None:
    clusters = Clusters()
    placed(clusters, article(1, "What we know about the ferry"))
    full = placed(clusters, article(2, "What we know about the ferry", WIRE))
    assert full.reason is PlacementReason.NEW
    elsewhere = placed(clusters, article(3, "What we know about the ferry", outlet="courier"))
    assert elsewhere.reason is PlacementReason.NEW
    assert placed(clusters, article(4, "")).reason is PlacementReason.NEW
    assert placed(clusters, article(5, "")).reason is PlacementReason.NEW


def test_the_same_headline_and_summary_of_one_outlet_joins() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", standfirst="Council voted"))
    again = placed(clusters, article(2, "Ferry line closes", standfirst="Council voted"))
    assert (again.story_id, again.reason) == (first.story_id, PlacementReason.SAME_TEXT)
    restarted = Clusters([first])
    assert restarted.assign(article(3, "Ferry line closes", standfirst="Council voted"), now=NOW).story_id == (
        first.story_id
    )
    longer = placed(clusters, article(4, "Ferry line closes", standfirst="Council voted twice on it"))
    assert longer.reason is PlacementReason.NEW


def test_stories_are_restored_from_placements() -> None:
    before = Clusters()
    known = [placed(before, article(1, "Ferry line closes", WIRE)), placed(before, article(2, "Bakers fined", OTHER))]
    after = Clusters(known)
    assert after.assign(article(3, "Boats", WIRE, outlet="courier"), now=NOW).story_id == known[0].story_id
    assert after.assign(article(4, "Bread", OTHER, outlet="courier"), now=NOW).story_id == known[1].story_id


def test_a_story_idle_for_a_week_is_over_and_forgotten() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    copy = article(2, "Ferry line closes", WIRE, outlet="courier")
    assert clusters.assign(copy, now=NOW + timedelta(days=6)).story_id == first.story_id
    late = NOW + timedelta(days=8)
    assert clusters.assign(copy, now=late).story_id != first.story_id
    placed(clusters, article(3, "Bakers fined", OTHER), late)
    assert len(clusters) == 1
    assert not set(first.traits.sketch) & set(clusters._index)


def test_a_story_ends_a_week_after_it_began_however_often_it_is_printed() -> None:
    clusters = Clusters()
    ids = []
    for day in range(0, 20, 2):
        copy = article(day, "Ferry line closes", WIRE, outlet=f"paper{day}")
        ids.append(placed(clusters, copy, NOW + timedelta(days=day)).story_id)
    assert ids[0] == ids[3] != ids[4] == ids[7] != ids[8]


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(cluster, "MAX_STORIES", 5)
    clusters = Clusters()
    for n in range(12):
        unlike = " ".join(f"w{n}x{i}" for i in range(60))
        placed(clusters, article(n, f"Story {n}", unlike))
    assert len(clusters) == 5
    assert {known for holders in clusters._index.values() for known in holders} == set(clusters._stories)


def test_boilerplate_of_many_stories_is_ignored() -> None:
    boilerplate = " Sign up for our letter to get the best of our reporting every morning before you leave the house."
    clusters = Clusters()
    for n in range(20):
        unlike = " ".join(f"w{n}x{i}" for i in range(40))
        assert placed(clusters, article(n, f"Story {n}", unlike + boilerplate)).reason is PlacementReason.NEW
    short = article(99, "Ferry", "A few words only." + boilerplate)
    assert placed(clusters, short).reason is PlacementReason.NEW


def test_a_reader_process_may_hand_in_the_fingerprint() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    bare = article(2, "Another", "", outlet="courier")
    assert clusters.assign(bare, first.traits.sketch, NOW).story_id == first.story_id
