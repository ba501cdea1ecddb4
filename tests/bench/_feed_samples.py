"""Feeds as outlets serve them, made up: so many items of so many words, every one different."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

WORDS = (
    "harbour crane minister deal grain exports talks storm coast union strike pay court rule bridge vote council river "
    "budget police school hospital train border market price energy gas wind season team final coach goal film museum"
).split()
CYRILLIC = (
    "порт министр договор зерно экспорт переговоры шторм берег забастовка суд мост совет река бюджет полиция школа "
    "больница поезд граница рынок цена энергия газ ветер сезон команда финал тренер гол фильм музей город область"
).split()
START = datetime(2026, 11, 24, 11, tzinfo=UTC)


class Newsroom:
    """Writes feeds; the same seed writes the same."""

    def __init__(self, seed: int, words: list[str] = WORDS) -> None:
        self._random = random.Random(seed)
        self._words = words
        self._seed = seed

    def sentence(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, k=count)).capitalize()

    def link(self, number: int) -> str:
        words = "-".join(self._random.choices(WORDS, k=6))
        return f"https://www.news{self._seed}.example/world/2026/11/24/{words}-{self._seed}{number:04}"

    def text(self, words: int) -> str:
        """Return two paragraphs with a link and a picture, as markup."""
        return (
            f'<p><img src="https://img.example/{self._random.randrange(10**6)}.jpg" alt="" width="640"/>'
            f'{self.sentence(words // 2)} &amp; <a href="https://www.news.example/tag/{self._random.choice(WORDS)}">'
            f"{self.sentence(2)}</a> &#8217;.</p>\n<p>{self.sentence(words // 2)}.</p>"
        )

    def rss(self, items: int, words: int, encoding: str = "UTF-8", content: int = 0) -> bytes:
        head = (
            f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>'
            f"<title>{self.sentence(2)}</title><link>https://www.news.example/</link><language>en-gb</language>"
            '<atom:link rel="self" href="https://www.news.example/feed"/><ttl>15</ttl>\n'
        )
        return self._joined(head, [self._item(n, words, content) for n in range(items)], "</channel></rss>", encoding)

    def _item(self, number: int, words: int, content: int) -> str:
        link, when = self.link(number), START - timedelta(minutes=17 * number)
        full = f"<content:encoded><![CDATA[{self.text(content)}]]></content:encoded>\n" if content else ""
        return (
            f"<item>\n<title>{self.sentence(8)} &amp; {self.sentence(2)}</title>\n"
            f"<link>{link}?utm_source=rss&amp;utm_medium=feed</link>\n"
            f'<guid isPermaLink="false">{link}</guid>\n<pubDate>{format_datetime(when, usegmt=True)}</pubDate>\n'
            f"<description><![CDATA[{self.text(words)}]]></description>\n<dc:creator>{self.sentence(2)}</dc:creator>\n"
            f"<category>{self.sentence(1)}</category>{full}"
            f'<media:content url="https://img.example/{number}.jpg" medium="image"><media:title>{self.sentence(3)}'
            "</media:title></media:content>\n</item>\n"
        )

    def rdf(self, items: int, words: int) -> bytes:
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
            f'<channel rdf:about="https://www.news.example/"><title>{self.sentence(2)}</title></channel>\n'
        )
        parts = []
        for number in range(items):
            link, when = self.link(number), START - timedelta(minutes=17 * number)
            parts.append(
                f'<item rdf:about="{link}"><title>{self.sentence(9)}</title><link>{link}</link>'
                f"<description>{escape(self.sentence(words))}</description><dc:date>{when.isoformat()}</dc:date></item>\n"
            )
        return self._joined(head, parts, "</rdf:RDF>", "UTF-8")

    def atom(self, items: int, words: int) -> bytes:
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
            f'<title>{self.sentence(2)}</title><link href="https://www.news.example/"/><id>tag:news.example,2026:1</id>\n'
        )
        parts = []
        for number in range(items):
            link, when = self.link(number), (START - timedelta(minutes=17 * number)).isoformat()
            parts.append(
                f'<entry><title type="html">{self.sentence(9)} &amp;amp; {self.sentence(1)}</title>'
                f'<link rel="alternate" type="text/html" href="{link}"/><link rel="enclosure" href="{link}.jpg"/>'
                f"<id>tag:news.example,2026:{self._seed}{number}</id><published>{when}</published>"
                f"<updated>{when}</updated><author><name>{self.sentence(2)}</name></author>"
                f'<content type="html">{escape(self.text(words))}</content></entry>\n'
            )
        return self._joined(head, parts, "</feed>", "UTF-8")

    @staticmethod
    def _joined(head: str, parts: list[str], end: str, encoding: str) -> bytes:
        return (head + "".join(parts) + end).encode(encoding)


VARIANTS = 12


def samples() -> dict[str, list[bytes]]:
    """Return the feeds by kind, several of each, so that no cache of URLs answers for the next."""
    seeds = range(VARIANTS)
    return {
        "RSS, 40 items": [Newsroom(seed).rss(40, 24) for seed in seeds],
        "RSS, full texts": [Newsroom(seed).rss(50, 40, content=350) for seed in seeds],
        "Atom, full texts": [Newsroom(seed).atom(60, 400) for seed in seeds],
        "RSS, windows-1251": [Newsroom(seed, CYRILLIC).rss(40, 24, encoding="windows-1251") for seed in seeds],
        "RDF": [Newsroom(seed).rdf(40, 30) for seed in seeds],
    }
