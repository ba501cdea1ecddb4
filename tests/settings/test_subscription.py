"""Headers and cookies of a subscription: from the environment and a file, and never into a text."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.errors import ConfigErrors
from monitor.model import Cookie
from monitor.settings.describe import rows
from monitor.settings.load import load

SECRET = "canary-4711"
COOKIES = f"""\
# Netscape HTTP Cookie File

.gazette.example\tTRUE\t/\tTRUE\t4102444800\tsession\t{SECRET}
#HttpOnly_www.gazette.example\tFALSE\t/news\tFALSE\t0\tplain\ta=b
other.example\tFALSE\t/\tFALSE\t0\tforeign\t1
"""


@pytest.fixture
def conf(tmp_path):
    """Load one outlet with these further keys: conf("cookies_file: c.txt", cookies=…, environ=…)."""

    def write(keys, *, cookies=COOKIES, environ=None, url="https://www.gazette.example/rss", mode=0o600, **options):
        keys = dedent(keys).replace("\n", "\n    ").rstrip()
        (tmp_path / "outlets.yaml").write_text(f"outlets:\n  gazette:\n    feeds: ['{url}']\n    {keys}\n")
        (tmp_path / "cookies.txt").write_text(cookies, encoding="utf-8")
        (tmp_path / "cookies.txt").chmod(mode)
        return load(tmp_path, environ or {}, **options)

    return write


def faults(conf, *args, **options):
    with pytest.raises(ConfigErrors) as caught:
        conf(*args, **options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_headers_come_from_the_environment(conf):
    settings = conf("headers_env: {Authorization: GAZETTE}", environ={"GAZETTE": f"Bearer {SECRET}\n"})
    assert settings.outlets[0].headers == (("Authorization", f"Bearer {SECRET}"),)
    assert SECRET not in repr(settings)


def test_cookies_come_from_their_file_those_for_its_hosts(conf):
    settings = conf("cookies_file: cookies.txt")
    assert settings.outlets[0].cookies == (
        Cookie("session", SECRET, "gazette.example", True, "/", True, 4102444800.0),
        Cookie("plain", "a=b", "www.gazette.example", False, "/news", False, None),
    )
    assert settings.warnings == ()
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("value", ["", " \n"])
def test_a_variable_that_is_not_set_is_an_error_with_its_place(conf, value):
    text = faults(conf, "headers_env:\n  Authorization: GAZETTE", environ={"GAZETTE": value})
    assert "outlets.yaml:5:22: outlet 'gazette': the environment variable GAZETTE is not set" in text
    assert "Set GAZETTE" in text


@pytest.mark.parametrize("value", [f"{SECRET}\r\nX-Evil: 1", f"{SECRET}é", f"{SECRET}\x00", SECRET * 1_000])
def test_a_value_that_cannot_stand_in_a_header_is_an_error_that_does_not_show_it(conf, value):
    text = faults(conf, "headers_env: {Authorization: GAZETTE}", environ={"GAZETTE": value})
    assert "what GAZETTE holds cannot stand in a header" in text


@pytest.mark.parametrize(
    "keys",
    [
        f"headers_env: {{Authorization: {SECRET}}}",
        f"headers_env:\n  Authorization: {SECRET}",
        f"headers_env:\n  X-Key: GAZETTE\n  Authorization: Bearer {SECRET}",
        f'headers_env:\n  Authorization: "{SECRET}',
        f"headers_env: {{Authorization: [{SECRET}]}}",
        f"headers_env: {SECRET}",
        f"headers_env: [{SECRET}]",
        f"headers_env: {{'Bearer {SECRET}': A}}",
    ],
)
def test_a_secret_written_in_the_wrong_place_is_not_shown(conf, keys):
    assert "outlets.yaml:" in faults(conf, keys, environ={"GAZETTE": "x"})


@pytest.mark.parametrize(
    "name", ["Cookie", "host", "User-Agent", "Accept-Encoding", "'A B'", "'a:b'", "Transfer-Encoding"]
)
def test_headers_that_a_subscription_may_not_set(conf, name):
    text = faults(conf, f"headers_env:\n  {name}: GAZETTE", environ={"GAZETTE": "x"})
    assert "outlets.yaml:5:7: outlets.gazette.headers_env: expected the name of a header" in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"a.example TRUE / TRUE 0 a {SECRET}", "found 1 fields, expected domain"),
        (f"a.example\tTRUE\t/\tTRUE\t0\ta\t{SECRET}\tx", "found 8 fields"),
        (f"a b\tTRUE\t/\tTRUE\t0\ta\t{SECRET}", "no domain"),
        (f"a.example\tyes\t/\tTRUE\t0\ta\t{SECRET}", "not TRUE or FALSE"),
        (f"a.example\tTRUE\tnews\tTRUE\t0\ta\t{SECRET}", "no path"),
        (f"a.example\tTRUE\t/\tTRUE\tnever\ta\t{SECRET}", "no time"),
        (f"a.example\tTRUE\t/\tTRUE\t0\ta b\t{SECRET}", "cannot stand in a header"),
        (f"a.example\tTRUE\t/\tTRUE\t0\ta\t{SECRET};b", "cannot stand in a header"),
        (f"a.example\tTRUE\t/\tTRUE\t0\ta\t{SECRET}é", "cannot stand in a header"),
    ],
)
def test_a_line_that_is_no_cookie_is_named_and_not_shown(conf, line, said):
    text = faults(conf, "cookies_file: cookies.txt", cookies=f"{COOKIES}{line}\n")
    assert "cookies.txt:6: this is no cookie: " in text
    assert said in text


def test_what_editors_and_exporters_do_to_the_file_is_taken(conf):
    cookies = "\ufeffwww.gazette.example\tfalse\t/\tfalse\t4102444800.25\tempty\r\n\r\n#\r\n"
    (cookie,) = conf("cookies_file: cookies.txt", cookies=cookies).outlets[0].cookies
    assert (cookie.name, cookie.value, cookie.expires) == ("empty", "", 4102444800.25)


def test_a_file_that_cannot_be_read_is_an_error_with_its_place(conf, tmp_path):
    assert "outlets.yaml:4:19: outlet 'gazette': cannot read" in faults(conf, "cookies_file: nowhere.txt")
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    assert "not UTF-8" in faults(conf, "cookies_file: latin.txt")


def test_odd_things_are_warned_of(conf):
    settings = conf(
        "cookies_file: cookies.txt", cookies="b.example\tTRUE\t/\tTRUE\t0\ta\tb\n", mode=0o644,
        url="http://www.gazette.example/rss",
    )  # fmt: skip
    readable, none, clear = settings.warnings
    assert "cookies.txt is readable by others" in readable
    assert "has no cookie for www.gazette.example" in none
    assert "sent in the clear to http://www.gazette.example/rss" in clear


def test_what_sends_nothing_needs_no_secret(conf):
    keys = "headers_env: {Authorization: GAZETTE}\ncookies_file: nowhere.txt"
    (outlet,) = conf(keys, addresses=False).outlets
    assert (outlet.headers, outlet.cookies) == ((("Authorization", ""),), ())
    # Where they can be had, `outlets check` asks with them.
    keys = keys.replace("nowhere", "cookies")
    (outlet,) = conf(keys, addresses=False, environ={"GAZETTE": "x"}).outlets
    assert outlet.headers == (("Authorization", "x"),)
    assert len(outlet.cookies) == 2


def test_config_show_tells_that_there_are_secrets_and_not_which(conf, tmp_path, monkeypatch):
    keys = "headers_env: {Authorization: GAZETTE}\ncookies_file: cookies.txt"
    settings = conf(keys, environ={"GAZETTE": SECRET})
    (row,) = [row for row in rows(settings) if row.key == "outlets.gazette"]
    assert row.value["headers"] == ["Authorization: (secret)"]
    assert row.value["cookies"] == "2 (secret)"
    monkeypatch.setenv("GAZETTE", SECRET)
    for words in (["show"], ["show", "--json"], ["check"]):
        result = CliRunner().invoke(cli, ["--config", str(tmp_path), "config", *words])
        assert result.exit_code == 0
        assert SECRET not in result.output
    shown = CliRunner().invoke(cli, ["--config", str(tmp_path), "config", "show", "--json"]).stdout
    assert "Authorization: (secret)" in json.dumps([json.loads(line) for line in shown.splitlines()])
