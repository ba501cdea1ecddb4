"""Outlets written into outlets.yaml: what stood there stays byte for byte, or nothing is changed."""

from __future__ import annotations

import errno
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.model import Outlet, Source
from monitor.settings import edit
from monitor.settings.load import load
from monitor.settings.paths import shipped

NEW = Outlet("quay", "The Quay", "https://quay.example/", (Source("https://quay.example/rss"),), "en", tags=("sea",))
OLD = "  a:\n    feeds: [https://a.example/rss]  # the only one\n"
LINES = [
    "  quay:",
    "    name: The Quay",
    "    homepage: https://quay.example/",
    "    language: en",
    "    feeds: [https://quay.example/rss]",
    "    tags: [sea]",
]
ENTRY = "".join(line + "\n" for line in LINES)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "rules.yaml").write_text("rules: {}\n")
    return folder


def added(folder, text, *new):
    """Write the file, add outlets, and return what stands there then."""
    path = folder / "outlets.yaml"
    raw = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(raw)
    before = load(folder, {})
    edit.add_outlets(before, new or (NEW,), {})
    assert load(folder, {}).outlets == (*before.outlets, *(new or (NEW,)))
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []
    return path.read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\noutlets:\n" + OLD, "\n# the end\n"),
        ("outlets:\n" + OLD, "  # b:\n  #   feeds: [x]\n\n"),
        ("outlets:\n" + OLD, "...\n"),
        ("---\noutlets:\n" + OLD, ""),
        ("# outlets: {}\noutlets:  # none yet\n", "\n  # here they come\n"),
        ("outlets:\n  a:\n    name: |\n      two\n      lines\n    feeds:\n      - https://a.example/rss\n", "# z\n"),
        ("outlets:\n  a: {feeds: [https://a.example/rss]} # x\n", ""),
        ("# only comments\n", ""),
    ],
)
def test_everything_that_stood_there_stays(folder, before, after):
    entry = ENTRY if "outlets:" in before.replace("# outlets:", "") else "outlets:\n" + ENTRY
    assert added(folder, before + after).decode() == before + entry + after


def test_the_file_is_made_where_there_is_none(folder):
    edit.add_outlets(load(folder, {}), [NEW], {})
    text = (folder / "outlets.yaml").read_text()
    assert text == "# yaml-language-server: $schema=schema/outlets.schema.json\noutlets:\n" + ENTRY


def test_entries_stand_in_the_column_of_those_that_are_there(folder):
    text = added(folder, "outlets:\n    a:\n        feeds: [https://a.example/rss]\n").decode()
    assert text.endswith("\n    quay:\n      name: The Quay\n" + "\n".join("  " + line for line in LINES[2:]) + "\n")


def test_line_ends_and_a_byte_order_mark_stay(folder):
    before = b"\xef\xbb\xbfoutlets:\r\n  a:\r\n    feeds: [https://a.example/rss]"
    assert added(folder, before) == before + b"\r\n" + ENTRY.replace("\n", "\r\n").encode()


def test_braces_without_anything_in_them_make_room(folder):
    assert added(folder, "outlets: {}  # none\n").decode() == "outlets:  # none\n" + ENTRY


@pytest.mark.parametrize(
    "text",
    [
        "outlets: {a: {feeds: [https://a.example/rss]}}\n",
        "{outlets: {a: {feeds: [https://a.example/rss]}}}\n",
        "outlets: ~\n",
        "outlets:\n  a:\n    feeds: [https://a.example/rss]\n    name: |\n      b\n      # c\n",
    ],
)
def test_a_file_without_room_is_left_alone_and_the_entry_is_shown(folder, text):
    (folder / "outlets.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        edit.add_outlets(load(folder, {}), [NEW], {})
    assert "this file cannot be added to" in str(error.value)
    assert "https://quay.example/rss" in str(error.value)
    assert (folder / "outlets.yaml").read_text() == text
    assert len(list(folder.iterdir())) == 2


def test_an_outlet_that_is_there_is_not_written_twice(folder):
    (folder / "outlets.yaml").write_text("outlets:\n" + ENTRY)
    with pytest.raises(ConfigError, match="given twice"):
        edit.add_outlets(load(folder, {}), [NEW], {})
    assert (folder / "outlets.yaml").read_text() == "outlets:\n" + ENTRY


def test_a_file_that_changed_meanwhile_is_left_alone(folder, monkeypatch):
    path = folder / "outlets.yaml"
    path.write_text("outlets:\n" + OLD)

    def meanwhile(*words, **named):
        path.write_text("outlets:\n" + OLD + "# edited\n")
        return load(*words, **named)

    before = load(folder, {})
    monkeypatch.setattr(edit, "load", meanwhile)
    with pytest.raises(ConfigError, match="changed while"):
        edit.add_outlets(before, [NEW], {})
    assert path.read_text().endswith("# edited\n")
    assert len(list(folder.iterdir())) == 2


def test_a_link_to_the_file_and_its_mode_stay(folder, tmp_path):
    real = tmp_path / "shared.yaml"
    real.write_text("outlets:\n" + OLD)
    real.chmod(0o640)
    (folder / "outlets.yaml").symlink_to(real)
    edit.add_outlets(load(folder, {}), [NEW], {})
    assert (folder / "outlets.yaml").is_symlink()
    assert real.read_text() == "outlets:\n" + OLD + ENTRY
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_full_disk_is_said_in_words_and_loses_nothing(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (folder / "outlets.yaml").write_text("outlets:\n" + OLD)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"cannot write .*outlets\.yaml: No space"):
        edit.add_outlets(load(folder, {}), [NEW], {})
    assert (folder / "outlets.yaml").read_text() == "outlets:\n" + OLD
    assert len(list(folder.iterdir())) == 2


def test_what_ships_is_not_written_to():
    with pytest.raises(ConfigError, match="no configuration folder of yours"):
        edit.writable(load(shipped(), {}, addresses=False))


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    WORDS, st.lists(WORDS, max_size=3), st.sampled_from(["no", "true", "1.5", "a,b", "x: y", "#", "'", '"', "-", "01"]),
    st.sampled_from(["?q=a,b", "?a=[1]", "#x", "'", "?a={b}&c=d", ":", "/%20"]),
)  # fmt: skip
def test_any_name_and_tag_reads_as_it_was_written(folder, name, tags, odd, tail):
    sources = (
        Source(f"https://a.example/{tail}"),
        Source("https://a.example/news.xml", "sitemap"),
        Source("https://a.example/", "listing"),
        Source("https://a.example/b", "listing", "div.x > a[href*='/20']"),
    )
    outlet = Outlet("no", name, "https://a.example/", sources, tags=(odd, *tags), private=True)
    added(folder, "outlets:\n" + OLD, outlet)
