"""Where the time of a match goes, by the engine's own functions, and what edits of rules cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.match.engine import Matcher
from monitor.match.evaluate import Evaluation
from monitor.model import Article, Hit, Rule
from tests.bench._match_data import best, over, say, tick

PHASES = ("view and haystack", "scan", "candidates", "evaluation", "evidence")
EDITS = (1, 10, 100)
_STEP = 997


class _Timed:
    """An automaton that says how long it scanned: a scan done again by itself finds its caches warm."""

    def __init__(self, automaton: Any) -> None:
        self.automaton, self.spent, self.found, self.calls = automaton, 0.0, 0, 0

    def find_overlapping(self, data: bytes) -> list[tuple[int, int, int]]:
        began = time.process_time()
        found = self.automaton.find_overlapping(data)
        self.spent += time.process_time() - began
        self.found += len(found)
        self.calls += 1
        return found


def phases(label: str, matcher: Matcher, articles: Sequence[Article]) -> None:
    """Print the microseconds of each phase of a match, and how far their sum is from a match as it is called."""
    spent: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    timed = matcher._main._needles = _Timed(matcher._main._needles)
    try:
        for article in articles:
            _match_in_parts(matcher, article, spent, counts)
    finally:
        matcher._main._needles = timed.automaton
    look, counts["needles"] = tick(), timed.found
    # One look at the clock falls within each phase, and those of the scan within that of the candidates.
    spent["candidates"] -= timed.spent + timed.calls * look
    spent["scan"] = timed.spent - (timed.calls - len(articles)) * look
    micro = {name: spent[name] / len(articles) * 1e6 - look * 1e6 for name in PHASES}
    total = sum(micro.values())
    (whole,) = best([over(matcher.match, articles)])
    cells = ", ".join(f"{name} {value:.1f} ({value / total:.0%})" for name, value in micro.items())
    each = ", ".join(
        f"{counts[name] / len(articles):.2f} {name}" for name in ("needles", "candidates", "hits", "pieces")
    )
    say(f"{label}: us an article: {cells}; sum {total:.1f}, match() {whole / len(articles) * 1e6:.1f}; {each}")


def _match_in_parts(matcher: Matcher, article: Article, spent: Counter[str], counts: Counter[str]) -> None:
    """Do what Matcher.match does for rules without languages and edits, phase by phase."""
    clock = time.process_time
    t0 = clock()
    evaluation = Evaluation(article, matcher._compiler.probes, matcher._scanned, matcher._needles)
    views = (evaluation.main, evaluation.aside) if matcher._compiler.asides else (evaluation.main,)
    t1 = clock()
    numbers: set[int] = set()
    for view in views:
        matcher._main.candidates(evaluation, view, numbers)
    t2 = clock()
    held = []
    for number in sorted(numbers):
        program = matcher._programs[number]
        places = evaluation.holds(program, evaluation.main, None)
        if places is not None:
            held.append((number, program, places))
    t3 = clock()
    hits = []
    for number, program, places in held:
        evidence = evaluation.evidence(places) if places else evaluation.attribute_evidence(program)
        hits.append(Hit(matcher._ids[number], evidence, matcher._versions[number]))
    t4 = clock()
    spent.update({PHASES[0]: t1 - t0, PHASES[2]: t2 - t1, PHASES[3]: t3 - t2, PHASES[4]: t4 - t3})
    counts["candidates"] += len(numbers)
    counts["hits"] += len(hits)
    counts["pieces"] += sum(len(hit.evidence) for hit in hits)


def edits(label: str, untouched: Matcher, rules: Sequence[Rule], articles: Sequence[Article]) -> None:
    """Print what amending one rule of many costs, and matching after some edits beside the same rules without any."""
    matcher = Matcher(rules)
    before, same = best([over(untouched.match, articles), over(matcher.match, articles)])
    say(f"{label}: matching {before / len(articles) * 1e6:.1f} us an article, a second matcher {same / before:.2f} x")
    done = 0
    for goal in EDITS:
        spent = []
        for number in range(done, goal):
            rule = rules[number * _STEP % len(rules)]
            changed = replace(rule, query=f'({rule.query}) OR "korvathian harbour {number}"')
            began = time.process_time()
            matcher.amend([changed])
            spent.append(time.process_time() - began)
        after, before = best([over(matcher.match, articles), over(untouched.match, articles)])
        say(
            f"{label}: edit {goal}: amend {spent[-1] * 1e3:.2f} ms (mean since edit {done + 1}: "
            f"{sum(spent) / len(spent) * 1e3:.2f}), matching {after / len(articles) * 1e6:.1f} us an article, "
            f"{after / before:.2f} x without edits"
        )
        done = goal
