"""What waited for a time of the day → what digests say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from monitor.errors import AlertReason
from monitor.model import Kind, Rule
from monitor.notify import escape
from monitor.notify.content import MAX_TITLE, Content, Item, Names, Section, change, full_name, item
from monitor.views import HitRow
from monitor.views_alerts import DigestItem, DueAlert

# Items of one digest: some 60 kB of mail. A longer one comes in parts.
PART = 100

LIMITS = {
    AlertReason.OVER_LIMIT: "its limit",
    AlertReason.OVER_BUDGET: "its budget for a day",
    AlertReason.MAX_UPDATES: "the updates of a story",
}


def digest(
    entries: Sequence[tuple[DueAlert, Rule]],
    *,
    ids: Iterable[str],
    names: Names,
    route: str,
    title: str,
    notes: Sequence[str],
) -> list[tuple[Content, frozenset[int]]]:
    """Say all that waited for a digest, by rule and story, in as many messages of PART articles as it takes, each with
    the ids of its alerts; with nothing to say, one that has notes alone. `ids`: of the messages. `notes` stand in the
    first.
    """
    lines = [(rule, said_of, due.alert.id) for due, rule in entries for said_of in _digested(due, names)]
    lines.sort(key=lambda line: line[0].severity != "high")
    parts = [lines[at : at + PART] for at in range(0, len(lines), PART)] or [[]]
    changes = [(change(one, names), due.alert.id) for due, _ in entries for one in due.corrections]
    # A day of corrections may be long too.
    parts += [[] for _ in range(len(parts), -(-len(changes) // PART))]
    bare = {due.alert.id for due, _ in entries if not due.corrections and not due.hits}
    said = []
    for number, (part, key) in enumerate(zip(parts, ids, strict=False), 1):
        changed = changes[(number - 1) * PART : number * PART]
        by_rule: dict[Rule, list[Item]] = {}
        for rule, said_of, _ in part:
            by_rule.setdefault(rule, []).append(said_of)
        which = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        alerts = {alert_id for _, _, alert_id in part} | {alert_id for _, alert_id in changed}
        content = Content(
            id=key,
            kind=Kind.DIGEST,
            thread="",
            route=route,
            reason=AlertReason.DIGEST,
            title=escape.one_line(title + which, MAX_TITLE),
            heading=escape.one_line(title + which, MAX_TITLE),
            rules=tuple(by_rule),
            sections=tuple(Section(tuple(items), full_name(rule)) for rule, items in by_rule.items()),
            changes=tuple(one for one, _ in changed),
            notes=tuple(notes) if number == 1 else (),
        )
        said.append((content, frozenset(alerts | bare if number == 1 else alerts)))
    return said


def digest_title(entries: Sequence[tuple[DueAlert, Rule]], day: str, slot: str) -> str:
    """Say in one line what a digest holds."""
    articles = len({row.article.id for due, _ in entries for row in due.hits})
    stories = len({due.alert.story_id for due, _ in entries})
    if not entries:
        return f"Digest {day} {slot}: nothing new"
    several = f"{stories} stories" if stories > 1 else "one story"
    if not articles:
        changes = sum(len(due.corrections) for due, _ in entries)
        return f"Digest {day} {slot}: {changes} correction{'s' if changes > 1 else ''} in {several}"
    return f"Digest {day} {slot}: {articles} article{'s' if articles > 1 else ''} in {several}"


def overflow(items: Sequence[DigestItem], rules: Mapping[str, Rule]) -> list[str]:
    """Say which rules had more than their limit or budget allows, and what made the noise."""
    by_rule: dict[tuple[str, AlertReason], list[DueAlert]] = {}
    for one in items:
        if one.reason in LIMITS:
            by_rule.setdefault((one.due.alert.rule_id, one.reason), []).append(one.due)
    return [
        _noise(rules.get(rule_id) or Rule(rule_id, ""), reason, dues) for (rule_id, reason), dues in by_rule.items()
    ]


def _noise(rule: Rule, reason: AlertReason, dues: Sequence[DueAlert]) -> str:
    outlets = Counter(row.article.outlet_id for due in dues for row in due.hits)
    clauses = Counter(piece.clause for due in dues for row in due.hits for piece in row.hit.evidence[:1])
    said = f"{full_name(rule)} had {len(dues)} more than {LIMITS[reason]}"
    for noun, counted in (("outlet", outlets), ("clause", clauses)):
        if counted:
            [(loudest, number)] = counted.most_common(1)
            said += f"; most by {noun}: {escape.one_line(loudest, 80)} ({number})"
    return said + "."


def _digested(due: DueAlert, names: Names) -> list[Item]:
    """Return a story's articles; the sentences of its first alone, or a digest would be a book."""
    articles: dict[int, list[HitRow]] = {}
    for row in due.hits:
        articles.setdefault(row.article.id, []).append(row)
    return [item(rows, names, quoted=not number) for number, rows in enumerate(articles.values())]
