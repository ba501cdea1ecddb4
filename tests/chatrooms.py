"""Chat services on loopback. Each takes what its documents say it takes, answers as it would, and keeps what its users
would see: Slack's incoming webhooks, Discord's webhooks, Telegram's sendMessage, Matrix's login, join and send, ntfy's
JSON, Mattermost's and Rocket.Chat's hooks, Zulip's messages, and a workflow of Teams, which is HTTPS.
"""

from __future__ import annotations

import html
import json
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.zulip import NotifyZulip
from markdown_it import MarkdownIt

SECRETS = {
    "slack": "TIiajkdnlazkcOXrIdevi7FQ",
    "discord": "AAAAbbbbCCCCddddEEEE",
    "telegram": "abcdefg_hijklmnopqrstuvwxyzabcdefg",
    "matrix": "hunter2matrix",
    "teams": "sigSIGsigSIG",
    "ntfy": "hunter2ntfy",
    "mattermost": "3ccdd113474722377935511fc85d3dd4",
    "rocketchat": "AbCdEfGhIjKlMnOpQr",
    "zulip": "a6k4m8q2w9e7r5t3y1u0i2o4p6a8s0d2",
}


class Refused(Exception):
    """The service answers with a status and a body that names what is wrong."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass
class Post:
    """What users see of a message: its text, links as (text, target), what is bold, and whom it woke."""

    room: str
    text: str
    links: list[tuple[str, str]] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    """Any other formatting."""
    raw: dict[str, Any] = field(default_factory=dict)


# ---- what each shows of a text


def slack(text: str) -> Post:
    """Read mrkdwn: control sequences in angle brackets first, then signs that format."""
    post = Post("slack", "")
    shown = []
    for piece in re.split(r"(<[^<>]*>)", text):
        if not piece.startswith("<"):
            assert "<" not in piece, f"a bare < in {piece!r}"
            shown.append(piece)
        elif piece[1] in "!@#":
            post.pings.append(piece)
        else:
            target, _, label = piece[1:-1].partition("|")
            post.links.append((html.unescape(label), html.unescape(target)))
            shown.append(label or target)
    text = "".join(shown)
    post.bold = [html.unescape(found) for found in re.findall(r"(?<!\w)\*([^*\n]+)\*(?!\w)", text)]
    post.other += re.findall(r"`[^`\n]+`|(?<!\w)_[^_\n]+_(?!\w)|(?<!\w)~[^~\n]+~(?!\w)", text)
    post.other += re.findall(r":[a-z][\w+-]*:", text, re.IGNORECASE)
    post.text = html.unescape(re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"\1", text))
    return post


def telegram(text: str) -> Post:
    """Read HTML as the Bot API does: few tags, closed in order; four names of entities."""
    post = Post("telegram", "")
    allowed = {
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "code",
        "pre",
        "a",
        "tg-spoiler",
        "blockquote",
    }
    stack: list[tuple[str, str, int]] = []
    shown: list[str] = []
    for piece in re.split(r"(<[^>]*>?)", text):
        if not piece.startswith("<"):
            shown.append(
                re.sub(r"&(?:(lt|gt|amp|quot)|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});", lambda f: html.unescape(f[0]), piece)
            )
            continue
        tag = re.fullmatch(r'<(/?)([a-z-]+)(?: href="([^"<>]*)")?(?: expandable)?>', piece)
        if not tag or tag[2] not in allowed:
            raise Refused(400, _telegram_error(f'Unsupported start tag "{piece[1:20]}" at byte offset 0'))
        here = sum(map(len, shown))
        if not tag[1]:
            stack.append((tag[2], html.unescape(tag[3] or ""), here))
            continue
        if not stack or stack[-1][0] != tag[2]:
            raise Refused(400, _telegram_error(f'Unmatched end tag at byte offset 0, found "</{tag[2]}>"'))
        name, target, start = stack.pop()
        inside = "".join(shown)[start:]
        if name == "a":
            post.links.append((inside, target))
        elif name in {"b", "strong"}:
            post.bold.append(inside)
        elif name != "blockquote":
            post.other.append(name)
    if stack:
        raise Refused(400, _telegram_error(f"Can't find end tag corresponding to start tag {stack[-1][0]}"))
    post.text = "".join(shown)
    post.pings = re.findall(r"(?<!\w)@\w{4,32}", post.text)
    post.other += re.findall(r"(?<![\w/<])/[a-z]\w*", post.text, re.IGNORECASE)
    if not post.text.strip():
        raise Refused(400, {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"})
    if len(post.text.encode("utf-16-le")) // 2 > 4096:
        raise Refused(400, {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"})
    if text.count("</") > 100:
        raise Refused(400, _telegram_error("more than 100 entities: the rest would be plain"))
    return post


def _telegram_error(what: str) -> dict[str, object]:
    return {"ok": False, "error_code": 400, "description": f"Bad Request: can't parse entities: {what}"}


def markdown(text: str, room: str = "markdown") -> Post:
    """Read CommonMark, by the parser of another library."""
    post = Post(room, "")
    # Tables and strikethrough are what these services have besides.
    tokens = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["strikethrough", "table"]).parse(text)
    shown: list[str] = []
    for token in tokens:
        if token.type == "inline":
            _inline(token.children or [], post, shown)
            shown.append("\n")
        elif token.type not in {"paragraph_open", "paragraph_close", "blockquote_open", "blockquote_close"}:
            post.other.append(token.type)
    post.text = "".join(shown)
    return post


def _inline(tokens: list[Any], post: Post, shown: list[str]) -> None:
    opened: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in {"text", "text_special"}:
            shown.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            shown.append("\n")
        elif token.type in {"strong_open", "link_open"}:
            opened.append((str(token.attrs.get("href", "")), len(shown)))
        elif token.type in {"strong_close", "link_close"}:
            target, start = opened.pop()
            inside = "".join(shown[start:])
            if token.type == "link_close":
                post.links.append((inside, target))
            else:
                post.bold.append(inside)
        else:
            post.other.append(f"{token.type} {token.content}")


def discord(text: str) -> Post:
    """Read Discord's Markdown; mentions are looked for in the bare text, escaped or not."""
    post = markdown(re.sub(r"\]\(<([^<>\s]*)>\)", r"](\1)", text), "discord")
    post.pings = re.findall(r"@everyone|@here|<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|<t:-?\d+(?::\w)?>|</\w+:\d+>", text)
    return post


