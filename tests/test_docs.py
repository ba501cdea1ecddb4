"""What the documents show is true: configuration loads, queries parse, commands exist."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from monitor.cli.main import COMMANDS, cli
from monitor.errors import Reason
from monitor.notify.sample import samples
from monitor.notify.templates import Templates
from monitor.query import parse
from monitor.settings.load import load

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FILE_OF = {
    "storage": "monitor",
    "web": "monitor",
    "outlets": "outlets",
    "rules": "rules",
    "entities": "rules",
    "channels": "alerts",
}
OUTLETS = "outlets:\n  any:\n    feeds: [https://any.example/rss]\n"
RULES = "rules:\n  nato: NATO\n"


def blocks(language):
    for path in DOCUMENTS:
        for text in re.findall(rf"^ *```{language}\n(.*?)^ *```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            lines = text.splitlines()
            indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            yield pytest.param("\n".join(line[indent:] for line in lines) + "\n", id=f"{path.name}-{lines[0].strip()}")


@pytest.mark.parametrize("text", list(blocks("yaml")))
def test_every_piece_of_configuration_loads(tmp_path, text):
    name = FILE_OF[text.split(":", 1)[0]]
    for other, content in (("outlets", OUTLETS), ("rules", RULES)):
        (tmp_path / f"{other}.yaml").write_text(content)
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "config" / "entities", tmp_path / "entities")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "web-password").touch()
    (tmp_path / "secrets" / "database").write_text("postgresql://monitor@db.example.org/monitor")
    (tmp_path / "secrets" / "chat-url").write_text("json://localhost/x")
    (tmp_path / "secrets" / "gazette.txt").write_text("www.gazette.example\tFALSE\t/\tTRUE\t0\tsession\tabc\n")
    (tmp_path / "secrets" / "headers").write_text("Authorization: Bearer abc\n")
    if name != "monitor":
        (tmp_path / "monitor.yaml").write_text("allow_commands: true\n")
    (tmp_path / "tell-printer").write_text("#!/bin/sh\n")
    (tmp_path / "tell-printer").chmod(0o700)
    for secret in (tmp_path / "secrets").iterdir():
        secret.chmod(0o600)
    environment = {
        "MONITOR_MAIL": "mailtos://u:p@mail.example.org?to=desk@example.org",
        "MONITOR_SMTP": "smtp://u:p@mail.example.org",
        "GAZETTE_KEY": "Bearer abc",
        "DESK_HOOK": "https://desk.example.org/hooks/monitor",
        "DESK_HOOK_KEY": "0123456789abcdef",
    }
    warnings = load(tmp_path, environment).warnings
    assert name != "outlets" or not warnings


@pytest.mark.parametrize("text", list(blocks("jinja")))
def test_every_template_makes_a_message_of_each_kind(text):
    for message in samples().values():
        made = Templates({"t": dict.fromkeys(("txt", "md", "html"), text)}).apply("t", message)
        assert ("coalition of the willing" in made.text) is bool(json.loads(message.payload)["sections"])
        assert "https://example.org/ministers" in made.text + made.html or not json.loads(message.payload)["sections"]


@pytest.mark.parametrize("text", list(blocks("sh")))
def test_every_command_exists(text):
    for line in text.replace("\\\n", " ").splitlines():
        for part in line.split("#")[0].split("&&"):
            words = shlex.split(part)
            if not words or not words[0].endswith("monitor") or len(words) < 2:
                continue
            words = words[1:]
            if words[0] == "--config":
                words = words[2:]
            assert words[0] in COMMANDS, part
            context = click.Context(cli)
            command = cli.get_command(context, words[0])
            assert command is not None
            if words[0] in {"hits", "articles"}:  # without a verb, its words are a query
                continue
            while isinstance(command, click.Group) and len(words) > 1 and not words[1].startswith("--"):
                words = words[1:]
                assert words[0] in command.commands, part
                command = command.commands[words[0]]
            known = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known, part


def test_every_query_of_the_table_parses():
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    queries = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert len(queries) > 8
    for query in queries:
        assert parse(query).warnings == (), query


def test_links_between_documents_lead_somewhere():
    for path in DOCUMENTS:
        for target, place in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text("utf-8")):
            there = path.parent / target if target else path
            assert there.exists(), f"{path.name}: {target}"
            assert not place or place in anchors(there), f"{path.name}: {target}#{place}"


def anchors(path):
    """Return what headings are called in links, by GitHub's rule."""
    names = re.findall(r"^#+ (.+)", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in names}


@pytest.mark.parametrize(
    ("words", "name"),
    [(Reason, "operations.md"), (("baseline", "feed_rewritten", "links_waiting", "no_route"), "operations.md")],
    ids=["reasons", "events"],
)
def test_every_word_for_the_operator_is_explained(words, name):
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / name).read_text("utf-8"), re.MULTILINE)
    assert set(words) <= {word for row in rows for word in re.findall(r"`(\w+)`", row)}
