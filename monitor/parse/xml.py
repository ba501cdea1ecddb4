"""The one door to lxml: strict XML without DTD, entities, network or huge trees."""

from __future__ import annotations

from lxml import etree

Element = etree._Element  # lxml exports the type under this name only


def document(body: bytes) -> Element | None:
    """Return the root, or None for what is not well-formed or has a DOCTYPE (entities could be declared there)."""
    if b"<!DOCTYPE" in body[:4096] or b"<!doctype" in body[:4096] or b"<!ENTITY" in body:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=False,
    )  # fmt: skip
    try:
        return etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def name(element: Element) -> tuple[str, str]:
    """Return (namespace, local name in lower case). Comments never come here: the parser drops them."""
    space, _, local = str(element.tag).rpartition("}")
    return space.lstrip("{"), local.lower()


def line(element: Element) -> int:
    """Return the line, from 1, that an element begins in; 0 where that is not known."""
    number: object = element.sourceline
    return number if isinstance(number, int) else 0


def inner(element: Element) -> str:
    """Return all text below an element; elements inside (XHTML content) are separated by a space."""
    return " ".join(str(part) for part in element.itertext())
