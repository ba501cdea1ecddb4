"""The folder entities/: what is read, what is said of what cannot be."""

from __future__ import annotations

import pytest

from monitor.errors import ConfigError, ConfigErrors
from monitor.settings.load import load


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: {nato: '@nato'}\n")
    (tmp_path / "entities").mkdir()
    return tmp_path


def pack(folder, name, text):
    (folder / "entities" / name).write_text(text)


def errors(folder):
    with pytest.raises((ConfigErrors, ConfigError)) as caught:
        load(folder, {}, addresses=False)
    return str(caught.value)


def test_packs_are_read_and_rules_yaml_comes_first(folder):
    pack(folder, "a.yaml", "entities: {nato: {names: [NATO]}, eu: {names: [EU]}}\n")
    settings = load(folder, {}, addresses=False)
    assert {entity.id for entity in settings.entities} == {"nato", "eu"}
    assert settings.origins["entities.nato"].endswith("a.yaml:1")
    (folder / "rules.yaml").write_text("rules: {nato: '@nato'}\nentities: {nato: {names: [OTAN]}}\n")
    settings = load(folder, {}, addresses=False)
    assert [name.text for entity in settings.entities if entity.id == "nato" for name in entity.names] == ["OTAN"]
    assert settings.origins["entities.nato"].endswith("rules.yaml:2")


def test_an_id_in_two_packs_is_an_error(folder):
    pack(folder, "a.yaml", "entities: {nato: {names: [NATO]}}\n")
    pack(folder, "b.yaml", "entities: {nato: {names: [OTAN]}}\n")
    assert "the entity 'nato' is also in a.yaml:1" in errors(folder)


@pytest.mark.parametrize("text", ["- a\n", "entities: [\n", "entities: {nato: {names: []}}\n"])
def test_one_fault_in_a_pack_is_told_once(folder, text):
    pack(folder, "a.yaml", text)
    told = errors(folder)
    assert "a.yaml" in told
    assert "there is no entity" not in told


def test_what_is_wrong_with_a_name_has_its_line(folder):
    pack(
        folder,
        "a.yaml",
        "entities:\n  nato:\n    names:\n      - {text: NATO, inflect: true, languages: [en]}\n      - '---'\n    unless_near: [a OR b, '*']\n",
    )
    told = errors(folder)
    assert "a.yaml:4" in told
    assert "no language whose forms are known" in told
    assert "a.yaml:5" in told
    assert "looked for as one phrase" in told


def test_hidden_files_are_not_packs_and_yml_is_told(folder):
    pack(folder, "a.yaml", "entities: {nato: {names: [NATO]}}\n")
    pack(folder, "._a.yaml", "\0")
    (folder / "entities" / ".#a.yaml").symlink_to("nobody@nowhere")
    pack(folder, "b.yml", "entities: {}\n")
    assert any("a pack ends in .yaml" in warning for warning in load(folder, {}, addresses=False).warnings)


def test_a_folder_that_is_none_is_told(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: {a: b}\n")
    (tmp_path / "entities").write_text("")
    assert "cannot be read" in errors(tmp_path)
    (tmp_path / "entities").unlink()
    (tmp_path / "entities").symlink_to("nowhere")
    assert "leads nowhere" in errors(tmp_path)
    (tmp_path / "entities").unlink()
    assert load(tmp_path, {}, addresses=False).entities == ()
