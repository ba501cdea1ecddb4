"""How each chat service writes: what is escaped, how bold and links look, and how much one message holds.

What an outlet wrote reads as it stands: it pings nobody, formats nothing and makes no link with a text of its own.
Where a service knows no escape (Slack, Zulip, Rocket.Chat) a sign that formats is replaced by one that looks the same.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from monitor.notify import escape

_WORD_JOINER = "\u2060"
_ZERO_WIDTH_SPACE = "\u200b"
# Any "@": Discord looks for @everyone inside words too, apprise for "@name" where its address asks for embeds.
_AT = re.compile(f"@(?!{_WORD_JOINER})")
# ":fire:" is a picture, and so is ":fire" with a colon of ours after it; "10:30:00" is a time.
_EMOJI = re.compile(r":(?=(?:[\w+-]*[a-z][\w+-]*(?::|$))|$)", re.IGNORECASE)
# Telegram makes commands that a tap sends of "/stop", and searches of "#x" and "$X".
_COMMAND = re.compile(r"(?<![\w/<])[/#$](?=\w|$)")
# Mattermost looks for ~channels and #tags when the escapes are gone already.
_CHANNEL = re.compile(r"(?<!\w)[~#](?=\w|$)")
_TAG = re.compile(r"<[^<>]*>")
_LOOK_ALIKE = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})
# Those that know links by brackets, and $$ as mathematics, besides.
_LOOK_ALIKE_LINKS = _LOOK_ALIKE | str.maketrans(
    {"[": "\uff3b", "]": "\uff3d", "<": "\u2039", ">": "\u203a", "$": "\uff04", "\\": "\uff3c", "|": "\u01c0"}
)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of what `size` counts; the size of a whole is that of its parts together."""

    size: Callable[[str], int]
    most: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """`text` escapes what may stand at the start of a line; `link` is given a raw label and an URL of escape.link.
    `bold`, `mark` and `quote` are forms with one {}. `mark` is bold within a sentence.
    """

    text: Callable[[str], str]
    link: Callable[[str, str], str]
    limits: tuple[Limit, ...]
    bold: str = "**{}**"
    mark: str = "**{}**"
    quote: str = "> {}"
    line: str = "\n"
    paragraph: str = "\n\n"


# ---- sizes


def characters(text: str) -> int:
    """Count code points."""
    return len(text)


