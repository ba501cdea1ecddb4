"""Channels of alerts.yaml: what each kind takes, where its secrets stand, and that no error shows one."""

from __future__ import annotations

from textwrap import dedent

import pytest

from monitor.errors import ConfigErrors
from monitor.model import Channel
from monitor.settings.describe import rows
from monitor.settings.load import load

KEY = "t0ken-0123456789-abcdef"
ALLOWED = "allow_commands: true\n"


@pytest.fixture
def conf(tmp_path):
    """Write alerts.yaml and monitor.yaml, and load them."""

    def write(channels, *, environ=None, monitor="", **more):
        lines = "channels:\n" + "".join(f"  {line}\n" for line in dedent(channels).strip().splitlines())
        (tmp_path / "alerts.yaml").write_text(lines, encoding="utf-8")
        (tmp_path / "monitor.yaml").write_text(monitor, encoding="utf-8")
        return load(tmp_path, environ or {}, **more)

    return write


@pytest.fixture
def faults(conf):
    """Return what is wrong as (line, message with hint)."""

    def write(channels, **more):
        with pytest.raises(ConfigErrors) as caught:
            conf(channels, **more)
        assert {error.file.name for error in caught.value.errors} == {"alerts.yaml"}
        assert "t0ken" not in str(caught.value)
        return [(error.line, f"{error.message} {error.hint}") for error in caught.value.errors]

    return write


def program(folder, name="tell"):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o700)
    return path


def test_a_webhook_has_an_address_a_key_and_headers(conf, tmp_path):
    (tmp_path / "headers").write_text("\nAuthorization: Bearer t0ken\n  X-Two : 2 \n\n")
    settings = conf(
        "hook: {kind: webhook, url_env: HOOK, secret_env: HOOK_KEY, headers_file: headers}",
        environ={"HOOK": " https://desk.example:8443/t0ken \n", "HOOK_KEY": f"{KEY}\n"},
    )
    (hook,) = settings.channels
    assert hook == Channel(
        "hook",
        "webhook",
        "https://desk.example:8443/t0ken",
        {"secret": KEY, "headers": ("Authorization: Bearer t0ken", "X-Two : 2")},
    )
    assert settings.warnings[:1] == () or "no route" in settings.warnings[0]
    assert settings.origins["channels.hook.url"] == "environment HOOK"
    assert "t0ken" not in repr(settings)
    assert "t0ken" not in repr(list(rows(settings)))


