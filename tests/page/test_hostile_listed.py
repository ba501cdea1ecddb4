"""What outlets and askers write stays text where a query is tried and where outlets are listed."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.errors import Reason, Trouble
from monitor.place import Place
from monitor.store import opening
from monitor.views import EventRow, PollOutcome
from monitor.views_health import Ailment
from monitor.web.watched import HISTORY
from tests.page.room import page
from tests.page.test_hostile_text import STRINGS, faults, fill
from tests.store.make import NOW, later


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    fill(folder / "monitor.db")
    with page(folder) as found:
        yield found


def test_every_string_that_is_tried_stays_text(served):
    for number, text in enumerate(STRINGS[::3]):
        asked = text.encode("utf-8", "replace").decode()[:1_000]
        # Half of them are queries, of which some find something; half of them all else that is asked.
        names = ("q", "against") if number % 2 else ("rule", "outlet", "lang", "since", "until")
        answer = served.get("/rules/try", params={"q": "a OR script", **dict.fromkeys(names, asked)})
        assert answer.status_code in {200, 400}, (names, text)
        assert faults(answer.text) == []


@pytest.mark.parametrize("word", ["script", "alert", "a", "1", "svg", "x", "img", "onerror", "src", "javascript"])
def test_what_an_outlet_wrote_stays_text_in_samples_and_differences(served, word):
    found = LexborHTMLParser(served.get("/rules/try", params={"q": word}).text)
    assert found.css_first("section ol li mark") is not None
    for given in ({"q": word}, {"q": word, "against": "zebra"}, {"q": "zebra", "against": word}):
        answer = served.get("/rules/try", params=given)
        assert "/articles/" in answer.text
        assert faults(answer.text) == []


def test_what_is_noted_of_an_outlet_stays_text(served):
    with opening.writing(Place(served.path)) as store, store.transaction():
        source = store.outlets.lease_due(later(9_000), limit=1, lease=60)[0].id
    texts = [text.encode("utf-8", "replace").decode() for text in STRINGS]
    for start in range(0, len(texts), HISTORY):
        part = texts[start : start + HISTORY]
        with opening.writing(Place(served.path)) as store, store.transaction():
            for text in part:
                store.upkeep.event(EventRow("trouble", NOW, "courier", reason=text, detail=text))
            store.health.end(Ailment("courier", Trouble.SILENT, NOW, ""))
            store.health.begin(Ailment("courier", Trouble.SILENT, NOW, part[0], part[-1]))
            store.outlets.record(PollOutcome(source, NOW, NOW, Reason.DNS, part[0], 2, plan=part[-1]))
        for place in ("/outlets", "/outlets/courier"):
            answer = served.get(place)
            assert faults(answer.text) == []
            assert "dns" in answer.text
        assert len(LexborHTMLParser(answer.text).css("section[aria-labelledby=history] li")) == HISTORY or start == 0
