"""What the pages of one outlet teach of one another: a block that stands on several articles is no article's own,
and a line that is the title of another known article is a teaser of it.

The same article is often published more than once (a new URL, a revised text, an update that repeats what was
known), so a page that holds most of this one, or that this one holds most of, bears no witness against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.model import OWN_ROLES, Block, Memory, Role
from monitor.parse.digest import digest

# Characters of what is remembered, and at most of a title. Where a character takes three bytes of UTF-8 it says more.
_LEAST, _LEAST_DENSE, _TITLE_MOST = 25, 10, 260
MAX_BLOCKS, MAX_TITLES = 900, 300
"""What an outlet's memory holds: some fifty articles, 10 kB."""
# Of a longer article its beginning and its end are remembered: notices and teasers stand there.
_HEAD, _TAIL = 10, 30
MAX_ARTICLE = _HEAD + _TAIL
# Other articles a block must stand on. One does under another article's title: that makes it a teaser's text.
_WITNESSES = 2


def apply(
    blocks: tuple[Block, ...], url: str, titles: Iterable[str], memory: Memory
) -> tuple[tuple[Block, ...], Memory]:
    """Return the blocks, those that `memory` knows from elsewhere as notes and teasers, and what the page adds to
    it. `url`: the one the article is known by; `titles`: all that it is called by.
    """
    lines = [digest(block.text) if block.role in OWN_ROLES and _is_long(block.text) else 0 for block in blocks]
    body = [line for line, block in zip(lines, blocks, strict=True) if line and block.role is not Role.HEADING]
    gain = Memory(
        ((digest(url), *_ends(body)),) if body else (),
        tuple(sorted({digest(title) for title in titles if _is_title(title)})),
    )
    return _judged(blocks, lines, body, gain, memory), gain


def learn_titles(titles: Iterable[str]) -> tuple[int, ...]:
    """Return what a list of articles teaches: digests of the newest titles, those last; `titles` newest first."""
    return tuple(digest(title) for title in titles if _is_title(title))[:MAX_TITLES][::-1]


def merge(memory: Memory, gain: Memory) -> Memory:
    """Add what was learnt; the oldest leaves for it. An article that is read again, or was published again with
    most of its text, takes the place of the one there. The same `memory` where nothing is new.
    """
    articles = memory.articles
    for new in gain.articles:
        if new not in articles:
            body = set(new[1:])
            # More than half of the longer one: a page that holds a notice and nothing else must replace none.
            articles = (
                *(
                    old
                    for old in articles
                    if old[0] != new[0] and 2 * len(body.intersection(old)) <= max(len(body), len(old) - 1)
                ),
                new,
            )
    known = set(memory.titles)
    titles = (*memory.titles, *(title for title in gain.titles if title not in known))
    if articles is memory.articles and len(titles) == len(known):
        return memory
    return Memory(_newest(articles), titles[-MAX_TITLES:])


def _is_long(text: str) -> bool:
    size = len(text)
    return size >= _LEAST or (size >= _LEAST_DENSE and 2 * len(text.encode("utf-8", "replace")) > 5 * size)


def _is_title(text: str) -> bool:
    return len(text) <= _TITLE_MOST and _is_long(text)


def _ends(body: Sequence[int]) -> Sequence[int]:
    return body if len(body) <= MAX_ARTICLE else [*body[:_HEAD], *body[-_TAIL:]]


def _newest(articles: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    room = MAX_BLOCKS
    for index in range(len(articles) - 1, -1, -1):
        # A row holds the number of each article's digests beside them.
        room -= len(articles[index]) + 1
        if room < 0:
            return tuple(articles[index + 1 :])
    return tuple(articles)


def _judged(
    blocks: tuple[Block, ...], lines: Sequence[int], body: Sequence[int], page: Memory, memory: Memory
) -> tuple[Block, ...]:
    roles = _roles(blocks, lines, _witnesses(page, set(body), memory), set(memory.titles).difference(page.titles))
    own = sum(len(block.text) for block in blocks if block.role in OWN_ROLES)
    # More than half of it known: an article put together from others, or printed once more.
    if not roles or 2 * sum(len(blocks[index].text) for index in roles) > own:
        return blocks
    return tuple(
        replace(block, role=roles[index]) if index in roles else block for index, block in enumerate(blocks)
    )  # fmt: skip


def _witnesses(page: Memory, body: set[int], memory: Memory) -> Counter[int]:
    """Count the articles each block stands on, this one and its copies apart."""
    counts: Counter[int] = Counter()
    for key, *blocks in memory.articles:
        shared = body.intersection(blocks)
        # Of the smaller one: a flash of two sentences stands whole in the report that follows it.
        if shared and key != page.articles[0][0] and 2 * len(shared) <= min(len(body), len(blocks)):
            counts.update(shared)
    return counts


def _roles(blocks: Sequence[Block], lines: Sequence[int], witnesses: Counter[int], titles: set[int]) -> dict[int, Role]:
    """Find what is not the article's own, by index."""
    roles: dict[int, Role] = {}
    under_title = False
    for index, (block, line) in enumerate(zip(blocks, lines, strict=True)):
        if not line:
            continue
        if _names(block.text, line, titles):
            roles[index] = Role.TEASER
            under_title = True
        elif witnesses[line] >= (1 if under_title else _WITNESSES):
            roles[index] = Role.TEASER if under_title else Role.NOTE
        else:
            under_title = False
    return roles and _with_company(blocks, lines, roles)


def _names(text: str, line: int, titles: set[int]) -> bool:
    """Say whether a line is one of the titles, alone or behind a label ("Read also:")."""
    if not titles or not _is_title(text):
        return False
    return line in titles or (":" in text and digest(text.partition(":")[2]) in titles)


def _with_company(blocks: Sequence[Block], lines: Sequence[int], roles: Mapping[int, Role]) -> dict[int, Role]:
    """Add headings whose text is gone, and lines too short to be known that only such text has below it."""
    whole = dict(roles)
    below: Role | None = None
    ended, short = True, list[int]()
    for index in range(len(blocks) - 1, -1, -1):
        role = roles.get(index)
        if blocks[index].role not in OWN_ROLES:
            continue
        if role is None and blocks[index].role is Role.HEADING:
            if below is not None:
                whole[index] = below
        elif not lines[index]:
            short.append(index)
        else:
            if role is not None and (ended or below is not None):
                whole.update(dict.fromkeys(short, role))
            short.clear()
            ended, below = False, role
    return whole
