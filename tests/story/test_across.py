"""Stories of different languages are linked where names and numbers agree, and stay two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.story.across import links
from monitor.story.cluster import Clusters
from monitor.story.traits import traits
from tests.story.newsroom import Event, stream

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def desk(languages: tuple[str, ...]) -> Clusters:
    clusters = Clusters()
    for language in languages:
        for number, item in stream(15, 3):
            told = Event(number + 100 * languages.index(language)).article(int(item.url[-1]), language=language)
            clusters.place(told, traits(told), NOW, kept=False)
    return clusters


def place(clusters: Clusters, event: Event, copy: int, language: str, now: datetime = NOW) -> str:
    item = event.article(copy, language=language)
    return clusters.place(item, traits(item), now, kept=True).story_id


def test_one_event_in_two_languages_is_two_stories_with_a_link():
    clusters = desk(("en", "de"))
    event = Event(9_000)
    english = place(clusters, event, 0, "en")
    # The same names and numbers, other words.
    translated = Event(9_001)
    translated.names, translated.numbers = event.names, event.numbers
    german = place(clusters, translated, 1, "de")
    assert english != german
    (kin,) = links(clusters.groups, german)
    assert (kin.a, kin.b) == (german, english)
    assert 0.4 <= kin.score <= 1
    names, numbers = (int(part.split()[0]) for part in kin.why.split(", "))
    assert 4 <= names <= 14
    assert 1 <= numbers <= 4
    assert [(kin.b, kin.a) for kin in links(clusters.groups, english)] == [(german, english)]


def test_another_event_has_no_kin():
    clusters = desk(("en", "de"))
    place(clusters, Event(9_000), 0, "en")
    assert links(clusters.groups, place(clusters, Event(9_002), 0, "de")) == []


def test_stories_days_apart_are_not_linked():
    clusters = desk(("en", "de"))
    event = Event(9_000)
    place(clusters, event, 0, "en")
    late = place(clusters, event, 1, "de", NOW + timedelta(days=4))
    assert links(clusters.groups, late) == []


def test_a_story_that_is_not_live_has_no_kin():
    assert links(Clusters().groups, "0" * 16) == []
