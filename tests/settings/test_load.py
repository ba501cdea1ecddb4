"""Four files and the environment become Settings, or every error at once with its place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from monitor.errors import ConfigErrors
from monitor.model import Channel, Name, Selectors, Source
from monitor.settings.load import load


@pytest.fixture
def conf(tmp_path):
    """Write files by name and load them: conf(rules="…", environ={…})."""

    def write(*, environ=None, **files):
        for name in ("monitor", "outlets", "rules", "alerts"):
            (tmp_path / f"{name}.yaml").write_text(dedent(files.get(name, "")), encoding="utf-8")
        return load(tmp_path, environ or {})

    return write


@pytest.fixture
def faults(conf):
    """Return what is wrong as (file, line, column, message and hint)."""

    def write(**files):
        with pytest.raises(ConfigErrors) as caught:
            conf(**files)
        return [(e.file and e.file.name, e.line, e.column, f"{e.message} {e.hint}") for e in caught.value.errors]

    return write


def says(found, *, line, column, text, file):
    """Assert that one of the errors stands there and says that."""
    at = [message for *place, message in found if place == [file, line, column]]
    assert at, found
    assert any(text in message for message in at), at


# ---- what is said is what is in force


def test_every_key_arrives(conf):
    settings = conf(
        monitor="""
            storage: {path: m.db}
            timezone: Europe/Kyiv
            politeness: {contact: desk@example.org, gap: 5s}
            limits: {readers: 3, fetch_deadline: 1m, page_size: 1000000, baseline_pages: 0}
        """,
        outlets="""
            outlets:
              nrk:
                name: NRK
                homepage: https://nrk.example/
                language: no
                feeds: [https://nrk.example/a, https://nrk.example/b]
                every: 1h
                private: true
                baseline: alert
                ignore_robots: contract of 2026
                tags: [north]
                selectors: {body: .story-text, title: h1.headline, date: "time[pubdate]", drop: ".promo, aside:has(a)"}
        """,
        rules="""
            rules:
              short: nato summit
              long: {query: '@nato', name: The alliance, tags: [desk], severity: high, languages: [en-GB, uk]}
            entities:
              nato:
                label: NATO
                names:
                  - OTAN
                  - {text: Nato, case: exact, languages: [it], not_at_sentence_start: true}
        """,
        alerts="""
            channels: {here: {kind: console}, mail: {url_env: MAIL_URL}}
            routes:
              all: {channels: [here]}
              some: {channels: [here, mail], rules: [long], tags: [desk], severities: [high], outlets: [nrk],
                     languages: [en], wait: 10m}
        """,
        environ={"MAIL_URL": " mailtos://u:p@example.org\n"},
    )
    assert (settings.timezone, settings.contact, settings.gap) == ("Europe/Kyiv", "desk@example.org", 5.0)
    assert (settings.readers, settings.fetch_deadline, settings.page_size) == (3, 60.0, 1_000_000)
    assert settings.baseline_pages == 0
    (nrk,) = settings.outlets
    assert nrk.sources == (Source("https://nrk.example/a"), Source("https://nrk.example/b"))
    assert (nrk.language, nrk.every, nrk.private, nrk.alert_baseline) == ("no", 3600.0, True, True)
    assert (nrk.ignore_robots, nrk.tags) == ("contract of 2026", ("north",))
    assert nrk.selectors == Selectors(".story-text", "h1.headline", "time[pubdate]", ".promo, aside:has(a)")
    short, long = settings.rules
    assert (short.query, short.name, short.severity) == ("nato summit", "short", "normal")
    assert (long.name, long.tags, long.severity, long.languages) == ("The alliance", ("desk",), "high", ("en", "uk"))
    names = (Name("OTAN"), Name("Nato", exact=True, languages=("it",), not_at_sentence_start=True))
    assert settings.entities[0].names == names
    assert settings.channels == (Channel("here", "console"), Channel("mail", "apprise", "mailtos://u:p@example.org"))
    everything, some = settings.routes
    assert everything.rules == everything.tags == ()
    assert (some.rules, some.outlets, some.languages, some.wait) == (("long",), ("nrk",), ("en",), 600.0)
    assert settings.warnings == ()


def test_nothing_said_is_the_defaults(conf):
    settings = conf(outlets="outlets:\n", rules="rules:\nentities:\n", monitor="politeness:\n  gap:\n")
    assert (settings.outlets, settings.rules, settings.channels, settings.routes) == ((), (), (), ())
    assert (settings.timezone, settings.gap, settings.fetch_deadline, settings.page_size) == ("UTC", 2, 30, 5_000_000)
    assert settings.readers >= 1


def test_a_rules_version_changes_with_what_it_finds_and_with_nothing_else(conf):
    def version(rule):
        return conf(rules=f"rules: {{a: {rule}}}").rules[0].version

    plain = version("{query: nato}")
    assert len(plain) == 12
    assert version("nato") == plain
    assert version("{query: nato, name: N, tags: [x], severity: high}") == plain
    assert len({plain, version("{query: nat}"), version("{query: nato, languages: [en]}")}) == 3


def test_the_environment_wins_and_says_so(conf):
    environ = {"MONITOR_TIMEZONE": "Asia/Tokyo", "MONITOR_CONTACT": "https://example.org/bot"}
    settings = conf(monitor="timezone: UTC\npoliteness: {gap: 5s}\n", environ=environ)
    assert (settings.timezone, settings.contact) == ("Asia/Tokyo", "https://example.org/bot")
    assert settings.origins["timezone"] == "environment MONITOR_TIMEZONE"
    assert settings.origins["politeness.gap"].endswith("monitor.yaml:2")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONITOR_TIMEZONE", "Europe/Berlln"),
        ("MONITOR_TIMEZONE", "../../etc/passwd"),
        ("MONITOR_TIMEZONE", "Europe"),
        ("MONITOR_CONTACT", "nobody"),
        ("MONITOR_CONTACT", "a@example.org\r\nX: y"),
    ],
)
def test_a_wrong_variable_is_named(conf, name, value):
    with pytest.raises(ConfigErrors, match=name):
        conf(environ={name: value})


# ---- what is wrong is said with its place


def test_all_errors_of_all_files_come_at_once(faults):
    found = faults(
        monitor="timezone: Europe/Berlln\nlimits: {reader: 2}\n",
        outlets="outlets:\n  bbc:\n    feeds: [https://a.example/rss]\n    evry: 5m\n",
        rules="rules: [\n",
        alerts="routes:\n  r: {channels: [mail], severities: [urgent], rules: [x]}\n",
    )
    says(found, file="monitor.yaml", line=1, column=11, text="Did you mean Europe/Berlin?")
    says(found, file="monitor.yaml", line=2, column=10, text="unknown key 'reader' Did you mean readers?")
    says(found, file="outlets.yaml", line=4, column=5, text="unknown key 'evry' Did you mean every?")
    says(found, file="rules.yaml", line=2, column=1, text="not YAML")
    says(found, file="alerts.yaml", line=2, column=18, text="no channel 'mail' There are no channels")
    says(found, file="alerts.yaml", line=2, column=38, text="expected 'low', 'normal' or 'high'")
    # Whether rule x exists cannot be known while rules.yaml is broken.
    assert len(found) == 6


@pytest.mark.parametrize(
    ("outlets", "line", "column", "text"),
    [
        ("BBC World: {feeds: [http://a.example]}", 2, 3, "found the id 'BBC World'"),
        ("a: {feeds: [ftp://a.example]}", 2, 15, "begins with http:// or https://"),
        ("a: {feeds: []}", 2, 6, "expected at least one of `feeds`, `sitemaps` and `listings`"),
        ("a: {name: A}", 2, 6, "expected at least one of `feeds`, `sitemaps` and `listings`"),
        ("a: {listings: [{url: https://a.example, links: 'div['}]}", 2, 50, "expected a CSS selector"),
        ("a:", 2, 5, "found nothing, expected keys"),
        ("a: {feeds: http://a.example}", 2, 14, "expected a list"),
        ("a: {name: 2024, feeds: [http://a.example]}", 2, 13, "Put it in quotes"),
        ("a: {language: norwegian, feeds: [http://a.example]}", 2, 17, "language code"),
        ("a: {every: 15, feeds: [http://a.example]}", 2, 14, "found the number 15, expected a duration"),
        ("a: {every: 15 min, feeds: [http://a.example]}", 2, 14, "expected a duration"),
        ("a: {every: 9999d, feeds: [http://a.example]}", 2, 14, "at most 365d"),
        ("a: {private: yes, feeds: [http://a.example]}", 2, 16, "found 'yes', expected true or false"),
    ],
)
def test_a_wrong_outlet_is_shown_what_is_right(faults, outlets, line, column, text):
    says(faults(outlets=f"outlets:\n  {outlets}\n"), file="outlets.yaml", line=line, column=column, text=text)


@pytest.mark.parametrize(
    ("selectors", "column", "text"),
    [
        ("body: 'div['", 24, "outlets.a.selectors.body: found 'div[', expected a CSS selector; its [ is not closed"),
        ("body: 'p:not(.x'", 24, "its ( is not closed"),
        ("body: 'p)'", 24, "has a ) without its partner"),
        ("date: 'time[a=\"x]'", 24, 'has a " without its partner'),
        ("drop: '.promo,'", 24, "a CSS selector of elements, such as .story-text"),
        ("drop: '.promo::before'", 24, "a CSS selector of elements"),
        ("title: //h1", 25, "a CSS selector of elements"),
        ("title: ''", 25, "a CSS selector of elements"),
        ("title:", 25, "found nothing, expected text Text that begins with # goes in quotes"),
        ("body: [itemprop]", 24, "found a list, expected text Text that begins with [ goes in quotes"),
        ("bodies: p", 18, "unknown key 'bodies' Did you mean body?"),
    ],
)
def test_a_selector_nothing_can_use_stands_in_its_line(faults, selectors, column, text):
    found = faults(outlets=f"outlets:\n  a:\n    feeds: [http://a.example]\n    selectors: {{ {selectors} }}\n")
    says(found, file="outlets.yaml", line=4, column=column, text=text)


def test_a_selector_taken_for_a_comment_is_not_left_out_in_silence(faults):
    found = faults(outlets="outlets:\n  a:\n    feeds: [http://a.example]\n    selectors:\n      body: #story\n")
    says(found, file="outlets.yaml", line=5, column=12, text="Text that begins with # goes in quotes")


def test_braces_without_quotes_are_explained(faults):
    found = faults(rules="rules:\n  a: {NATO}\n")
    says(found, file="rules.yaml", line=2, column=7, text="If {NATO} is meant as text, put it in quotes")


def test_a_query_error_stands_where_the_query_does(faults):
    found = faults(
        rules="""\
            rules:
              block: |
                nato
                summit AND (talks
              quoted: 'it''s (x'
              entity: "nato @natoo"
            entities:
              nato: {names: [NATO]}
        """
    )
    lines = {line: (column, message) for _, line, column, message in found}
    assert set(lines) == {4, 5, 6}
    assert "rule 'block'" in lines[4][1]
    assert "rule 'quoted'" in lines[5][1]
    assert lines[6] == (17, "rule 'entity': there is no entity 'natoo' Did you mean nato?")


def test_a_broken_entry_does_not_make_its_users_wrong(faults):
    found = faults(
        rules="rules: {a: nato, b: {query: nato, colour: red}}\n",
        alerts="channels: {c: {kind: mail}}\nroutes: {r: {channels: [c], rules: [b, zz]}}\n",
    )
    assert [message.split(" Did")[0] for *_, message in found if "there is no" in message] == [
        "route 'r': there is no rule 'zz' Known rules: a, b"
    ]


def test_odd_things_are_warned_of(conf):
    warnings = conf(
        outlets="""\
            outlets:
              a: {feeds: [https://a.example/rss?utm_source=x]}
              b: {feeds: [https://a.example/rss]}
        """,
        alerts="""\
            channels:
              hook: {url: json://localhost/x}
            routes:
              r: {channels: [hook], tags: [desk]}
        """,
    ).warnings
    assert len(warnings) == 3
    assert "outlets.yaml:3: the feed https://a.example/rss is also in outlet 'a', line 2" in warnings[0]
    assert "no rule has the tag 'desk'" in warnings[1]
    assert "secrets belong in url_env or url_file" in warnings[2]
    assert "json://" not in warnings[2]


# ---- secrets


def test_an_address_comes_from_its_file(conf, tmp_path):
    (tmp_path / "chat").write_text("slack://token\n")
    settings = conf(alerts="channels: {chat: {url_file: chat}}\nroutes: {r: {channels: [chat]}}\n")
    assert settings.channels == (Channel("chat", "apprise", "slack://token"),)
    assert settings.origins["channels.chat.url"] == f"file {tmp_path / 'chat'}"


def test_a_variable_that_is_not_set_is_named_with_what_to_do(faults):
    found = faults(alerts="channels:\n  mail: {url_env: MAIL_URL}\n")
    text = "the environment variable MAIL_URL is not set Set MAIL_URL"
    says(found, file="alerts.yaml", line=2, column=19, text=text)


@pytest.mark.parametrize(
    "channel",
    [
        "slack://token",
        "{url: token}",
        "{url: slack://token, kind: console}",
        "{url_env: slack://token}",
        "{url_env: token}",
        "{url_env: TOKEN}",
        "{url: [slack://token]}",
        "{url_file: path, url: slack://token}",
        "{uri: slack://token}",
        '{url: "slack://token}',
    ],
)
def test_no_error_shows_an_address(conf, channel):
    with pytest.raises(ConfigErrors) as caught:
        conf(alerts=f"channels:\n  c: {channel}\n", environ={"TOKEN": "token"})
    assert "token" not in str(caught.value)
    assert "alerts.yaml" in str(caught.value)


def test_what_sends_nothing_needs_no_address(tmp_path):
    (tmp_path / "alerts.yaml").write_text("channels: {here: {kind: console}, mail: {url_env: MAIL_URL}}\n")
    settings = load(tmp_path, {}, addresses=False)
    assert settings.channels == (Channel("here", "console"), Channel("mail"))
    with pytest.raises(ConfigErrors, match="MAIL_URL is not set"):
        load(tmp_path, {})


def test_settings_can_be_logged_without_their_secrets(conf):
    settings = conf(
        alerts="channels: {c: {url_env: C}}\nroutes: {r: {channels: [c]}}\n", environ={"C": "slack://token"}
    )
    assert "token" not in repr(settings)


@pytest.mark.parametrize("key", ["every: 0s", "every: -1m"])
def test_an_interval_is_above_zero(tmp_path, key):
    (tmp_path / "outlets.yaml").write_text(f"outlets:\n  a:\n    feeds: [https://a.example/]\n    {key}\n")
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, {})
    assert "duration" in str(caught.value)
