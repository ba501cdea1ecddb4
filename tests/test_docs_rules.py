"""Every example of docs/rules.md does what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from monitor.cli.main import cli
from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.model import Article, Block, Role, Rule
from monitor.query import parse
from monitor.query_tree import show
from monitor.settings.load import load

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")
PIECE = re.compile(r"(title|lead|author|section|outlet|lang|url|caption|teaser): (.*)")
# What the page says and the product does not do yet; remove a line when it does.


def blocks(name):
    return [body.splitlines() for body in re.findall(rf"^```{name}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


def groups(name):
    """Yield each unindented line of the blocks of this name with the lines below it."""
    for lines in blocks(name):
        found = []
        for line in lines:
            if line.startswith(" "):
                found[-1][1].append(line.strip())
            else:
                found.append((line, []))
        yield from found


def rows(header):
    """Yield the cells of the table that begins so."""
    table = PAGE.split(header, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    for line in table:
        yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def article(text):
    said = {"lang": "en", "url": "https://example.org/"}
    parts = []
    for piece in text.split(" ¶ "):
        match = PIECE.fullmatch(piece)
        name, words = match.groups() if match else ("body", piece)
        if name in {"body", "caption", "teaser"}:
            parts.append(Block(Role(name), words))
        else:
            said[name] = words
    return Article(
        said["url"],
        said.get("title", ""),
        said["lang"],
        tuple(parts),
        authors=(said["author"],) if "author" in said else (),
        section=said.get("section", ""),
        outlet=said.get("outlet", ""),
        standfirst=said.get("lead", ""),
    )


@pytest.fixture(scope="module")
def entities(tmp_path_factory):
    """Those of the shipped pack and, before them, those of the page."""
    found = {entity.id: entity for entity in load(ROOT / "config", {}, addresses=False).entities}
    for lines in blocks("yaml"):
        if lines[0] == "entities:":
            folder = tmp_path_factory.mktemp("page")
            (folder / "outlets.yaml").write_text("outlets: {}\n")
            (folder / "rules.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
            found |= {entity.id: entity for entity in load(folder, {}).entities}
    return tuple(found.values())


def holds(query, text, entities):
    return bool(Matcher([Rule("r", query)], entities if "@" in query else ()).match(article(text)))


def examples():
    for query, lines in groups("hits"):
        assert lines, query
        for line in lines:
            verdict, text = line.split(": ", 1)
            assert verdict in {"hits", "misses"}, line
            yield query, text, verdict == "hits"
    for cell, _, hit, miss in rows("| write | it holds on |"):
        yield cell.strip("`"), hit, True
        yield cell.strip("`"), miss, False
    steps = blocks("steps")[0]
    for text, _, *marks in rows("| what an article says |"):
        assert len(marks) == len(steps), text
        for query, mark in zip(steps, marks, strict=True):
            assert mark in {"●", "–"}, text
            yield query, text, mark == "●"


@pytest.mark.parametrize(("query", "text", "hit"), list(examples()))
def test_example(query, text, hit, entities):
    assert holds(query, text, entities) is hit


def test_each_step_but_the_first_keeps_what_is_wanted_or_the_page_says_that_it_does_not():
    lost = [text for text, wanted, *marks in rows("| what an article says |") if wanted == "yes" and marks[-1] == "–"]
    assert len(lost) == 1
    assert "is lost" in PAGE


@pytest.mark.parametrize(("query", "lines"), list(groups("refused")))
def test_refusal(query, lines, entities):
    with pytest.raises(QueryError) as caught:
        Matcher([Rule("r", query)], entities)
    message, *hints = lines
    assert caught.value.message.removeprefix("rule r: ") == message
    assert not hints or hints == [f"→ {caught.value.hint}"]


@pytest.mark.parametrize("lines", blocks("error"))
def test_whole_message(lines):
    with pytest.raises(QueryError) as caught:
        parse(lines[1].strip())
    assert str(caught.value) == "\n".join(lines)


@pytest.mark.parametrize(("query", "lines"), list(groups("warns")))
def test_warning(query, lines):
    assert list(parse(query).warnings) == lines


@pytest.mark.parametrize("line", [line for lines in blocks("reads") for line in lines])
def test_reading(line):
    query, reading = re.split(r"\s+=\s+", line)
    assert show(parse(query).root) == reading
    assert show(parse(reading).root) == reading


@pytest.mark.parametrize(
    "line", [*(line for lines in blocks("sh") for line in lines), *re.findall(r"`(monitor [^`]+)`", PAGE)]
)
def test_command_exists(line):
    _, *words = shlex.split(line, comments=True)
    command = cli
    while isinstance(command, click.Group):
        # Of hits and articles whatever is no verb is a query.
        verb = "list" if command.name in {"hits", "articles"} and words[0] not in command.commands else words[0]
        command = command.get_command(click.Context(command), verb)
        assert command is not None, f"there is no `monitor ... {words[0]}`"
        words = words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_page_has_examples_of_every_kind():
    for name in ("hits", "steps", "refused", "error", "warns", "reads", "yaml"):
        assert blocks(name), name
    assert len(list(examples())) > 100