def utf16(text: str) -> int:
    """Count UTF-16 units, as Telegram and JavaScript do: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    """Count bytes."""
    return len(text.encode())


def as_json(text: str) -> int:
    """Count bytes of the text in an ASCII JSON string: "ü" is six."""
    return len(json.dumps(text)) - 2


def _shown(text: str) -> int:
    return utf16(html.unescape(_TAG.sub("", text)))


def _entities(text: str) -> int:
    return len(_TAG.findall(text)) // 2


# ---- escapes


def still(text: str) -> str:
    """Return folded text that pings nobody and draws no picture by name."""
    return _EMOJI.sub(":" + _WORD_JOINER, _AT.sub("@" + _WORD_JOINER, escape.fold(text)))


def _slack(text: str) -> str:
    escaped = html.escape(still(text), quote=False).translate(_LOOK_ALIKE)
    # At the start of a line it is a quotation even so.
    return _WORD_JOINER + escaped if escaped.lstrip().startswith("&gt;") else escaped


def _slack_link(label: str, url: str) -> str:
    return f"<{html.escape(url, quote=False).replace('|', '%7C')}|{_slack(label)}>"


def _telegram(text: str) -> str:
    return escape.html(_COMMAND.sub(lambda found: found.group() + _WORD_JOINER, still(text)))


def _telegram_link(label: str, url: str) -> str:
    return f'<a href="{escape.html(url)}">{_telegram(label)}</a>'


def _matrix(text: str) -> str:
    return escape.html(still(text))


def _matrix_link(label: str, url: str) -> str:
    # The address is shown: clients without HTML get the text alone.
    return f'{_matrix(label)}<br><a href="{escape.html(url)}">{escape.html(url)}</a>'


def _markdown(text: str) -> str:
    quiet = _CHANNEL.sub(lambda found: found.group() + _WORD_JOINER, still(text))
    return escape.markdown(quiet).replace("$", "\\$")


def _label(text: str) -> str:
    # Discord and Teams end a link's text at a bracket, escaped or not.
    return _markdown(text.replace("[", "(").replace("]", ")"))


def _markdown_link(label: str, url: str) -> str:
    return f"[{_label(label)}]({url})"


def _discord_link(label: str, url: str) -> str:
    # A link whose text has an address in it is shown as it was typed.
    return f"{_markdown(label)} <{url}>" if "://" in label else f"[{_label(label)}](<{url}>)"


def _teams(text: str) -> str:
    # A card would put dates in the place of {{DATE(…)}}; apprise makes a mention of <at>…</at>.
    quiet = still(text).replace("<", "\u2039").replace(">", "\u203a").replace("{{", "{" + _WORD_JOINER + "{")
    return _markdown(quiet)


def _teams_link(label: str, url: str) -> str:
    return f"[{_teams(label.replace('[', '(').replace(']', ')'))}]({url})"


def _look_alike(text: str) -> str:
    replaced = _COMMAND.sub(lambda found: found.group() + _WORD_JOINER, still(text)).translate(_LOOK_ALIKE_LINKS)
    # A list, a heading or a command (/me) at the start of a line.
    return _WORD_JOINER + replaced if re.match(r"\s*(?:[-+=#/]|\d{1,9}[.)])", replaced) else replaced


def _look_alike_link(label: str, url: str) -> str:
    return f"[{_look_alike(label)}]({url})"


def _plain_link(label: str, url: str) -> str:
    return f"{escape.fold(label)}\n{url}"


# ---- services. A few characters below each limit are left for what the service may count and we do not.

# Its text is cut by apprise at 35,000; one block of text holds 3,000.
SLACK = Dialect(
    _slack,
    _slack_link,
    (Limit(characters, 34_000),),
    bold="*{}*",
    # Bold within a word, which Slack knows only between spaces.
    mark=f"{_ZERO_WIDTH_SPACE}*{{}}*{_ZERO_WIDTH_SPACE}",
)
SLACK_BLOCK = Dialect(_slack, _slack_link, (Limit(characters, 2_900),), bold=SLACK.bold, mark=SLACK.mark)
DISCORD = Dialect(_markdown, _discord_link, (Limit(utf16, 1_990),))
GUILDED = Dialect(_markdown, _markdown_link, (Limit(utf16, 1_990),))
# 4,096 after the tags are read, 100 tags; how long it may be before that is not told.
TELEGRAM = Dialect(
    _telegram,
    _telegram_link,
    (Limit(_shown, 4_090), Limit(_entities, 100), Limit(utf8, 30_000)),
    bold="<b>{}</b>",
    mark="<b>{}</b>",
    quote="<blockquote>{}</blockquote>",
)
# An event holds 65,536 bytes: the HTML, its text, and a third more where they are encrypted.
MATRIX = Dialect(
    _matrix,
    _matrix_link,
    (Limit(as_json, 22_000),),
    bold="<strong>{}</strong>",
    mark="<strong>{}</strong>",
    quote="<blockquote>{}</blockquote>",
    line="<br>",
    paragraph="<br><br>",
)
# A message holds 28 kB; cards know no quotes, and a single newline is a space.
TEAMS = Dialect(_teams, _teams_link, (Limit(as_json, 24_000),), quote="\u201c{}\u201d", line="\n\n")
MATTERMOST = Dialect(_markdown, _markdown_link, (Limit(utf16, 3_990),))
# Its default is 5,000; apprise cuts at 1,000.
ROCKETCHAT = Dialect(_look_alike, _look_alike_link, (Limit(utf16, 4_900),), bold="*{}*", mark="*{}*")
ZULIP = Dialect(_look_alike, _look_alike_link, (Limit(characters, 9_900),))
# A message of more than 4,096 bytes becomes a file, and at apprise one whose JSON has more than 8,000 with its title.
_NTFY = (Limit(utf8, 4_000), Limit(as_json, 6_500))
NTFY = Dialect(escape.fold, _plain_link, _NTFY, bold="{}", mark="*{}*")
NTFY_MARKDOWN = Dialect(_markdown, _markdown_link, _NTFY, line="  \n")
