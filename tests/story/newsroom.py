"""Made-up news: each event has words, names and numbers of its own, each article some of them in an order of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator

from monitor.model import Article, Block, Role

COMMON = "the of and to in a that on for with was said by at from it as he is were has who after".split()
_STARTS = "b br c d dr f fl g gr h k kl l m n p pr r s st t tr v w".split()
_VOWELS = "a e i o u ai ou".split()
_ENDS = "l m n nd r rs st t ck b d".split()


def word(rnd: random.Random, parts: int = 2) -> str:
    return "".join(rnd.choice(_STARTS) + rnd.choice(_VOWELS) for _ in range(parts)) + rnd.choice(_ENDS)


class Event:
    """Something that happened. `kin`: another event of the same kind, which has the same words but other names."""

    def __init__(self, number: int, kin: Event | None = None) -> None:
        rnd = random.Random(number)
        self.number = number
        self.words = kin.words if kin else [word(rnd) for _ in range(45)]
        self.names = [word(rnd).capitalize() for _ in range(14)]
        self.numbers = [str(rnd.randrange(3, 900)) for _ in range(4)]

    def article(self, copy: int, outlet: str = "", language: str = "en") -> Article:
        """Tell it once more, in words of one's own."""
        rnd = random.Random(self.number * 1000 + copy)
        text = " ".join(self.sentence(rnd) for _ in range(9))
        title = " ".join(rnd.sample(self.names, 2) + rnd.sample(self.words, 3))
        outlet = outlet or f"outlet{copy}"
        return Article(
            f"https://{outlet}.invalid/{self.number}-{copy}", title, language, (Block(Role.BODY, text),), outlet=outlet
        )

    def sentence(self, rnd: random.Random) -> str:
        said = (
            rnd.sample(self.words, 5) + rnd.sample(self.names, 2) + rnd.sample(self.numbers, 1) + rnd.sample(COMMON, 7)
        )
        rnd.shuffle(said)
        return " ".join(said) + "."


def stream(events: int, articles: int, seed: int = 1) -> Iterator[tuple[int, Article]]:
    """Yield articles of so many events, mixed: the number of the event, the article."""
    rnd = random.Random(seed)
    told = [Event(number) for number in range(events)]
    line = [(event.number, event.article(copy)) for event in told for copy in range(articles)]
    rnd.shuffle(line)
    yield from line
