"""YAML as people write it: scalars mean what they look like, faults are found at their line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from monitor.settings import document
from monitor.settings.document import Document, read

FILE = Path("f.yaml")


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request, monkeypatch):
    """Both parsers of PyYAML: the C one may be missing on a machine."""
    monkeypatch.setattr(document, "_Loader", getattr(yaml, request.param))


def one_error(text: str):
    found = Document(FILE, text).errors
    assert len(found) == 1, [str(error) for error in found]
    return found[0]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((text, text) for text in "no on yes off y n 010 0o14 12:30 1:30:00 1_000 2026-11-24 .inf 0x1F".split()),
        *(("null", None), ("~", None), ("", None), ("true", True), ("FALSE", False)),
        *(("0", 0), ("-12", -12), ("5000000", 5_000_000), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5)),
        *(("'5'", "5"), ('"true"', "true"), ("!!str 5", "5"), ("a-b", "a-b"), ("nato -sport", "nato -sport")),
    ],
)
def test_a_scalar_means_what_it_looks_like(written, meant):
    found = Document(FILE, f"key: {written}\n")
    assert found.errors == []
    assert found.data == {"key": meant}
    assert type(found.data["key"]) is type(meant)


def test_keys_are_text_as_written():
    assert Document(FILE, "no: 1\n2024: 2\nnull: 3\ntrue: 4\n").data == {"no": 1, "2024": 2, "null": 3, "true": 4}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeff# mark\n"])
def test_an_empty_file_is_an_empty_mapping(text):
    found = Document(FILE, text)
    assert (found.data, found.errors, found.usable) == ({}, [], True)


@pytest.mark.usefixtures("loader")
def test_a_key_given_twice_is_refused_and_the_first_one_kept():
    found = Document(FILE, "a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n")
    assert [(e.line, e.column) for e in found.errors] == [(5, 3)]
    assert "'x' is given twice, first in line 3" in found.errors[0].message
    assert found.data["b"] == {"x": 1, "y": 2}


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('rules:\n  a: "x" OR "y"\n', 2, 10, "not YAML"),
        ("rules:\n  a: @nato\n", 2, 6, "not YAML"),
        ("a:\n\tb: 1\n", 2, 1, "tabs"),
        ("a: !!python/object:os.system x\n", 1, 4, "tag !!python/object:os.system"),
        ("a: !secret x\n", 1, 4, "tag !secret"),
        ("a: *nobody\n", 1, 4, "no &nobody"),
        ("a: &x [*x]\n", 1, 8, "no &x"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: b\x1b[31m\n", 1, 5, "U+001B"),
        ("? [a]\n: b\n", 1, 3, "key is expected"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_where_it_stands(text, line, column, says):
    error = one_error(text)
    assert (error.line, error.column) == (line, column)
    assert says in str(error)


@pytest.mark.usefixtures("loader")
def test_depth_is_bounded():
    """PyYAML's own composer ends the process on this; newer ones of libyaml refuse it themselves."""
    assert "nest" in one_error("a: " + "[" * 100_000).message


@pytest.mark.usefixtures("loader")
def test_aliases_are_bounded():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    assert "aliases repeat" in one_error("\n".join(lines)).message


def test_an_honest_alias_is_its_value():
    found = Document(FILE, "a: &feeds [x, y]\nb: *feeds\n")
    assert found.data == {"a": ["x", "y"], "b": ["x", "y"]}
    assert found.line(("b",)) == 2


def at(text: str, query: str, keys=("q",)) -> tuple[str, str]:
    """Return the line that is named for the `!` of the query at `keys`, and the character under the caret."""
    found = Document(FILE, text)
    assert found.errors == []
    value = found.data[keys[0]]
    assert value.split() == query.split()
    error = found.error_within(keys, value, value.index("!"), "here")
    row = text.split("\n")[error.line - 1]
    return row.strip(), row[error.column - 1]


@pytest.mark.parametrize(
    "text",
    [
        "q: one two !three\n",
        "q: 'one two !three'\n",
        'q: "one two !three"\n',
        "q: |\n  one\n  two !three\n",
        "q: |-\n\n    one\n      two\n    !three\n",
        "q: >\n  one two\n\n  !three\n",
        "q: one\n  two\n  !three\n",
        "x: 1\nq:\n  'one\n\n   two !three'\n",
    ],
)
def test_a_character_of_a_text_is_found_in_the_file(text):
    row, character = at(text, "one two !three")
    assert character == "!"
    assert "!three" in row


def test_a_character_behind_an_escape_is_found():
    assert at("q: 'it''s !x'\n", "it's !x")[1] == "!"
    assert at('q: "a \\"b\\" !x"\n', 'a "b" !x')[1] == "!"
    # An escape that is not walked: the text's own place is near enough.
    assert at('q: "\\u00e9 !x"\n', "é !x")[1] == '"'


def test_the_end_of_a_text_is_a_place_too():
    found = Document(FILE, "q: |\n  one AND\n")
    error = found.error_within(("q",), found.data["q"], len(found.data["q"]), "more is expected")
    assert (error.line, error.column) == (2, 10)


def test_addresses_in_a_secret_file_are_not_shown():
    text = "channels:\n  a: {url: json://host/token1, url: x}\n  b: {url_env: token2, url_env: token2}\n"
    text += (
        '  c:\n    url_file: x\n    "url": "token3"\n    "url": token3\n  d: {url_env: MAIL_URL, url_env: MAIL_URL}\n'
    )
    shown = "\n".join(str(error) for error in Document(FILE, text, secret=True).errors)
    assert "token" not in shown
    assert "MAIL_URL" in shown


def test_files_that_cannot_be_read_say_so(tmp_path):
    assert read(tmp_path / "none.yaml").errors == []
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nname: caf\xe9\n")
    assert "line 2 is not UTF-8" in str(read(latin).errors[0])
    assert "cannot be read" in str(read(tmp_path).errors[0])


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.yaml").mkdir()
    for name, says in (("link.yaml", "leads nowhere"), ("folder.yaml", "no regular file")):
        (error,) = document.read(tmp_path / name).errors
        assert says in error.message
