"""What outlets write stays text in the API and the feed: every string of the list through each field a page can set."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from monitor.model import Block, Evidence, Role
from monitor.store.rows import clean
from monitor.store.sqlite import SqliteStore
from tests.naughty import NAUGHTY
from tests.page.programs import configuration, serving
from tests.store.make import NOW, article, hit, later, save

ATOM = "{http://www.w3.org/2005/Atom}"
ELEMENTS = {"feed", "id", "title", "updated", "generator", "link", "entry", "author", "name", "category", "published",
            "summary"}  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    configuration(folder)
    store = SqliteStore.open(folder / "monitor.db")
    for number, text in enumerate(NAUGHTY):
        url = f"https://courier.example/{number}?{text}" if number % 2 else text or "x"
        said = article(number, title=text, url=url, outlet="courier", section=text, authors=(text,), standfirst=text,
                       wire=text, blocks=(Block(Role.BODY, f"{text} harbour"),))  # fmt: skip
        saved = save(store, said, at=later(number))
        evidence = Evidence(
            "ice", "body", (0, 1), block=0, sentence=(0, len(text)), surface=text, quote=text, mark=(0, 1)
        )
        with store.transaction():
            store.hits.add([hit(saved.article_id, f"r{number}", evidence=(evidence,), found_at=NOW)])
    store.close()
    with serving(folder) as programs:
        yield programs


def test_what_an_outlet_wrote_is_the_same_text_in_json(page):
    after, rows = {}, []
    while after is not None:
        answer = page.ask("/api/v1/hits", {"limit": "200", **after})
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        rows += answer.json["hits"]
        after = {"after": answer.json["next"]} if answer.json["next"] else None
    assert len(rows) > 0.9 * len(NAUGHTY)
    for row in rows:
        number = int(row["rule"][1:])
        assert row["evidence"][0]["sentence"] == clean(NAUGHTY[number])
        whole = page.get(f"articles/{row['article']}")
        assert {"id": row["article"], "title": row["title"]} == {name: whole[name] for name in ("id", "title")}


def test_what_an_outlet_wrote_makes_no_element_in_the_feed(page):
    after, entries = {}, 0
    while after is not None:
        given = {"limit": "200", **after}
        answer = page.ask("/hits.atom", given)
        tree = ElementTree.fromstring(answer.body)
        assert {node.tag.removeprefix(ATOM) for node in tree.iter()} <= ELEMENTS
        assert {name for node in tree.iter() for name in node.attrib} <= {"rel", "href", "term"}
        links = [node.get("href") for node in tree.iterfind(f"{ATOM}entry/{ATOM}link")]
        assert all(link.lower().startswith(("http://", "https://")) for link in links)
        entries += len(tree.findall(f"{ATOM}entry"))
        following = page.ask("/api/v1/hits", given).json["next"]
        after = {"after": following} if following else None
    assert entries > 0.9 * len(NAUGHTY)
