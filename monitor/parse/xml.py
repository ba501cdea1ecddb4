"""The one door to lxml: strict XML without DTD, entities, network or huge trees."""

from __future__ import annotations

import re

from lxml import etree

Element = etree._Element  # lxml exports the type under this name only

# A DOCTYPE that declares nothing itself. Its DTD is never loaded, so it says nothing either.
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[<>]{0,500}>", re.IGNORECASE)
_PREFIX = re.compile(r"(</?)[\w.-]{1,100}:")


def document(body: bytes, encoding: str | None = None) -> Element | None:
    """Return the root, or None for what is not well-formed or declares entities. `encoding`: for the declared one."""
    head = body[:4096]
    if b"<!" in head and _declares(head):
        bare = _DOCTYPE.sub(b"", head, count=1)
        if _declares(bare):
            return None
        body = bare + body[4096:]
    if b"<!ENTITY" in body:
        return None
    try:
        parser = etree.XMLParser(
            encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
            huge_tree=False, remove_comments=True, remove_pis=True, recover=False,
        )  # fmt: skip
        return etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        # LookupError: an encoding that libxml2 does not know.
        return None


def _declares(head: bytes) -> bool:
    return b"<!DOCTYPE" in head or b"<!doctype" in head or b"<!Doctype" in head


def split(tag: object) -> tuple[str, str]:
    """Return (namespace, local name in lower case) of a tag as lxml has it."""
    space, _, local = str(tag).rpartition("}")
    return space.lstrip("{"), local.lower()


def name(element: Element) -> tuple[str, str]:
    """Return (namespace, local name in lower case). Comments never come here: the parser drops them."""
    return split(element.tag)


def inner(element: Element) -> str:
    """Return all text below an element; elements inside (XHTML content) are separated by a space."""
    return " ".join(str(part) for part in element.itertext())


def markup(element: Element) -> str:
    """Return what stands within an element as markup, names without their prefixes."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    text = _PREFIX.sub(r"\1", text)
    return text[text.index(">") + 1 : text.rindex("<")]
