"""The press review as a Word document. The door of python-docx, which comes with the extra `docx`."""

from __future__ import annotations

from io import BytesIO

from docx import Document
from docx.document import Document as Doc
from docx.enum.text import WD_COLOR_INDEX
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from monitor.review.press import Cited, Clipping, Copy, Review

_BLUE, _GREY = RGBColor(0x05, 0x63, 0xC1), RGBColor(0x5A, 0x5A, 0x5A)


def render(review: Review) -> bytes:
    """Return the file."""
    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = review.title, "", ""
    properties.created = properties.modified = review.made_at
    document.add_heading(review.title, 0)
    for line in review.about:
        document.add_paragraph(line, "List Bullet")
    for number, story in enumerate(review.stories, 1):
        ran = f" ({story.outlets} outlets)" if story.outlets > 1 else ""
        document.add_heading(f"{number}. {story.title}{ran}", 1)
        for clipping in story.clippings:
            _clipping(document, clipping)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _clipping(document: Doc, clipping: Clipping) -> None:
    title = document.add_heading(level=2)
    _link(title, clipping.url, clipping.title)
    for text in (
        f"{clipping.outlet} · {clipping.when} · {clipping.rules}",
        clipping.url or clipping.address,
        clipping.note,
    ):
        if text:
            _small(document.add_paragraph(), text)
    for cited in clipping.cited:
        _cited(document, cited)
    if clipping.copies:
        also = document.add_paragraph("Also ran in ")
        for number, copy in enumerate(clipping.copies):
            also.add_run(", " if number else "")
            _copy(also, copy)


def _cited(document: Doc, cited: Cited) -> None:
    paragraph = document.add_paragraph(style="Quote")
    for text, marked in cited.quote:
        run = paragraph.add_run(text)
        if marked:
            run.bold, run.font.highlight_color = True, WD_COLOR_INDEX.YELLOW
    if cited.gone:
        _small(paragraph, f" ({cited.gone})")


def _copy(paragraph: Paragraph, copy: Copy) -> None:
    _link(paragraph, copy.url, copy.outlet)
    paragraph.add_run(f" ({copy.when})" if copy.url else f" ({copy.when}, {copy.address})")


def _small(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(9), _GREY


def _link(paragraph: Paragraph, url: str, text: str) -> None:
    """Add text that leads to `url`, where there is one."""
    run = paragraph.add_run(text)
    if url:
        run.font.color.rgb, run.font.underline = _BLUE, True
        element = OxmlElement("w:hyperlink")
        element.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        element.append(run._r)
        paragraph._p.append(element)
