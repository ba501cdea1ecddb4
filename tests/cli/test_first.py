"""The first run: from nothing to an alert, by questions and by options; and what goes wrong on the way."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.errors import ConfigError, QueryError
from monitor.model import Outlet, Source
from monitor.settings import begin
from monitor.settings.load import load
from tests.forks import forker
from tests.newsroom import ROOT
from tests.receivers import HttpReceiver
from tests.test_discovery import link, page
from tests.web import Web, article

TEXT = "Ministers of the coalition of the willing met in the port, and left it as they had found it, without a word. "
MOST_STEPS, MOST_SECONDS = 5, 120.0
HARBOUR = Outlet("harbour", "Harbour", "https://h.example", (Source("https://h.example/rss"),), "en")


@pytest.fixture
def web():
    with Web() as web:
        web.pages["/"] = page(link("/feed.xml", title="All"))
        web.feed([("/met", "The coalition of the willing meets"), ("/rain", "Rain in the port")])
        web.pages["/met"] = article("The coalition of the willing meets", TEXT * 3)
        web.pages["/rain"] = article("Rain in the port", "It rained on the quay all day, and on the ferry too. " * 4)
        yield web


@pytest.fixture
def hook():
    with HttpReceiver() as receiver:
        yield receiver


@pytest.fixture
def newcomer(tmp_path):
    return Newcomer(tmp_path)


class Newcomer:
    """Somebody at a shell in an empty folder, whose commands and answers are counted. `real`: by `python -m monitor`, else
    forked out of a process that has loaded it.
    """

    def __init__(self, folder, *, real=False):
        self.folder, self.real, self.steps = folder, real, 0
        self.environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", "NO_COLOR": "1",
            "MONITOR_STORAGE_PATH": str(folder / "data" / "monitor.db"),
        }  # fmt: skip
        self.environment.pop("MONITOR_CONFIG", None)

    def start(self, *words, **also):
        self.steps += 1
        if not self.real:
            return forker().start(words, self.folder, self.environment | also, stdin=subprocess.PIPE)
        return subprocess.Popen(
            [sys.executable, "-m", "monitor", *words], cwd=self.folder, env=self.environment | also, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words, answers=(), code=0, **also):
        self.steps += len(answers)
        process = self.start(*words, **also)
        out, err = process.communicate("".join(f"{answer}\n" for answer in answers), timeout=90)
        assert process.returncode == code, f"{words}: exit code {process.returncode}\n{out}\n{err}"
        return out + err

    def files(self):
        return sorted(path.name for path in self.folder.rglob("*"))


def titles(hook):
    return [json.loads(body)["title"] for _, _, body in hook.posts]


def test_five_steps_and_two_minutes_to_the_first_alert(tmp_path, web, hook):
    """The measure of issue 8: one command, three answers, one command; then an alert of an article is there."""
    newcomer = Newcomer(tmp_path, real=True)
    began = time.monotonic()
    address = f"json://127.0.0.1:{hook.port}/hook"
    said = newcomer.run("init", "--private", answers=(web.url, "coalition of the willing", address))
    assert "1 of 2 hit now" in said
    assert titles(hook) == ["monitor: test message"]
    daemon = newcomer.start("run")
    try:
        while len(hook.posts) < 2 and time.monotonic() - began < MOST_SECONDS:
            time.sleep(0.02)
    finally:
        daemon.send_signal(signal.SIGTERM)
        out, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, out + err
    assert "The coalition of the willing meets" in titles(hook)[1]
    assert newcomer.steps <= MOST_STEPS
    assert time.monotonic() - began < MOST_SECONDS


def test_the_readme_shows_what_is_timed():
    text = (ROOT / "README.md").read_text("utf-8").partition("## The first alert in two minutes\n")[2]
    commands = text.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert commands == ["monitor init", "monitor run"]


def test_options_ask_nothing_and_keep_the_secret(newcomer, web, hook):
    address = f"json://127.0.0.1:{hook.port}/hook-7f3a"
    # Of one name with the first, and with more hits than are told at once.
    web.feed([(f"/{number}", f"NATO summit, day {number}") for number in range(11)], "/flood.xml")
    said = newcomer.run(
        "--config", "mine", "init", "--outlet", f"{web.url}/feed.xml", "--outlet", f"{web.url}/flood.xml", "--private", "--phrase", "coalition of the willing",
        "--phrase", "@nato OR summit", "--no-sample", "--yes", MONITOR_CHANNEL=address,
    )  # fmt: skip
    assert (newcomer.steps, hook.posts) == (1, [])
    folder = newcomer.folder / "mine"
    secret = folder / "secrets" / "json"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert "mode 0600" in said
    holders = [path for path in folder.rglob("*") if path.is_file() and "hook-7f3a" in path.read_text("utf-8")]
    assert holders == [secret]
    assert "hook-7f3a" not in said
    settings = load(folder, newcomer.environment)
    assert settings.warnings == ()
    assert [(rule.id, rule.query) for rule in settings.rules] == [
        ("coalition-of-the-willing", '"coalition of the willing"'),
        ("nato-or-summit", "@nato OR summit"),
    ]
    assert [(outlet.id, outlet.alert_baseline) for outlet in settings.outlets] == [
        ("127-0-0-1", True), ("127-0-0-1-2", False),
    ]  # fmt: skip
    assert "too many to be told of at once" in said
    assert [(route.id, route.channels) for route in settings.routes] == [("everything", ("json",))]
    for name in ("monitor", "outlets", "rules", "alerts"):
        first = (folder / f"{name}.yaml").read_text("utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=schema/{name}.schema.json"


def test_what_is_there_is_never_touched(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: {}\n")
    words = ["--config", str(tmp_path), "init", "--outlet", "http://127.0.0.1:9/", "--phrase", "a b", "--yes"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1
    assert "already holds rules.yaml" in result.output
    assert "--config DIR" in result.output
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rules.yaml", "rules: {}\n")]


def test_a_failure_or_ctrl_c_leaves_nothing(newcomer, web, hook):
    hook.status = 500
    words = ("init", "--outlet", f"{web.url}/feed.xml", "--phrase", "port", "--yes")
    assert "Give --private" in newcomer.run(*words, code=1)
    address = f"json://127.0.0.1:{hook.port}/hook"
    assert "took no sample" in newcomer.run(*words, "--private", "--channel", address, code=1)
    process = newcomer.start("init", "--private", "--phrase", "port")
    assert process.stderr.read(8)  # it asks for a home page
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 1
    assert newcomer.files() == []


def test_with_yes_nothing_is_asked():
    result = CliRunner().invoke(cli, ["init", "--yes", "--phrase", "port"])
    assert result.exit_code == 2
    assert "give --outlet and --phrase" in result.output


def test_a_faulty_answer_is_asked_for_again(newcomer, web):
    answers = (web.url, "n", f"{web.url}/feed.xml", "y", '"port', "port", "tell", "console")
    said = newcomer.run("init", "--no-sample", answers=answers)
    assert "stands in your own network" in said
    assert "no address of a channel" in said
    assert '"port"' in (newcomer.folder / "config" / "rules.yaml").read_text()


@pytest.mark.parametrize("at", range(8))
def test_an_error_while_writing_leaves_nothing(tmp_path, monkeypatch, at):
    """The nth renaming fails as it does on a full or read-only disk."""
    folder = tmp_path / "a" / "config"
    rename, left = begin.Path.rename, [at]

    def failing(path, target):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return rename(path, target)

    monkeypatch.setattr(begin.Path, "rename", failing)
    start = begin.Start((HARBOUR,), {"port": "port"}, begin.ways_of("json://h.example/x")[0])
    if at < 7:
        with pytest.raises(KeyboardInterrupt):
            begin.write(folder, start)
        assert list(tmp_path.iterdir()) == []
    else:
        assert set(begin.write(folder, start)) == {path.name for path in folder.iterdir()}


def test_what_came_to_stand_there_meanwhile_stays(tmp_path):
    (tmp_path / "rules.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"already holds rules\.yaml"):
        begin.write(tmp_path, begin.Start((HARBOUR,)))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rules.yaml", "mine")]


def test_an_empty_folder_stays_where_writing_fails(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("mine")

    def failing(path, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(begin.Path, "rename", failing)
    with pytest.raises(ConfigError, match="Permission denied"):
        begin.write(tmp_path, begin.Start((HARBOUR,)))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ("coalition of the willing", '"coalition of the willing"'),
        (" AT&T  deal ", '"AT&T deal"'),
        ("it's km/h", '"it\'s km/h"'),
        ("Title: a story", '"Title: a story"'),
        ("COVID-19 -sport", "COVID-19 -sport"),
        ("@nato", "@nato"),
        ("a OR b", "a OR b"),
        ("{NATO}", "{NATO}"),
        ("title:port", "title:port"),
        ('"port" ferry', '"port" ferry'),
        ("sanction*", "sanction*"),
    ],
)
def test_a_phrase_is_looked_for_as_it_stands_and_a_query_as_what_it_says(said, query):
    assert begin.query_of(said) == query


def test_phrases_become_rules_with_ids_of_their_own(tmp_path):
    made = begin.rules_of(
        ["outlet mall", "порт", "порт", "the most beautiful harbour in the whole wide world", "…port"]
    )
    assert list(made) == ["outlet-mall", "rule", "the-most-beautiful-harbour-in", "port"]
    with begin.tried(begin.Start((HARBOUR,), made | {"odd": "it's"}), {"MONITOR_STORAGE_PATH": "/x"}) as settings:
        assert {rule.id: rule.query for rule in settings.rules} == made | {"odd": "it's"}
    with pytest.raises(QueryError):
        begin.rules_of(["!!!"])


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        ("Console", [("console", "console")]),
        ("ntfys://ntfy.sh/x", [("ntfys", "apprise")]),
        ("mailtos://u:p@h.example", [("mail", "apprise")]),
        ("https://h.example/x", [("chat", "apprise"), ("webhook", "webhook")]),
    ],
)
def test_a_channel_is_known_by_its_address(address, ways):
    assert [(way.id, way.kind) for way in begin.ways_of(address)] == ways
    assert "p@h" not in repr(begin.ways_of(address))


def test_a_mail_server_needs_more_than_an_address():
    with pytest.raises(ConfigError, match="mailtos") as told:
        begin.ways_of("smtp://user:hunter2@h.example")
    assert "hunter2" not in str(told.value)
