"""Stories in a real store to make reviews of, and their review."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.model import Evidence, Rule, Traits
from monitor.placing import Placement, PlacementReason
from monitor.review import press
from tests.store.make import NOW, article, hit, later, save

RULES = {"ice": Rule("ice", "ice", name="Ice at sea"), "fog": Rule("fog", "fog")}
NAMES = press.Names(RULES, {"courier": "The Courier", "herald": "The Herald"}, ZoneInfo("Europe/Berlin"))
ASKED = press.Asked(NOW - timedelta(days=1), NOW + timedelta(days=1))
ORIGINAL, COPIED, EXTENDED, ANEW = (
    PlacementReason.NEW, PlacementReason.SAME_TEXT, PlacementReason.NEAR_TEXT, PlacementReason.SAME_EVENT,
)  # fmt: skip


def put(store, number, outlet="courier", *, story="s1", rules=("ice",), reason=ORIGINAL, of="", at=NOW, said="",
        **fields):  # fmt: skip
    """Store an article with hits in a story, under the mark m<number>; return its id and the hits."""
    saved = save(store, article(number, outlet=outlet, published=at, **fields), at=at)
    with store.transaction():
        placement = Placement(story, reason, f"m{number}", of, 0.9, at=at, traits=Traits((1,)))
        store.stories.place(placement, saved.article_id, at)
        hits = [replace(hit(saved.article_id, rule, story_id=story), found_at=at) for rule in rules]
        if said:
            piece = Evidence("ice", "body", (0, 3), block=0, surface=said[:3], quote=said, mark=(0, 3))
            hits = [replace(one, evidence=(piece,)) for one in hits]
        return saved.article_id, store.hits.add(hits)


def wire_story(store):
    """The Courier first, a copy in the Herald, a longer copy with a hit of its own, a text anew."""
    put(store, 1, "courier", wire="dpa")
    put(store, 2, "herald", reason=COPIED, of="m1", at=later(600))
    put(store, 3, "tribune", reason=EXTENDED, of="m1", at=later(1200), rules=("ice", "fog"))
    put(store, 4, "gazette", reason=ANEW, at=later(1800))


def made(store, asked=ASKED):
    return press.review(press.gather(store, asked), NAMES, NOW)
