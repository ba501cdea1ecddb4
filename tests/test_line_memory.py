"""An outlet is learnt while it is read: what stands under all its articles stops being part of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from monitor.extract.article import extract
from monitor.model import OWN_ROLES, Page
from monitor.views import Filter
from tests import engines
from tests.newsroom import Newsroom
from tests.web import Web, article

HEADLINE = "Freight ferry leaves for Belgorod at dawn"
TEXT = "The ferry to Belgorod left before dawn, and nobody on the quay could say who had paid for the crossing."
TEASER = f"<p>{HEADLINE}</p><p>{TEXT}</p>"
SUBJECTS = ("lighthouse", "fish market", "swimming pool", "night bus", "library")


def texts(subject: str) -> list[str]:
    return [
        f"The {subject} is to be repaired in spring, the council decided on Monday after a debate of four hours.",
        f"Nobody who uses the {subject} had asked for that, a councillor said, and the money would be missed elsewhere.",
        f"Two years ago a first plan for the {subject} had failed because no firm in the town wanted to carry it out.",
        f"This time three firms have written to the council, and one of them has repaired a {subject} before.",
        f"Those who live near the {subject} were invited to a meeting on Friday, at which tea will be served.",
    ]


def publish(web: Web, room: Newsroom, path: str, title: str, paragraphs: list[str]) -> None:
    web.pages[path] = article(title, *paragraphs, tail=TEASER)
    web.feed([(path, title)])
    time.sleep(0.15)  # until the outlet is due again
    room.run("run", "--once")


def bodies(room: Newsroom) -> dict[str, list[str]]:
    """The own blocks of every stored article by the path of its page."""
    store = engines.readonly(room.folder / "data" / "monitor.db")
    stored = [store.articles.get(row.id) for row in store.articles.rows(Filter())]
    store.close()
    return {
        one.article.url.rsplit("/", 1)[1]: [block.text for block in one.article.blocks if block.role in OWN_ROLES]
        for one in stored
    }


def test_a_teaser_in_plain_paragraphs_hits_once_at_most_and_a_copy_loses_nothing(tmp_path):
    with Web() as web:
        room = Newsroom(tmp_path)
        room.outlets(courier=web.url)
        # Listed, and its page cannot be had: its title is known from the feed alone.
        web.feed([("/ferry.html", HEADLINE)])
        room.run("run", "--once")
        for subject in SUBJECTS[:4]:
            name = subject.replace(" ", "-")
            publish(web, room, f"/{name}.html", f"Council will have the {subject} repaired in spring", texts(subject))
        again = [
            "The council has put off the repairs of the swimming pool, it said late on Tuesday.",
            *texts(SUBJECTS[2]),
        ]
        publish(web, room, "/pool-again.html", "Repairs of the swimming pool are put off", again)

        address = f"{web.url}/lighthouse.html"
        page = Page(
            address, address, 200, {"content-type": "text/html"}, web.pages["/lighthouse.html"], datetime.now(UTC)
        )
        assert TEXT in extract(page).body, "a page alone cannot know better"
        found = bodies(room)
        assert found["lighthouse.html"] in (texts("lighthouse"), [*texts("lighthouse"), TEXT])
        for subject in SUBJECTS[1:4]:
            assert found[subject.replace(" ", "-") + ".html"] == texts(subject)
        assert found["pool-again.html"] == again
        live = [row for row in room.rows("hits") if row["rule"] == "belgorod" and row["standing"] == "live"]
        assert len(live) <= 1, live
