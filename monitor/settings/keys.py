"""What the models of all files share: ids, texts, languages, and a mapping with known keys."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from monitor.parse.language import primary

ID = r"^[a-z0-9][a-z0-9._-]*$"


def _language(value: str) -> str:
    code = primary(value)
    if code is None:
        raise ValueError("a language code such as en, de or uk")
    return code


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("some text")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):
        raise ValueError("the name of an environment variable, in capitals, such as MAIL_URL")
    return value


Id = Annotated[str, Field(pattern=ID, max_length=64)]
Text = Annotated[str, AfterValidator(_not_blank)]
Language = Annotated[str, AfterValidator(_language), WithJsonSchema({"type": "string", "examples": ["en", "de", "uk"]})]
Variable = Annotated[str, AfterValidator(_variable)]
Severity = Literal["low", "normal", "high"]


class Keys(BaseModel):
    """A mapping with known keys. A key with nothing after it counts as not given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None or key not in cls.model_fields}
        return value
