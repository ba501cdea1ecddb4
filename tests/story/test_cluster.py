from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import Article, Block, Role, TextKind
from monitor.placing import Member, Placement, PlacementReason
from monitor.story import groups
from monitor.story.cluster import Clusters, story_id
from monitor.story.traits import traits

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
    return clusters.place(item, traits(item), now, kept=True)


def test_the_first_article_opens_a_story_whose_id_survives_a_restart() -> None:
    item = article(1, "Ferry line closes", WIRE)
    first = placed(Clusters(), item)
    assert first.reason is PlacementReason.NEW
    assert len(first.story_id) == 16
    assert int(first.story_id, 16) >= 0
    assert placed(Clusters(), item).story_id == first.story_id == first.mark == story_id(item)
    assert story_id(replace(item, outlet="courier")) != first.story_id
    assert story_id(replace(item, canonical_url="https://gazette.invalid/canonical")) != first.story_id


def test_an_article_whose_write_failed_is_in_memory_no_more() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    clusters.withdraw(first.mark)
    assert len(clusters) == 0
    assert placed(clusters, article(2, "Ferry line closes", WIRE, outlet="courier")).reason is PlacementReason.NEW


def test_an_article_placed_again_stays_the_one_that_others_copied() -> None:
    clusters = Clusters()
    item = article(1, "Ferry line closes", WIRE)
    first = placed(clusters, item)
    copy = placed(clusters, article(2, "Last boat", WIRE, outlet="courier"))
    assert copy.of == first.mark
    again = clusters.place(item, traits(item), NOW, kept=True, story=first.story_id)
    assert (again.story_id, again.of) == (first.story_id, "")
    assert len(clusters) == 1


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


def filled(number: int, own: int) -> str:
    """Fill in a form: thirty words that all have, and so many of one's own."""
    form = " ".join(f"form{part}" for part in range(30))
    return f"{form} {' '.join(f'own{number}x{part}' for part in range(own))}"


def test_of_texts_as_long_as_each_other_a_copy_shares_more_than_half() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "", filled(1, 40)))
    assert placed(clusters, article(2, "", filled(2, 40), outlet="courier")).reason is PlacementReason.NEW
    clusters = Clusters()
    placed(clusters, article(1, "", filled(1, 40)))
    cut = placed(clusters, article(3, "", filled(3, 14), outlet="courier"))
    assert (cut.story_id, cut.reason) == (first.story_id, PlacementReason.NEAR_TEXT)


def test_what_two_texts_share_with_another_story_too_is_a_form() -> None:
    clusters = Clusters()
    for number in (1, 2):
        assert placed(clusters, article(number, "", filled(number, 40))).reason is PlacementReason.NEW
    assert placed(clusters, article(3, "", filled(3, 14), outlet="courier")).reason is PlacementReason.NEW
    whole = placed(clusters, article(4, "Another headline", filled(1, 40), outlet="herald"))
    assert whole.reason is PlacementReason.NEAR_TEXT


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


def members(known: list[Placement]) -> list[Member]:
    return [Member(one.mark, one.story_id, NOW, one.traits, "gazette", kept=True) for one in known]


def test_stories_are_restored_and_go_on_as_before() -> None:
    before = Clusters()
    known = [placed(before, article(1, "Ferry line closes", WIRE)), placed(before, article(2, "Bakers fined", OTHER))]
    after = Clusters()
    after.restore(members(known))
    for clusters in (before, after):
        assert placed(clusters, article(3, "Boats", WIRE, outlet="courier")).story_id == known[0].story_id
        assert placed(clusters, article(4, "Bread", OTHER, outlet="courier")).story_id == known[1].story_id


def test_a_story_ends_a_week_after_it_began_however_often_it_is_printed() -> None:
    clusters = Clusters()
    ids = []
    for day in range(0, 20, 2):
        copy = article(day, "Ferry line closes", WIRE, outlet=f"paper{day}")
        ids.append(placed(clusters, copy, NOW + timedelta(days=day)).story_id)
    assert ids[0] == ids[3] != ids[4] == ids[7] != ids[8]


def test_a_story_idle_for_a_week_is_over_and_forgotten() -> None:
    clusters = Clusters()
    placed(clusters, article(1, "Ferry line closes", WIRE))
    late = NOW + timedelta(days=8)
    assert placed(clusters, article(2, "Bakers fined", OTHER), late).reason is PlacementReason.NEW
    assert len(clusters) == 1


def test_what_a_person_joined_draws_what_resembles_either() -> None:
    clusters = Clusters()
    old = placed(clusters, article(1, "Ferry line closes", WIRE)).story_id
    new = placed(clusters, article(2, "Bakers fined", OTHER)).story_id
    clusters.join(old, new)
    assert placed(clusters, article(3, "Boats", WIRE, outlet="courier")).story_id == new
    assert placed(clusters, article(4, "Bread", OTHER, outlet="courier")).story_id == new


def test_what_a_person_split_off_is_not_moved_back() -> None:
    clusters = Clusters()
    first = placed(clusters, article(1, "Ferry line closes", WIRE))
    copy = placed(clusters, article(2, "Last boat", WIRE, outlet="courier"))
    clusters.put(copy.mark, "other", by_hand=True)
    for number in range(10, 400):
        unlike = " ".join(f"w{number}x{i}" for i in range(60))
        placed(clusters, article(number, f"Story {number}", unlike))
        assert not [one for one in clusters.looks(NOW) if one.mark == copy.mark]
    assert first.story_id != "other"


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(groups, "MAX_KEPT", 5)
    clusters = Clusters()
    for number in range(12):
        unlike = " ".join(f"w{number}x{i}" for i in range(60))
        placed(clusters, article(number, f"Story {number}", unlike))
    # The one that comes is not counted before the others leave.
    assert len(clusters) == 6


def test_boilerplate_of_many_stories_is_ignored() -> None:
    boilerplate = " Sign up for our letter to get the best of our reporting every morning before you leave the house."
    clusters = Clusters()
    for number in range(20):
        unlike = " ".join(f"w{number}x{i}" for i in range(40))
        assert placed(clusters, article(number, f"Story {number}", unlike + boilerplate)).reason is PlacementReason.NEW
    short = article(99, "Ferry", "A few words only." + boilerplate)
    assert placed(clusters, short).reason is PlacementReason.NEW
