"""What an outlet's own selectors say of a page; where they find nothing, the automatic choice stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.model import Selectors
from monitor.parse import dates
from monitor.parse.html import Document, Node, attribute, text_of

_MAX_TITLE = 500
# A template may repeat an element; what stands further down is another story's.
_TRIED = 3
_FRAME = frozenset({"html", "head", "body"})


@dataclass(frozen=True, slots=True)
class Selected:
    """What was found. `body`: the node that holds the text; `nothing`: names of the selectors that found nothing."""

    title: str = ""
    published: datetime | None = None
    body: Node | None = None
    dropped: int = 0
    nothing: tuple[str, ...] = ()


def apply(document: Document, selectors: Selectors, now: datetime) -> Selected:
    """Take what is to be dropped off the page, then look up the rest. `now`: when the page was fetched."""
    dropped = _drop(document, selectors.drop) if selectors.drop else 0
    title = _title(document, selectors.title) if selectors.title else ""
    published = _date(document, selectors.date, now) if selectors.date else None
    body = _body(document, selectors.body) if selectors.body else None
    found = {"body": body, "title": title, "date": published, "drop": dropped}
    nothing = tuple(name for name, hit in found.items() if getattr(selectors, name) and not hit)
    return Selected(title, published, body, dropped, nothing)


def _outermost(found: list[Node]) -> list[Node]:
    """Return nodes each once, none inside another: Lexbor finds a node once for every part of "p, .a"."""
    nodes = {node.mem_id: node for node in found}
    return [node for node in nodes.values() if not _stands_in(node, nodes)]


def _stands_in(node: Node, nodes: dict[int, Node]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in nodes:
            return True
        parent = parent.parent
    return False


def _drop(document: Document, selector: str) -> int:
    # The page's frame stays: there is no document without it.
    nodes = _outermost([node for node in document.css(selector) if node.tag not in _FRAME])
    for node in nodes:
        node.decompose()
    return len(nodes)


def _title(document: Document, selector: str) -> str:
    nodes = document.css(selector)[:_TRIED]
    return next((text[:_MAX_TITLE] for node in nodes if (text := attribute(node, "content") or text_of(node))), "")


def _date(document: Document, selector: str, now: datetime) -> datetime | None:
    for node in document.css(selector)[:_TRIED]:
        for text in (attribute(node, "datetime"), attribute(node, "content"), text_of(node)):
            if found := dates.parse(text, now=now):
                return found
    return None


def _body(document: Document, selector: str) -> Node | None:
    """Return the node that matches, or several within a new one; None where they hold no text."""
    nodes = [node for node in _outermost(document.css(selector)) if text_of(node)]
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    whole = document.create_node("div")
    for node in nodes:
        whole.insert_child(node)
    return whole
