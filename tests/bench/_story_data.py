"""Articles for the benchmark of stories: labelled events, unrelated ones, and copies made by six mutations."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.model import Article, Block, Role
from monitor.placing import Traits
from monitor.story.cluster import story_id
from monitor.story.traits import traits

UNRELATED = 4_000
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_OWN = re.compile(r"[A-Z][A-Za-z]+|[a-z]{4,}|[0-9]+")
BOILERPLATE = [
    "Sign up for our morning briefing and never miss what matters in your town. You can leave at any time. ",
    "This report is part of our series on how we live today. Read more about it in the Saturday edition. ",
    "Write to our newsroom if you know more about this. We treat what you send us as confidential. ",
    "Copyright remains with the publisher. No part of this page may be used elsewhere without consent. ",
    "Our reporters follow the matter and will add to this page as soon as there is news. Come back later today. ",
    "Subscribers read this article first, listen to it on the way home and send it to three friends each month. ",
]


@dataclass(frozen=True, slots=True)
class Sample:
    """An article with its traits. `label`: its event; "" for an unrelated one. `date`: ISO, "" where not known."""

    mark: str
    article: Article
    traits: Traits
    label: str = ""
    date: str = ""

    @property
    def text(self) -> str:
        """Title and text."""
        return f"{self.article.title}\n{self.article.body}"


def read(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def article(key: str, title: str, body: str, language: str, outlet: str) -> Article:
    blocks = tuple(Block(Role.BODY, part) for part in body.split("\n") if part.strip())
    return Article(f"https://{outlet}.invalid/{key}", title, language, blocks, outlet=outlet)


def sample(made: Article, label: str = "", date: str = "") -> Sample:
    return Sample(story_id(made), made, traits(made), label, date)


def events(path: Path) -> list[Sample]:
    """The articles of a file of labelled events; each is of an outlet of its own where none is named."""
    found = []
    for number, row in enumerate(read(path)):
        title, text = row["title"], row["text"]
        body = text.removeprefix(title).lstrip()
        made = article(row["id"], title, body, "en", row["src"] or f"outlet{number}")
        found.append(sample(made, row["label"], row["date"] or ""))
    return found


def plain(data: Path) -> list[Sample]:
    """The 3,000 articles of match/articles.jsonl.gz, in 23 languages, the first line as the title."""
    found = []
    for row in read(data / "match" / "articles.jsonl.gz"):
        title, _, body = row["text"].partition("\n")
        language = {"eng": "en"}.get(row["lang"], row["lang"])
        found.append(sample(article(str(row["id"]), title, body, language, f"paper{row['id'] % 40}")))
    return found


def unrelated(data: Path, count: int = UNRELATED, seed: int = 1) -> list[Sample]:
    """Those of match/articles.jsonl.gz, and English ones of sentences out of five of them for the rest."""
    found = plain(data)
    pool = [one for one in found if one.article.language == "en" and len(one.text) > 400]
    rnd = random.Random(seed)
    while len(found) < count:
        parts = rnd.sample(pool, 5)
        lines = [line for part in parts for line in rnd.sample(sentences(part.text), min(3, len(sentences(part.text))))]
        rnd.shuffle(lines)
        made = article(f"mixed{len(found)}", lines[0][:120], "\n".join(lines[1:]), "en", f"paper{len(found) % 40}")
        found.append(sample(made))
    return found[:count]


def strangers(data: Path, count: int, seed: int = 2) -> list[Sample]:
    """English articles on as many events: those of `plain` over and over, each time with names and words of four letters and more of
    their own (two letters before each), and numbers of their own, so that the vocabulary grows as that of the news does.
    """
    pool = [one for one in plain(data) if one.article.language == "en"]
    rnd = random.Random(seed)
    found = []
    for number in range(count):
        letters = "".join(rnd.choices("abcdefghijklmnopqrstuvwxyz", k=2))
        text = _OWN.sub(lambda word, letters=letters: _with(word[0], letters), pool[number % len(pool)].text)
        title, _, body = text.partition("\n")
        found.append(sample(article(f"stranger{number}", title, body, "en", f"paper{number % 40}")))
    return found


def _with(word: str, letters: str) -> str:
    if word.isdigit():
        return str(int(word[:9]) * ord(letters[0]) + ord(letters[1]))
    return (letters + word.lower()).capitalize() if word[0].isupper() else letters + word


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part.strip()]


def mutations(text: str, other: str, rnd: random.Random) -> dict[str, str]:
    """Copies of a text as newsrooms make them. `other`: where new words come from."""
    words, foreign = text.split(), other.split()
    lines = sentences(text)
    rnd.shuffle(shuffled := lines[:])
    edited = [rnd.choice(foreign) if rnd.random() < 0.05 else word for word in words]
    lead = max(1, len(words) * 15 // 100)
    half = len(BOILERPLATE) // 2
    frame = rnd.sample(BOILERPLATE, half)
    return {
        "boilerplate added": f"{frame[0]}{text}\n{''.join(frame[1:])}",
        "cut to 60 %": " ".join(words[: len(words) * 60 // 100]),
        "cut to 35 %, new lead": " ".join(foreign[:25] + words[: len(words) * 35 // 100]),
        "5 % edited": " ".join(edited),
        "rewritten lead": " ".join(foreign[: max(25, lead)] + words[lead:]),
        "re-ordered": " ".join(shuffled),
    }
