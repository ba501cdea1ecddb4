"""A configuration read by another process is what it is when read in this one."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from monitor.errors import ConfigError, ConfigErrors
from monitor.settings import apart, paths
from monitor.settings.apart import Reading
from monitor.settings.load import load

SECRET = "canary-4711"
FILES = {
    "monitor.yaml": "timezone: Europe/Oslo\nservice: {listen: '127.0.0.1:8080'}\nstorage: {keep: {articles: 90d}}\n"
    "web: {listen: '127.0.0.1:9465', password_file: cookies.txt, names: [news.example.org], proxy: true}\n",
    "outlets.yaml": """outlets:
  plain: {feeds: ['https://plain.example/rss']}
  twice: {feeds: ['https://plain.example/rss']}
  gazette:
    name: The Gazette
    homepage: https://gazette.example/
    language: 'no'
    every: 5m
    tags: [north, daily]
    sitemaps: ['https://gazette.example/news.xml']
    listings: [{url: 'https://gazette.example/', links: h2 a}]
    selectors: {body: .story, drop: .promo}
    headers_env: {Authorization: GAZETTE}
    cookies_file: cookies.txt
    keep: {hits: forever}
    keep_text: sentences
""",
    "rules.yaml": """rules:
  named: {query: '@somebody AND budget', tags: [north], severity: high, languages: [en, 'no']}
  other: {query: flood*, mode: shadow, until: 2030-12-31, budget: 5/day, spike: 3x}
entities:
  somebody: {names: [{text: Kari Nordmann, case: exact}], unless_near: [street]}
""",
    "alerts.yaml": """channels:
  console: {kind: console}
  hook: {kind: webhook, url_env: HOOK}
routes:
  desk:
    channels: [console, hook]
    tags: [north]
    wait: 10m
    quiet_hours: {from: '22:00', to: '06:00'}
    digest: ['07:30']
""",
    "cookies.txt": f".gazette.example\tTRUE\t/\tTRUE\t4102444800\tsession\t{SECRET}\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GAZETTE", f"Bearer {SECRET}")
    monkeypatch.setenv("HOOK", f"https://hooks.example/{SECRET}")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_every_value_arrives_as_it_was_read(folder):
    here = load(folder, os.environ)
    assert here.warnings
    assert here.outlets[2].cookies[0].value == SECRET
    assert Reading(folder).settings() == replace(here, origins={})


def test_what_ships_arrives_as_it_was_read(monkeypatch, tmp_path):
    monkeypatch.setenv("MONITOR_STORAGE_PATH", str(tmp_path / "monitor.db"))
    assert Reading(paths.shipped()).settings() == replace(load(paths.shipped(), os.environ), origins={})


def test_more_than_a_part_arrives_in_order(folder):
    rows = "".join(f"  o{n}: {{feeds: ['https://{n}.example/']}}\n" for n in range(2 * apart._PART + 1))
    (folder / "outlets.yaml").write_text(f"outlets:\n{rows}")
    assert Reading(folder).settings().outlets == load(folder, os.environ).outlets


def test_what_stayed_is_the_same_object(folder):
    before = Reading(folder).settings()
    (folder / "rules.yaml").write_text(FILES["rules.yaml"].replace("flood*", "flood* OR storm"))
    after = Reading(folder).settings(before)
    assert all(one is had for one, had in zip(after.outlets, before.outlets, strict=True))
    assert after.rules[0] is before.rules[0]
    assert after.rules == load(folder, os.environ).rules != before.rules


@pytest.mark.parametrize("row", ["  x: {feeds: [7], colour: red}\n  y: {every: soon}\n", "  x: [\n"])
def test_faults_are_told_as_they_are_here(folder, row):
    (folder / "outlets.yaml").write_text("outlets:\n" + row)
    with pytest.raises(ConfigErrors) as here:
        load(folder, os.environ)
    with pytest.raises(ConfigErrors) as there:
        Reading(folder).settings()
    assert str(there.value) == str(here.value)
    assert [vars(one) for one in there.value.errors] == [vars(one) for one in here.value.errors]


def test_a_folder_without_a_configuration(tmp_path):
    with pytest.raises(ConfigError) as here:
        load(tmp_path / "none", os.environ)
    with pytest.raises(ConfigError) as there:
        Reading(tmp_path / "none").settings()
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize("code", ["", "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\4none'); raise SystemExit(0)"])
def test_a_process_that_says_nothing_useful_is_done_without(folder, code, monkeypatch, caplog):
    monkeypatch.setattr(apart, "BOOT", code)
    assert Reading(folder).settings() == load(folder, os.environ)
    assert "the configuration is read in this process" in caplog.text
