"""Another story within an article: no word of it is the article's, in any of four languages, wherever it stands."""

from __future__ import annotations

import pytest

from monitor.extract.article import extract
from monitor.model import Role
from tests.extract.stories import AT_THE_END, SHAPES, STORIES, Story, page

BY_LANGUAGE = pytest.mark.parametrize("one", STORIES, ids=[one.lang for one in STORIES])


@BY_LANGUAGE
@pytest.mark.parametrize("place", ["middle", "end"])
@pytest.mark.parametrize("shape", SHAPES)
def test_another_story_is_left_out_and_every_paragraph_kept(shape: str, one: Story, place: str) -> None:
    if shape == AT_THE_END and place == "middle":
        pytest.skip("stands after the article")
    article = extract(page(one, shape, middle=place == "middle"))
    assert article.body.split("\n\n") == list(one.paragraphs)
    assert article.title == one.title
    assert article.authors == (one.author,)
    said = "\n".join([article.title, article.standfirst, *article.authors])
    assert not [word for word in (one.place, one.writer, one.headline, one.third) if word in said]


@BY_LANGUAGE
@pytest.mark.parametrize("shape", SHAPES)
def test_its_headline_is_kept_as_a_teaser_for_rules_that_ask_for_it(shape: str, one: Story) -> None:
    blocks = extract(page(one, shape, middle=shape != AT_THE_END)).blocks
    assert any(one.headline in block.text for block in blocks if block.role is Role.TEASER)
