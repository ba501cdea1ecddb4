"""The expressions that hung Python's re: how long each takes to be answered or refused, in milliseconds of CPU."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.model import Article, Block, Role, Rule
from tests.match.test_traps import HANGING


def main(data: Path) -> None:
    """Measure each; `data` is not needed."""
    del data
    article = Article("https://a.example/1", "", "en", (Block(Role.BODY, "a" * 5_000 + " x" * 2_000 + "!"),))
    worst = 0.0
    for expression in HANGING:
        started = time.process_time()
        try:
            told = f"{len(Matcher([Rule('r', f'/{expression}/')]).match(article))} hits"
        except QueryError as error:
            told = error.message
        spent = (time.process_time() - started) * 1e3
        worst = max(worst, spent)
        print(f"{spent:7.2f} ms  {expression}  {told[:80]}", flush=True)
    print(f"the slowest takes {worst:.2f} ms", flush=True)
