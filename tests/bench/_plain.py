"""`python -m tests.bench._plain WORK`: what a plain script does of the same work, one thing after the other.

feedparser for feeds, httpx to fetch, trafilatura for the article, one `re` a rule, SQLite to keep it. WORK is a file of JSON:
`pages` (files of gzip, read from the disk) or `feeds` (URLs), `rules` (queries), `database`, `warm` (articles not counted).
Prints {"articles", "hits", "split", "wall", "cpu"}; `split`: hits by rules whose OR it did not keep within its parentheses.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

# Words, phrases and what binds them: of a rule's language as much as such a script would know.
_PIECE = re.compile(r'"([^"]+)"|(O?NEAR)/(\d+)|\b(AND|OR|NOT)\b|([\w*]+)')

_SPLIT = re.compile(r"\([^()]* OR ")


def pattern(query: str) -> re.Pattern[str]:
    """Return a rule as one regular expression: its terms in their order."""
    made, between = "", ""
    for phrase, near, words, operator, word in _PIECE.findall(query):
        if near:
            between = rf"(?:\W+\w+){{0,{words}}}?\W+"
        elif operator:
            between = "|" if operator == "OR" else r"\b[\s\S]*?\b"
        else:
            term = r"\s+".join(map(re.escape, (phrase or word.rstrip("*")).split()))
            made += (between or r"\b[\s\S]*?\b" if made else "") + term
            between = ""
    return re.compile(rf"\b(?:{made})\b", re.IGNORECASE)


def listed(feeds: Sequence[str], client: Any) -> Iterator[tuple[str, str]]:
    """Yield (URL, page) of all that feeds list."""
    import feedparser

    for feed in feeds:
        for entry in feedparser.parse(client.get(feed).content).entries:
            url = urljoin(feed, entry.link)
            yield url, client.get(url).text


def stored(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (URL, page) of files."""
    for path in paths:
        yield f"http://plain.example/{Path(path).name}", gzip.decompress(Path(path).read_bytes()).decode()


def main(work: dict[str, Any]) -> dict[str, float]:
    """Do it and return what it took."""
    import httpx
    import trafilatura

    rules = [pattern(query) for query in work["rules"]]
    database = sqlite3.connect(work["database"])
    database.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT UNIQUE, title TEXT, body TEXT)")
    database.execute("CREATE TABLE hits (article INTEGER, rule INTEGER, sentence TEXT)")
    # It knows no parentheses: `"x y" AND (a OR b)` becomes "x y … a" or "b", and hits each page that says "b".
    split = [bool(_SPLIT.search(query)) for query in work["rules"]]
    count = hits = loose = 0
    began, cpu = time.monotonic(), time.process_time()
    with httpx.Client(trust_env=False) as client:
        for url, page in stored(work["pages"]) if "pages" in work else listed(work["feeds"], client):
            if count == work["warm"]:
                began, cpu, hits, loose = time.monotonic(), time.process_time(), 0, 0
            count += 1
            found = trafilatura.bare_extraction(page, url=url, include_comments=False, with_metadata=True)
            title, body = (found.title or "", found.text or "") if found else ("", "")
            row = database.execute(
                "INSERT OR IGNORE INTO articles (url, title, body) VALUES (?, ?, ?)", (url, title, body)
            )
            for number, rule in enumerate(rules):
                if match := rule.search(body):
                    database.execute("INSERT INTO hits VALUES (?, ?, ?)", (row.lastrowid, number, match[0][:300]))
                    hits += 1
                    loose += split[number]
            database.commit()
    return {
        "articles": count - work["warm"], "hits": hits, "split": loose, "wall": time.monotonic() - began, "cpu": time.process_time() - cpu,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