def mattermost(text: str) -> Post:
    """Read Mattermost's Markdown; names of people and channels are looked for in what it makes."""
    post = markdown(text, "mattermost")
    post.pings = re.findall(r"(?<!\w)[@~]\w+|(?<!\w)#[a-z]\w+", post.text, re.IGNORECASE)
    return post


def teams(text: str) -> Post:
    """Read a card's text: Markdown without HTML; <at> is a mention, {{DATE()}} a function."""
    post = markdown(text, "teams")
    post.pings = re.findall(r"<at>[^<]+</at>", text)
    post.other += re.findall(r"\{\{.*?\}\}", text)
    return post


def bare(text: str, room: str, link: str = r"\[([^\[\]]*)\]\((https?://[^()\s]*)\)") -> Post:
    """Read the Markdown of Zulip and Rocket.Chat, which have no escapes."""
    post = Post(room, "")
    post.links = re.findall(link, text)
    text = re.sub(link, r"\1", text)
    signs = r"(?<!\w)\*\*([^*\n]+)\*\*|(?<!\w)\*([^*\n]+)\*"
    post.bold = [one or two for one, two in re.findall(signs, text)]
    text = re.sub(signs, lambda found: found[1] or found[2], text)
    post.pings = re.findall(r"@(?:\w+|_?\*\*)", text)
    post.other += re.findall(
        r"[*_~`|<>\[\]\\](?!\s)|\$\$|:[a-z][\w+-]*:|^#+ |^\s*[-+] |(?<!\w)#\w+|^/\w+",
        text,
        re.MULTILINE | re.IGNORECASE,
    )
    post.text = text
    return post


class _Matrix:
    """Reads formatted_body; strangers' markup would be shown."""

    TAGS = frozenset({"strong", "b", "a", "br", "blockquote", "h1"})

    def __call__(self, text: str) -> Post:
        post = Post("matrix", "")
        stack: list[tuple[str, str, int]] = []
        shown: list[str] = []
        for piece in re.split(r"(<[^>]*>?)", text):
            tag = re.fullmatch(r'<(/?)([a-z0-9]+)(?: href="(https?://[^"<>]*)")?/?>', piece)
            if not piece.startswith("<"):
                shown.append(html.unescape(piece))
            elif not tag or tag[2] not in self.TAGS:
                post.other.append(piece)
            elif tag[2] == "br":
                shown.append("\n")
            elif not tag[1]:
                stack.append((tag[2], html.unescape(tag[3] or ""), len(shown)))
            else:
                name, target, start = stack.pop()
                assert name == tag[2], f"</{tag[2]}> closes <{name}>"
                inside = "".join(shown[start:])
                if name == "a":
                    post.links.append((inside, target))
                elif name in {"strong", "b"}:
                    post.bold.append(inside)
        assert not stack
        post.text = "".join(shown)
        post.pings = re.findall(r"@room\b|@[\w.-]+:[\w.-]+", post.text)
        return post


matrix = _Matrix()


