"""Another story within an article: no word of it is the article's, in any of four languages, wherever it stands."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitor.extract.article import extract
from monitor.model import Role
from tests.extract.stories import AT_THE_END, OTHER, SHAPES, STORIES, URL, Story, of, page

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


@BY_LANGUAGE
@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {AT_THE_END}))
def test_its_writer_is_no_author_of_a_page_that_names_none(shape: str, one: Story) -> None:
    shown = page(one, shape, middle=True)
    bare = re.sub(rb"<script.*?</script>", b"", shown.body)
    assert extract(replace(shown, body=bare)).authors in {(), (one.author,)}


@BY_LANGUAGE
def test_the_paragraph_after_a_headline_link_is_the_articles_own(one: Story) -> None:
    # On 86 of 86 pages it was: what stands in no box with the link is a summary only where it is cut.
    link = f'<p><a href="{OTHER}">{one.headline}</a></p>'
    body = "".join(f"<p>{text}</p>{link if n == 2 else ''}" for n, text in enumerate(one.paragraphs))
    assert extract(of(one, body)).body.split("\n\n") == list(one.paragraphs)


@BY_LANGUAGE
def test_parts_under_linked_headings_are_how_an_article_is_built(one: Story) -> None:
    texts = [*one.paragraphs, *one.more]
    parts = [
        f'<div class="p1"><h3><a href="/topics/{n}">{n + 1}. {one.third}</a></h3><p>{texts[n]}</p></div><p>{texts[n + 1]}</p>'
        for n in range(0, 8, 2)
    ]
    body = extract(of(one, f"<p>{texts[8]}</p>" + "".join(parts))).body
    assert not [text for text in texts if text not in body]


def test_a_list_of_contents_leads_to_the_page_itself() -> None:
    one = STORIES[0]
    items = [f'<li><a href="{URL}?page=1#part{n}">{text[:60]}</a></li>' for n, text in enumerate(one.paragraphs)]
    article = extract(
        of(one, f"<p>{one.more[0]}</p><ul>{''.join(items)}</ul>" + "".join(f"<p>{text}</p>" for text in one.paragraphs))
    )
    assert not [block for block in article.blocks if block.role is Role.TEASER]
