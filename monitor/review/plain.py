"""Records as JSON has them. Light: every command imports it."""

from __future__ import annotations

from typing import Any


def plain(value: object) -> Any:
    """Turn records into what json can write: fields that are secret are left out, times become ISO 8601."""
    import dataclasses
    from datetime import datetime

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.repr}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8; JSON escapes every control character itself.
        return value.encode("utf-8", "replace").decode("utf-8")
    return value
