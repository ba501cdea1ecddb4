"""What ships works as it stands, and its schemas are those of the code."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from monitor.settings import paths
from monitor.settings.document import read
from monitor.settings.load import load
from monitor.settings.schema import FILE_MODELS, json_schema


@pytest.fixture(scope="module")
def settings():
    return load(paths.shipped(), {"MONITOR_STORAGE_PATH": "/nowhere/monitor.db"})


def test_it_loads_without_a_warning(settings):
    assert settings.warnings == ()
    assert [channel.kind for channel in settings.channels] == ["console"]
    assert settings.routes[0].channels == ("console",)


def test_it_reads_many_languages(settings):
    assert len(settings.outlets) >= 10
    assert len({outlet.language for outlet in settings.outlets}) >= 6
    assert "no" in {outlet.language for outlet in settings.outlets}
    assert all(outlet.homepage and outlet.sources for outlet in settings.outlets)
    assert not any(outlet.ignore_robots or outlet.private for outlet in settings.outlets)


def test_the_acronym_is_never_a_plain_word(settings):
    """`nato` is "born" in Italian and "then" in Slovene: no name may hold in lower case there."""
    (nato,) = [entity for entity in settings.entities if entity.id == "nato"]
    latin = [name for name in nato.names if name.text.casefold() == "nato"]
    assert latin
    assert all(name.exact for name in latin)
    titled = [name for name in latin if name.text == "Nato"]
    assert all(name.not_at_sentence_start for name in titled if {"it", "sl"} & set(name.languages))
    assert all(name.languages for name in titled)


@pytest.mark.parametrize("name", paths.NAMES)
def test_the_first_line_names_a_schema_that_is_up_to_date(name):
    path = paths.shipped() / f"{name}.yaml"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{name}.schema.json"
    stored = json.loads((path.parent / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert stored == json_schema(name), "run `monitor config schema config`"


def test_the_packs_name_their_schema_and_check():
    for path in sorted((paths.shipped() / "entities").glob("*.yaml")):
        assert path.read_text(encoding="utf-8").startswith(
            "# yaml-language-server: $schema=../schema/entities.schema.json\n"
        )
    stored = json.loads((paths.shipped() / "schema" / "entities.schema.json").read_text(encoding="utf-8"))
    assert stored == json_schema("entities"), "run `monitor config schema config`"


def test_a_pack_has_a_name_in_each_of_eight_languages(settings):
    """One that holds there by its languages; that it is the right one no test can tell."""
    pack = [entity for entity in settings.entities if "security-policy" in settings.origins[f"entities.{entity.id}"]]
    assert len(pack) >= 60
    for entity in pack:
        for language in ("en", "uk", "ru", "fr", "de", "es", "it", "pl"):
            assert any(not name.languages or language in name.languages for name in entity.names), (entity.id, language)


@pytest.mark.parametrize("name", [*paths.NAMES, "entities"])
def test_every_key_is_described_for_editors(name):
    schema = json_schema(name)
    for model in (schema, *schema.get("$defs", {}).values()):
        assert model["additionalProperties"] is False
        assert "description" in model
        assert all("description" in item or "$ref" in item for item in model["properties"].values())


def test_the_commented_examples_are_right(tmp_path):
    """Each `#key:` line of the shipped files, without its mark, is a key that exists."""
    for name in paths.NAMES:
        text = (paths.shipped() / f"{name}.yaml").read_text(encoding="utf-8")
        # Prose is `# text` and its tables `#   text`.
        text = re.sub(r"(?m)^( *)#(?=\S|  \S)", r"\1", text)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        assert read(tmp_path / f"{name}.yaml").errors == []
    shutil.copytree(paths.shipped() / "entities", tmp_path / "entities")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "telegram").write_text("tgram://token/1\n")
    (tmp_path / "tell").write_text("#!/bin/sh\n")
    (tmp_path / "tell").chmod(0o700)
    environ = {"MAIL_URL": "mailtos://a:b@example.org", "SLACK_URL": "slack://a/b/c", "NTFY_URL": "ntfys://ntfy.sh/x"}
    environ |= {"HOOK_URL": "https://desk.example.org/hook", "HOOK_KEY": "0123456789abcdef"}
    environ["SMTP_URL"] = "smtp://a:b@mail.example.org"
    settings = load(tmp_path, environ)
    assert settings.contact == "newsroom@example.org"
    assert settings.storage == tmp_path / "monitor.db"
    assert {channel.id for channel in settings.channels} == {
        "console", "mail", "slack", "telegram", "phone", "service", "script"
    }  # fmt: skip
    assert [route.id for route in settings.routes] == ["everything", "nato-desk", "morning"]


def test_every_file_has_a_model():
    assert tuple(FILE_MODELS) == paths.NAMES
