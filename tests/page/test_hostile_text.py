"""No word of an outlet becomes an element, an attribute or a script, on whatever screen and in whatever field."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.model import Block, Role, Traits
from monitor.store.sqlite import SqliteStore
from monitor.views import Placement, PlacementReason
from tests import naughty
from tests.page.room import page
from tests.store.make import NOW, article, enrolled, hit, later, save

STRINGS = sorted({*naughty.NAUGHTY})
LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<b>",
    "vbscript:x", "//evil.example/", 'https://a.example/"onmouseover="x', "https://a.example/<script>", "file:///etc/passwd",
)  # fmt: skip
ELEMENTS = set(
    "html head meta title link body a header nav ul li main h1 h2 h3 p form input label button section ol q mark time svg "
    "rect textarea pre table thead tbody tr th td details summary div strong code br dl dt dd span select option ins del "
    "footer datalist fieldset legend".split()
)
# The one script: with nothing in it, and from here.
SCRIPT = re.compile(r'<script src="/static/monitor\.js\?v=[0-9a-f]{12}" defer=""></script>')
# No data-*, and no hx-*, which would say what a script does.
ATTRIBUTES = set(
    "lang charset name content rel href class id aria-label aria-current aria-labelledby aria-describedby aria-invalid "
    "aria-pressed role tabindex scope action method type value size autocomplete placeholder datetime viewBox "
    "preserveAspectRatio rows x y width height selected form formaction list required checked maxlength".split()
)


def fill(path):
    store = SqliteStore.open(path)
    try:
        enrolled(store)
        for number, text in enumerate(STRINGS, 1):
            url = LINKS[number % len(LINKS)]
            item = article(number, title=text, url=url, authors=(text,), section=text, standfirst=text, language="en",
                           blocks=(Block(Role.BODY, text), Block(Role.TEASER, text)))  # fmt: skip
            saved = save(store, item, at=later(-number))
            with store.transaction():
                placed = Placement(f"s{number}", PlacementReason.NEW, f"m{number}", at=NOW, traits=Traits())
                store.stories.place(placed, saved.article_id, NOW)
                found = hit(saved.article_id, "ice", story_id=f"s{number}", found_at=later(-number))
                piece = found.evidence[0]
                half = len(text) // 2
                told = type(piece)(text, "body", (0, 1), 0, (0, 1), text, text, text, text, (half, len(text)))
                store.hits.add([type(found)("ice", (told,), article_id=saved.article_id, revision=1, found_at=later(-number),
                                            rule_version="v1", story_id=f"s{number}")])  # fmt: skip
    finally:
        store.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    fill(folder / "monitor.db")
    with page(folder) as found:
        yield found


def faults(text):
    """Return what of a page no template of ours makes."""
    found = []
    for node in LexborHTMLParser(text).root.traverse():
        if node.tag == "script" and SCRIPT.fullmatch(node.html):
            continue
        if node.tag not in ELEMENTS:
            found.append(node.tag)
        for name, value in node.attributes.items():
            if name not in ATTRIBUTES:
                found.append(f"{node.tag} {name}")
            if name in {"href", "action", "formaction"} and not (value or "").startswith(
                ("/", "?", "#", "http://", "https://")
            ):
                found.append(f"{name} {value}")
            if name in {"href", "action", "formaction"} and (value or "").startswith("//"):
                found.append(f"{name} {value}")
    return found


def test_every_string_in_every_field_stays_text(served):
    place, pages = "/hits", 0
    while place:
        answer = served.get(place)
        assert faults(answer.text) == []
        onward = LexborHTMLParser(answer.text).css_first("a[rel=next]")
        place = f"/hits{onward.attributes['href']}" if onward else ""
        pages += 1
    # Some are the same text to an archive, and one article.
    with closing(sqlite3.connect(served.path)) as raw:
        hits = raw.execute("SELECT id, article_id, story_id FROM hits").fetchall()
    assert pages == -(-len(hits) // 50)
    assert len(hits) > 0.9 * len(STRINGS)
    for number, article_id, story in hits:
        for screen in (f"/hits/{number}", f"/articles/{article_id}", f"/stories/{story}"):
            answer = served.get(screen)
            assert answer.status_code == 200
            assert faults(answer.text) == [], screen
    assert faults(served.get("/").text) == []


def test_every_string_that_is_asked_for_stays_text(served):
    # Half of them: what is sent is escaped in the same places as what is stored.
    for text in STRINGS[::2]:
        asked = text.encode("utf-8", "replace").decode()[:1_000]
        for names in (("q",), ("rule", "outlet", "lang", "since", "until", "story", "sort"), ("after",)):
            answer = served.get("/hits", params=dict.fromkeys(names, asked))
            assert answer.status_code in {200, 400}, (names, text)
            assert faults(answer.text) == []


def test_the_check_sees_an_element_and_an_attribute():
    assert faults("<p>fine</p>") == []
    assert faults("<p onclick=x>") == ["p onclick"]
    assert faults("<script>") == ["script"]
    ours = '<script src="/static/monitor.js?v=0123456789ab" defer></script>'
    assert faults(ours) == []
    assert faults(ours.replace("><", ">alert(1)<")) == ["script", "script src", "script defer"]
    assert faults(ours.replace("/static", "//evil.example/static")) != []
    assert faults("<p hx-get=/ data-x=1>") == ["p hx-get", "p data-x"]
    assert faults("<button formaction=//evil.example>") == ["formaction //evil.example"]
    assert faults("<a href=javascript:x>") == ["href javascript:x"]
