"""docs/message.schema.json says what messages are: real ones fit, and none has a field that it does not name."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import AlertReason
from monitor.model import Kind, Message
from monitor.notify.payload import VERSION, plain
from monitor.notify.sample import samples
from monitor.notify.templates import Templates

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "message.schema.json").read_text(encoding="utf-8")
)
MESSAGES = {kind.value: json.loads(message.payload) for kind, message in samples().items()}
MESSAGES["plain"] = json.loads(plain(Message("id", "t", "one\n\ntwo", kind=Kind.TEST)))
MESSAGES["worded"] = json.loads(Templates({"own": {"txt": "{{ title }}"}}).apply("own", samples()[Kind.ALERT]).payload)
TYPES = {"boolean": bool, "object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
NOTES = {"$schema", "$defs", "title", "description", "examples", "format"}


def faults(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Return what does not fit, by the keywords that the schema uses; a field it does not name is a fault too."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] | {
            key: said for key, said in schema.items() if key != "$ref"
        }
    found: list[str] = []
    for key, said in schema.items():
        if key in NOTES:
            continue
        found += [f"{at}: {fault}" for fault in _fault(value, key, said)]
    if isinstance(value, dict):
        named = schema.get("properties", {})
        found += [f"{at}: {name} is not in the schema" for name in value.keys() - named.keys()]
        for name, inner in value.items():
            found += faults(inner, named.get(name, {}), f"{at}.{name}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found += faults(inner, schema.get("items", {}), f"{at}[{index}]")
    return found


def _fault(value: Any, key: str, said: Any) -> list[str]:
    checks = {
        "type": lambda: any(
            isinstance(value, TYPES[one]) and (one == "boolean") == isinstance(value, bool)
            for one in ([said] if isinstance(said, str) else said)
        ),
        "const": lambda: value == said,
        "enum": lambda: value in said,
        "pattern": lambda: re.search(said, value) is not None,
        "minLength": lambda: len(value) >= said,
        "minimum": lambda: value >= said,
        "minItems": lambda: len(value) >= said,
        "maxItems": lambda: len(value) <= said,
        "required": lambda: set(said) <= set(value),
        "anyOf": lambda: any(not faults(value, one) for one in said),
        "properties": lambda: True,
        "items": lambda: True,
    }
    return [] if checks[key]() else [f"{key} {said}: {value!r}"]


@pytest.mark.parametrize("name", MESSAGES)
def test_real_messages_fit(name: str) -> None:
    assert faults(MESSAGES[name], SCHEMA) == []


def test_the_samples_use_every_field() -> None:
    """So that a field which no sample has is not left unproven."""
    used = json.dumps(list(MESSAGES.values()))
    for model in (SCHEMA, *SCHEMA["$defs"].values()):
        for field in model.get("properties", {}):
            assert f'"{field}":' in used, field
    assert any(message["changes"] for message in MESSAGES.values())
    assert any(message["others"] for message in MESSAGES.values())


def test_the_schema_is_of_this_version_and_its_closed_lists_are_the_codes() -> None:
    fields = SCHEMA["properties"]
    assert fields["version"] == {"const": VERSION}
    assert fields["kind"]["enum"] == [kind.value for kind in Kind]
    assert set(fields["reason"]["examples"]) <= {reason.value for reason in AlertReason}


def _broken(change: Any) -> Any:
    message = copy.deepcopy(MESSAGES["alert"])
    change(message)
    return message


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message.update(version=2),
        lambda message: message.update(kind="pigeon"),
        lambda message: message.update(colour="red"),
        lambda message: message.pop("heading"),
        lambda message: message.update(more=-1),
        lambda message: message["rules"][0].update(severity="urgent"),
        lambda message: message["sections"][0]["items"][0].update(url="javascript:alert(1)"),
        lambda message: message["sections"][0]["items"][0].update(published=7),
        lambda message: message["sections"][0]["items"][0]["quotes"][0].update(marks=[[1]]),
        lambda message: message["others"][0]["outlet"].pop("name"),
        lambda message: message.update(notes="one"),
    ],
)
def test_what_does_not_fit_is_seen(change: Any) -> None:
    assert faults(_broken(change), SCHEMA)


def test_marks_cut_what_matched_out_of_the_sentence() -> None:
    [quote] = MESSAGES["alert"]["sections"][0]["items"][0]["quotes"]
    assert [quote["text"][start:end] for start, end in quote["marks"]] == ["coalition of the willing"]
