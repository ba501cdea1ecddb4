"""The press review as one HTML file: no script, nothing loaded, fit to print."""

from __future__ import annotations

from monitor.notify.escape import html
from monitor.review.press import Cited, Clipping, Copy, Review, Told

# `default-src 'none'`: whatever an escape should ever miss runs nothing and loads nothing.
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1a1a1a; --soft: #5a5a5a; --paper: #fff; --line: #d5d5d5; --mark: #ffec99; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e8e6e3; --soft: #a8a5a0; --paper: #17181a; --line: #3c3e42; --mark: #6b5600; }}
}}
body {{ margin: 2rem auto; max-width: 44rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Georgia, "Times New Roman", serif; overflow-wrap: anywhere; }}
h1, h2, h3 {{ line-height: 1.25; }}
h2 {{ margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }}
h3 {{ margin-bottom: 0; font-size: 1.05rem; }}
.about, .by, .also, .note, .gone {{ color: var(--soft); font-family: system-ui, sans-serif; font-size: .875rem; }}
.about {{ padding-left: 1.2rem; }}
.by, .also, .note {{ margin: .25rem 0; }}
blockquote {{ margin: .5rem 0 .5rem 1rem; padding-left: .75rem; border-left: 3px solid var(--line); }}
mark {{ background: var(--mark); color: inherit; }}
a {{ color: inherit; }}
@media print {{
  :root {{ --ink: #000; --soft: #333; --paper: #fff; --line: #999; --mark: #fff; }}
  body {{ margin: 0; max-width: none; padding: 0; font-size: 10.5pt; }}
  mark {{ font-weight: bold; }}
  article {{ break-inside: avoid; }}
  h2, h3 {{ break-after: avoid; }}
  h3 a::after {{ content: " (" attr(href) ")"; font-weight: normal; font-size: .8em; }}
}}
</style>
</head>
<body>
"""


def render(review: Review) -> str:
    """Return the whole page."""
    parts = [_HEAD.format(title=html(review.title)), f"<h1>{html(review.title)}</h1>\n<ul class=about>\n"]
    parts += [f"<li>{html(line)}</li>\n" for line in review.about]
    parts.append("</ul>\n")
    parts += [_story(number, story) for number, story in enumerate(review.stories, 1)]
    return "".join(parts) + "</body>\n</html>\n"


def _story(number: int, story: Told) -> str:
    ran = f" <small>({story.outlets} outlets)</small>" if story.outlets > 1 else ""
    clippings = "".join(map(_clipping, story.clippings))
    return f"<section>\n<h2>{number}. {html(story.title)}{ran}</h2>\n{clippings}</section>\n"


def _clipping(clipping: Clipping) -> str:
    parts = [f"<article>\n<h3>{_link(clipping.url, clipping.title)}</h3>\n"]
    parts.append(f"<p class=by>{html(clipping.outlet)} · {html(clipping.when)} · {html(clipping.rules)}</p>\n")
    parts += [] if clipping.url else [f"<p class=by>{html(clipping.address)}</p>\n"]
    parts += [f"<p class=note>{html(clipping.note)}</p>\n"] if clipping.note else []
    parts += map(_cited, clipping.cited)
    if clipping.copies:
        parts.append(f"<p class=also>Also ran in {', '.join(map(_copy, clipping.copies))}</p>\n")
    return "".join(parts) + "</article>\n"


def _cited(cited: Cited) -> str:
    words = "".join(f"<mark>{html(text)}</mark>" if marked else html(text) for text, marked in cited.quote)
    gone = f" <span class=gone>({html(cited.gone)})</span>" if cited.gone else ""
    return f"<blockquote>{words}{gone}</blockquote>\n"


def _copy(copy: Copy) -> str:
    address = "" if copy.url else f", {html(copy.address)}"
    return f"{_link(copy.url, copy.outlet)} ({html(copy.when)}{address})"


def _link(url: str, text: str) -> str:
    return f'<a href="{html(url)}" rel="noopener noreferrer">{html(text)}</a>' if url else html(text)