# ---- what each takes. A reader gets the path and the body, and returns the answer and what its users see.

Answer = tuple[object, list[Post]]


def _say(check: bool, status: int, body: object) -> None:
    if not check:
        raise Refused(status, body)


def _take_slack(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    posts = []
    _say(bool(said.get("text") or said.get("attachments") or said.get("blocks")), 400, "no_text")
    for part in said.get("attachments", []):
        texts = [part.get("title", ""), part.get("text", "")]
        for block in part.get("blocks", []):
            text = block.get("text", {}).get("text", "")
            most = {"header": 150, "section": 3000}.get(block["type"], 2000)
            _say(block["type"] == "context" or 0 < len(text) <= most, 400, "invalid_attachments")
            texts.append(text)
        _say(len(part.get("text", "")) <= 40_000, 400, "msg_too_long")
        posts.append(slack("\n".join(text for text in texts if text)))
    return "ok", posts


def _take_discord(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    content = said.get("content", "")
    _say(bool(content.strip() or said.get("embeds")), 400, {"code": 50006, "message": "Cannot send an empty message"})
    most = {"content": ["Must be 2000 or fewer in length."]}
    _say(len(content.encode("utf-16-le")) // 2 <= 2000, 400, most)
    for embed in said.get("embeds", []):
        _say(len(embed.get("description", "")) <= 4096 and len(embed.get("title", "")) <= 256, 400, most)
        content += embed.get("description", "")
    return "", [discord(content)]


def _take_telegram(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    _say(path.endswith("/sendMessage"), 404, {"ok": False, "error_code": 404, "description": "Not Found"})
    _say(bool(said.get("chat_id")), 400, {"ok": False, "description": "Bad Request: chat_id is empty"})
    _say(said.get("parse_mode") == "HTML", 400, {"ok": False, "description": "Bad Request: unsupported parse_mode"})
    return {"ok": True, "result": {"message_id": 1}}, [telegram(said["text"])]


def _take_matrix(path: str, body: bytes) -> Answer:
    said = json.loads(body) if body else {}
    if path.endswith("/login"):
        _say(said.get("type") == "m.login.password", 400, {"errcode": "M_UNKNOWN"})
        return {"access_token": "syt_token", "user_id": "@ida:127.0.0.1", "device_id": "D"}, []
    if "/join/" in path or path.endswith("/join"):
        return {"room_id": "!room:127.0.0.1"}, []
    if "/send/m.room.message/" in path:
        _say(len(body) <= 65_000, 413, {"errcode": "M_TOO_LARGE"})
        _say(said.get("msgtype") == "m.text" and isinstance(said.get("body"), str), 400, {"errcode": "M_BAD_JSON"})
        _say(said.get("format") == "org.matrix.custom.html", 400, {"errcode": "M_BAD_JSON"})
        return {"event_id": "$1"}, [matrix(said["formatted_body"])]
    return {}, []


def _take_teams(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    _say(len(body) <= 28 * 1024, 413, {"error": {"code": "RequestEntityTooLarge"}})
    _say(said.get("type") == "message", 400, {"error": {"code": "InvalidRequest"}})
    [card] = said["attachments"]
    _say(card["contentType"] == "application/vnd.microsoft.card.adaptive", 400, {"error": {"code": "InvalidCard"}})
    _say(
        card["content"]["type"] == "AdaptiveCard" and bool(card["content"]["body"]),
        400,
        {"error": {"code": "InvalidCard"}},
    )
    _say("entities" not in card["content"]["msteams"], 400, {"error": {"code": "mention of nobody"}})
    return "", [teams(block["text"]) for block in card["content"]["body"] if block["type"] == "TextBlock"]


def _take_ntfy(path: str, body: bytes) -> Answer:
    _say(path == "/", 404, {"code": 40401, "error": "page not found"})
    said = json.loads(body)
    _say(
        bool(re.fullmatch(r"[-_A-Za-z0-9]{1,64}", said.get("topic", ""))),
        400,
        {"code": 40009, "error": "invalid topic"},
    )
    # Longer ones become a file, which a phone does not show.
    _say(0 < len(said.get("message", "").encode()) <= 4096, 413, {"code": 41301, "error": "message too large"})
    return {"id": "x", "event": "message"}, [Post("ntfy", f"{said['title']}\n{said['message']}")]


def _take_mattermost(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    _say(0 < len(said.get("text", "")) <= 16_383, 400, {"id": "web.incoming_webhook.text.app_error"})
    return "ok", [mattermost(said["text"])]


def _take_rocketchat(path: str, body: bytes) -> Answer:
    said = json.loads(body)
    _say(0 < len(said.get("text", "")) <= 5_000, 400, {"success": False, "error": "error-message-size-exceeded"})
    return {"success": True}, [bare(said["text"], "rocketchat")]


def _take_zulip(path: str, body: bytes) -> Answer:
    said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    _say({"type", "to", "topic", "content"} <= said.keys(), 400, {"result": "error", "msg": "Missing argument"})
    _say(len(said["topic"]) <= 60 and len(said["content"]) <= 10_000, 400, {"result": "error", "msg": "too long"})
    _say("\n" not in said["topic"], 400, {"result": "error", "msg": "Invalid character in topic"})
    return {"result": "success", "id": 1}, [bare(said["content"], "zulip")]


TAKE: dict[str, Callable[[str, bytes], Answer]] = {
    "slack": _take_slack,
    "discord": _take_discord,
    "telegram": _take_telegram,
    "matrix": _take_matrix,
    "teams": _take_teams,
    "ntfy": _take_ntfy,
    "mattermost": _take_mattermost,
    "rocketchat": _take_rocketchat,
    "zulip": _take_zulip,
}
URLS = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/{secret}",
    "discord": "discord://123456789012345678/{secret}",
    "telegram": "tgram://123456789:{secret}/12315544/",
    "matrix": "matrix://ida:{secret}@127.0.0.1:{port}/!room:127.0.0.1",
    "teams": "workflows://127.0.0.1:{port}/workflow/{secret}",
    "ntfy": "ntfy://ida:{secret}@127.0.0.1:{port}/desk",
    "mattermost": "mmost://127.0.0.1:{port}/{secret}",
    "rocketchat": "rocket://{secret}/{secret}@127.0.0.1:{port}/#desk?mode=webhook",
    "zulip": "zulip://monitor@press/{secret}/desk",
}


class Chatrooms:
    """All services at once, each on a port of its own. `posts`: what users of each saw; `refused`: what was not taken.
    `answer`: set, it is what every service answers (status, body), whatever it is sent. `hold`: an event they wait for
    before they answer, 10 s at most. `until`: posts of one room that are taken, the next is told to come later.
    """

    def __init__(self) -> None:
        self.posts: dict[str, list[Post]] = {name: [] for name in TAKE}
        self.headers: dict[str, dict[str, str]] = {}
        self.refused: list[tuple[str, Refused]] = []
        self.answer: tuple[int, bytes] | None = None
        self.hold: Event | None = None
        self.until: int | None = None
        self.authority = trustme.CA()
        self._servers = {name: self._serve(name) for name in TAKE}
        self._threads = [
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}) for server in self._servers.values()
        ]

    def _serve(self, name: str) -> ThreadingHTTPServer:
        rooms = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                rooms.headers[name] = dict(self.headers.items())
                if rooms.hold:
                    rooms.hold.wait(10)
                status, answer = rooms._take(name, self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_PUT = do_GET = do_POST

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False
        if name == "teams":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.authority.issue_cert("127.0.0.1").configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        return server

    def _take(self, name: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.answer:
            return self.answer
        if self.until is not None and len(self.posts[name]) >= self.until:
            return 503, b"later"
        try:
            answer, posts = TAKE[name](path, body)
        except Refused as refused:
            self.refused.append((name, refused))
            return refused.status, json.dumps(refused.body).encode()
        except Exception as error:
            self.refused.append((name, Refused(500, repr(error))))
            return 500, b"broken"
        for post in posts:
            post.raw = {"body": body, "path": path}
        self.posts[name] += posts
        return 200, answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()

    def port(self, name: str) -> int:
        return int(self._servers[name].server_address[1])

    def url(self, name: str, options: str = "") -> str:
        """The apprise URL of a channel to a service."""
        return URLS[name].format(port=self.port(name), secret=SECRETS[name]) + options

    def clear(self) -> None:
        """Forget what was posted, and answer as usual."""
        for posts in self.posts.values():
            posts.clear()
        self.headers.clear()
        self.refused.clear()
        self.answer = self.hold = self.until = None

    def lead_here(self, patch: pytest.MonkeyPatch, certificate: str) -> None:
        """Let the services whose hosts are fixed be these; `certificate`: where to write what to trust for Teams."""
        patch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{self.port('slack')}/services")
        patch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{self.port('discord')}/api/webhooks")
        patch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{self.port('telegram')}/bot")
        patch.setattr(NotifyZulip, "notify_url", f"http://127.0.0.1:{self.port('zulip')}/api/v1/messages")
        self.authority.cert_pem.write_to_path(certificate)
        patch.setenv("REQUESTS_CA_BUNDLE", certificate)

    def __enter__(self) -> Chatrooms:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers.values():
            server.shutdown()
        for thread in self._threads:
            thread.join()
        for server in self._servers.values():
            server.server_close()