def test_key_and_headers_the_other_way_round(conf, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    (hook,) = conf(
        "hook: {kind: webhook, url: 'http://127.0.0.1:8080/', secret_file: key, headers_env: HEADERS}",
        environ={"HEADERS": "A: 1\nB: 2"},
    ).channels
    assert hook.options == {"secret": KEY, "headers": ("A: 1", "B: 2")}


def test_every_kind_can_be_delivered_at_most_once(conf, tmp_path):
    channels = conf(
        f"""
        a: {{kind: console, delivery: at_most_once}}
        b: {{url: "json://localhost/", delivery: at_most_once}}
        c: {{kind: webhook, url: "http://localhost/", delivery: at_most_once}}
        d: {{kind: command, command: [{program(tmp_path)}], delivery: at_most_once}}
        e: {{url: "json://localhost/", delivery: at_least_once, kind: apprise}}
        f: {{url: "json://localhost/"}}
        """,
        monitor=ALLOWED,
    ).channels
    assert [channel.once for channel in channels] == [True] * 4 + [False] * 2
    assert [channel.kind for channel in channels] == ["console", "apprise", "webhook", "command", "apprise", "apprise"]


def test_a_command_is_its_words_and_a_relative_path_starts_at_the_folder(conf, tmp_path):
    program(tmp_path)
    (own,) = conf("own: {kind: command, command: [./tell, --to, 'a b', '$HOME']}", monitor=ALLOWED).channels
    assert own == Channel("own", "command", options={"command": (str(tmp_path / "tell"), "--to", "a b", "$HOME")})


@pytest.mark.parametrize("monitor", ["", "allow_commands: false\n", "allow_commands:\n"])
@pytest.mark.parametrize("addresses", [True, False])
def test_commands_are_off_until_they_are_allowed(faults, tmp_path, monitor, addresses):
    channels = f"""
        here: {{kind: console}}
        own: {{kind: command, command: [{program(tmp_path)}]}}
    """
    [(line, text)] = faults(channels, monitor=monitor, addresses=addresses)
    assert line == 3
    assert "commands are not allowed" in text
    assert "monitor.yaml says allow_commands: true" in text


def test_what_sends_nothing_needs_neither_secrets_nor_programs(conf):
    channels = """
        hook: {kind: webhook, url_env: HOOK, secret_env: KEY, headers_file: none}
        own: {kind: command, command: [/nowhere/tell]}
    """
    assert conf(channels, monitor=ALLOWED, addresses=False).channels == (
        Channel("hook", "webhook"),
        Channel("own", "command"),
    )


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("{kind: webhook}", "exactly one of"),
        ("{kind: webhook, url_env: HOOK, url_file: x}", "exactly one of"),
        ("{kind: webhook, url_env: HOOK, secret_env: KEY, secret_file: x}", "one way to each"),
        ("{kind: webhook, url_env: HOOK, headers_env: KEY, headers_file: x}", "one way to each"),
        ("{url_env: HOOK, secret_env: KEY}", "only where it says `kind: webhook`"),
        ("{kind: console, headers_file: x}", "only where it says `kind: webhook`"),
        ("{kind: command}", "`command` where it says `kind: command`"),
        ("{kind: command, command: []}", "`command` where it says `kind: command`"),
        ("{kind: mail, url_env: MAIL}", "`from` and `to` where it says `kind: mail`"),
        ("{kind: mail, url_env: HOOK, from: a@b.example, to: [a@b.example]}", "what it gives is no address It looks"),
        ("{kind: mail, url_env: MAIL, from: nobody, to: [a@b.example]}", "a mail address such as"),
        (
            "{kind: mail, url_env: MAIL, from: a@b.example, to: [a@b.example], unsubscribe: ftp://x}",
            "mailto: or https:",
        ),
        ("{url_env: MAIL, to: [a@b.example]}", "only where it says `kind: mail`"),
        ("{kind: console, command: [x]}", "`command` where it says `kind: command`"),
        ("{kind: command, command: [x], url_env: HOOK}", "exactly one of"),
        ("{kind: command, command: [/nowhere/tell]}", "/nowhere/tell is no file that may be executed"),
        ("{kind: command, command: /bin/true t0ken}", "found text, expected a list"),
        ("{kind: webhook, url_env: HOOK, secret: t0ken}", "unknown key 'secret'"),
        ("{kind: webhook, url_env: HOOK, secret_env: t0ken}", "the name of an environment variable"),
        ("{kind: webhook, url_env: HOOK, secret_env: NONE}", "NONE is not set Set NONE to the key"),
        ("{kind: webhook, url_env: HOOK, secret_file: none}", "none: No such file"),
        ("{kind: webhook, url_env: HOOK, secret_file: empty}", "empty is empty"),
        ("{kind: webhook, url_env: KEY}", "what it gives is no address It is the http"),
        ("{kind: webhook, url: slack://t0ken}", "what it gives is no address"),
        ("{kind: webhook, url_env: HOOK, headers_env: KEY}", "line 1 of what it gives is no header"),
        ("{kind: webhook, url_env: HOOK, headers_env: HOST}", "line 2 of what it gives is no header"),
        ("{kind: webhook, url_env: HOOK, headers_env: OURS}", "line 1 of what it gives is no header"),
        ("{kind: webhook, url_env: HOOK, delivery: never}", "found 'never', expected 'at_least_once' or"),
    ],
)
def test_what_does_not_fit_is_told_in_its_line_without_a_secret(faults, tmp_path, channel, says):
    (tmp_path / "empty").write_text("\n")
    environ = {
        "HOOK": "https://desk.example/t0ken",
        "KEY": KEY,
        "HOST": "X-A: t0ken\nHost: t0ken",
        "MAIL": "smtp://u:t0ken@mail.example",
        "OURS": "idempotency-key: t0ken",
    }
    found = faults(f"c: {channel}", environ=environ, monitor=ALLOWED)
    assert [line for line, _ in found] == [2]
    assert says in found[0][1]


def test_a_key_that_can_be_guessed_is_warned_of(conf):
    warnings = conf("c: {kind: webhook, url_env: H, secret_env: K}", environ={"H": "http://h/", "K": "t0ken"}).warnings
    assert any("alerts.yaml:2: channel 'c': a key of 16 characters" in warning for warning in warnings)
    assert "t0ken" not in str(warnings)
