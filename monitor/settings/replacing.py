"""Files that take the place of others, at once and for good."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from monitor.errors import ConfigError


def put(path: Path, data: bytes, ready: Callable[[Path], object] = lambda _: None, *, hint: str = "") -> None:
    """Put `data` in the place of a file, whole or not at all. Its owner alone may read it from the first moment on,
    unless `ready`, which is given the new file before it takes the place, opens it further; what `ready` raises leaves
    all as it was. Raises ConfigError, with `hint`, where it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            ready(Path(name))
            Path(name).replace(path)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}", hint=hint) from error
