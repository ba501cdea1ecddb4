"""Templates: what they see, what they cannot do, and what is said where they fail."""

from __future__ import annotations

import json

import pytest

from monitor.model import Kind, Route
from monitor.notify.sample import samples
from monitor.notify.templates import BadTemplateError, Templates
from tests.bureau import Bureau
from tests.notify.test_render import Seen

ALERT = samples()[Kind.ALERT]


def made(**forms: str):
    return Templates({"t": forms}).apply("t", ALERT)


def test_each_form_that_has_a_file_is_made_by_it_and_the_others_stay() -> None:
    told = made(
        title="{{ rules[0].name }} at {{ sections[0]['items'][0].outlet.name }}\n",
        txt="{% for s in sections %}{% for item in s['items'] %}{{ item.title }}\n{{ item.url }}{% endfor %}{% endfor %}",
    )
    assert told.title == "Coalition at The Example Times"
    item = json.loads(ALERT.payload)["sections"][0]["items"][0]
    assert told.text == f"{item['title']}\n{item['url']}"
    assert (told.html, told.markdown, told.id) == (ALERT.html, ALERT.markdown, ALERT.id)
    worded = {"template": {"name": "t", "forms": ["title", "txt"]}}
    assert json.loads(told.payload) == json.loads(ALERT.payload) | worded


def test_what_an_outlet_wrote_is_data_in_every_form() -> None:
    told = made(
        title="{{ title }}",
        txt="{{ title }}",
        md="# {{ title }}\n{{ sections[0]['items'][0].url|link(title) }}",
        html="<h1>{{ title }}</h1>{{ sections[0]['items'][0].url|link(title) }}"
        "{% for q in sections[0]['items'][0].quotes %}<p>{{ q|marked }}</p>{% endfor %}",
    )
    seen = Seen(told.html)
    assert seen.tags == ["h1", "a", "p", "strong"]
    assert seen.links == ["https://example.org/ministers"]
    assert "{{ 7 * 7 }}" in told.text
    assert "49" not in told.title + told.text + told.markdown + told.html
    assert "\\*noon\\*" in told.markdown
    assert "\\<b\\>" in told.markdown
    assert "[here](" not in told.markdown
    assert told.markdown.count("](https://example.org/ministers)") == 1


@pytest.mark.parametrize(
    "text",
    [
        "{{ title|safe }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ rules.append(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ title.format(x=1).__class__ }}{{ '{0.__class__}'.format(title) }}",
        "{{ nothing }}",
        "{% if %}",
        "{{ 1 / 0 }}",
        "{% for a in range(9999999) %}x{% endfor %}",
        "{% for a in range(99999) %}{{ title }}{% endfor %}",
    ],
)
def test_what_a_template_may_not_do_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(BadTemplateError) as told:
        made(html=f"<p>\n{text}")
    assert told.value.name == "t.html.j2"
    assert told.value.line in {0, 2}


def test_a_template_that_fails_at_night_costs_no_message(tmp_path) -> None:
    desk = Bureau(tmp_path, (Route("desk", ("mail",), template="t"),))
    object.__setattr__(desk.orders, "templates", {"t": {"txt": "{{ sections[0]['items'][3].title }}", "title": "T"}})
    desk.hit()
    (told,) = desk.run(60)
    assert told.row.message.title == "nato: Headline 1"
    (event,) = desk.store.upkeep.events(kind="template")
    assert "t.txt.j2, line 1" in event.detail
    desk.close()
