"""Where the time of a match goes, by the engine's own functions, and what edits of rules cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from monitor.match.engine import Matcher
from monitor.match.evaluate import Evaluation
from monitor.match.segments import own_texts, source
from monitor.model import Article, Hit, Rule
from tests.bench._match_data import best, over, say, tick

PHASES = ("haystack", "scan", "view and candidates", "evaluation", "evidence")
EDITS = (1, 10, 100)
_STEP = 997


def phases(label: str, matcher: Matcher, articles: Sequence[Article]) -> None:
    """Print the microseconds of each phase of a match, and how far their sum is from a match as it is called."""
    spent: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for article in articles:
        _match_in_parts(matcher, article, spent, counts)
    look = tick()
    micro = {name: (spent[name] / len(articles) - look) * 1e6 for name in PHASES}
    total = sum(micro.values())
    (whole,) = best([over(matcher.match, articles)])
    cells = ", ".join(f"{name} {value:.1f} ({value / total:.0%})" for name, value in micro.items())
    each = ", ".join(
        f"{counts[name] / len(articles):.2f} {name}" for name in ("needles", "candidates", "hits", "pieces")
    )
    say(f"{label}: us an article: {cells}; sum {total:.1f}, match() {whole / len(articles) * 1e6:.1f}; {each}")


def _match_in_parts(matcher: Matcher, article: Article, spent: Counter[str], counts: Counter[str]) -> None:
    """Do what Matcher.match does for rules without languages, fields that stand aside, and edits, phase by phase."""
    clock, index = time.process_time, matcher._main
    t0 = clock()
    own = source(own_texts(article))
    t1 = clock()
    matches = index.scan(own[2])
    t2 = clock()
    numbers: set[int] = set()
    # An article in which nothing was found is not looked at further.
    if matches is not None:
        evaluation = Evaluation(article, matcher._compiler.probes, matcher._scanned, matcher._needles, own)
        index.candidates(matches, evaluation, evaluation.main, numbers)
    t3 = clock()
    held = []
    for number in sorted(numbers):
        program = matcher._programs[number]
        places = evaluation.holds(program, evaluation.main, None)
        if places is not None:
            held.append((number, program, places))
    t4 = clock()
    hits = []
    for number, program, places in held:
        evidence = evaluation.evidence(places) if places else evaluation.attribute_evidence(program)
        hits.append(Hit(matcher._ids[number], evidence, matcher._versions[number]))
    t5 = clock()
    times = (t0, t1, t2, t3, t4, t5)
    for name, began, ended in zip(PHASES, times, times[1:], strict=False):
        spent[name] += ended - began
    counts["needles"] += len(matches or ())
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
