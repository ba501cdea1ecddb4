"""Stories of different languages that tell the same: linked, never merged, where names, numbers and dates agree.

Names are capitalised words in one rough Latin spelling (latin.py), so that languages meet whose script has capitals;
Arabic, Hindi or Chinese stories have numbers alone, which link nothing by themselves.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from monitor.placing import Kinship
from monitor.story.groups import Group, Groups

LEAST = 0.4
"""Least likeness of names and numbers, in [0, 1]."""
# Two names are a disease and a country, or a politician and his.
NAMES = 4
APART = timedelta(days=3)


def links(groups: Groups, story: str) -> list[Kinship]:
    """Return the stories of other languages that tell what this one tells, most alike first; one each language."""
    found: list[Kinship] = []
    for group in groups.stories.get(story, ()):
        for language in groups.space.languages():
            if group.language and language != group.language:
                kin = _nearest(groups, group, language)
                found += [kin] if kin else []
    return sorted(found, key=lambda kin: (-kin.score, kin.b))


def _nearest(groups: Groups, group: Group, language: bytes) -> Kinship | None:
    space = groups.space
    names = space.names(group.row, group.language, language)
    query = space.query(names)
    rows = space.near(query)
    if not rows:
        return None
    likeness = space.alike(query, rows)
    best = int(likeness.argmax())
    other = groups.at(rows[best])
    # The other story's words, which cannot be compared, are part of its length.
    words, *rest = space.setting.channels
    score = min(1.0, float(likeness[best]) * float(np.sqrt((words + sum(rest)) / sum(rest))))
    shared = np.isin(names.ids, space.names(other.row, language, language).ids)
    capitals, numbers = int(shared[: names.cuts[2]].sum()), int(shared[names.cuts[2] :].sum())
    if score < LEAST or capitals < NAMES or not _at_once(group, other):
        return None
    return Kinship(group.story, other.story, round(score, 3), f"{capitals} names, {numbers} numbers")


def _at_once(one: Group, other: Group) -> bool:
    return one.opened is not None and other.opened is not None and abs(one.opened - other.opened) <= APART
