"""The language model unpacked and made smaller (grams.py), kept in a file that processes share.

It takes .45 s to unpack and as long to make smaller, and a fork server had 70 MB of its own for it. The file is mapped:
all processes share its 9 MB, and the kernel may take them back.

A file is its arrays, each as numpy writes it, at multiples of 64 bytes, and a checksum. Its name is the digest of the
packed model. It holds no objects: a wrong one costs a page its reader at worst, and one that another user may write is
not believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import stat
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

ENDING = ".languages"
_PART = f"part{ENDING}"
_ALIGNED = 64
_SUM = 4
_STEP = 1 << 20
# Another one for other arrays: files of the layout before are removed.
_LAYOUT = b"2"

Arrays = list["np.ndarray[Any, Any]"]


def name(packed: Path) -> str:
    """Return the name of the file for a packed model. Raises OSError."""
    return hashlib.sha256(_LAYOUT + packed.read_bytes()).hexdigest()[:32] + ENDING


def read(path: Path) -> Arrays | None:
    """Map a file that `write` wrote, read-only; None where there is none, or none to be trusted."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        about = os.fstat(file.fileno())
        own = about.st_uid in {0, os.geteuid()} and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if own and stat.S_ISREG(about.st_mode) and _sound(file, about.st_size - _SUM):
            return _arrays(file, about.st_size - _SUM)
    return None


def write(path: Path, arrays: Sequence[Any]) -> bool:
    """Write what numpy takes for arrays, whole or not at all, and remove the files of other models; False where that
    cannot be done, or another process is at it.
    """
    part = path.with_name(_PART)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One name for all that is unfinished: what a killed process left is written over.
        number = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another may have finished this very file, and others map it.
            if not os.path.samestat(os.fstat(number), part.stat()):
                return False
            _fill(file, arrays)
            part.replace(path)
        for other in path.parent.glob(f"*{ENDING}"):
            if other.name not in {path.name, _PART}:
                other.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _fill(file: IO[bytes], arrays: Sequence[Any]) -> None:
    file.truncate(0)
    try:
        for array in arrays:
            npy.write_array(file, np.asarray(array), allow_pickle=False)
            file.write(bytes(-file.tell() % _ALIGNED))
        size = file.tell()
        file.seek(0)
        total = _summed(file, size)
        file.seek(size)
        file.write(total.to_bytes(_SUM, "big"))
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        # A full disk is not to be full of this.
        file.truncate(0)
        raise


def _sound(file: IO[bytes], size: int) -> bool:
    return size > 0 and _summed(file, size).to_bytes(_SUM, "big") == file.read(_SUM)


def _summed(file: IO[bytes], size: int) -> int:
    # Read, not mapped: what is mapped and touched would count as this process's memory.
    total = 0
    while size and (data := file.read(min(size, _STEP))):
        total, size = zlib.crc32(data, total), size - len(data)
    return total


def _arrays(file: IO[bytes], size: int) -> Arrays:
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    found = []
    file.seek(0)
    while file.tell() < size:
        if npy.read_magic(file) != (1, 0):
            raise ValueError("of another version")
        shape, _, dtype = npy.read_array_header_1_0(file)
        count = int(np.prod(shape))
        found.append(np.frombuffer(whole, dtype, count, file.tell()).reshape(shape))
        file.seek(-(-(file.tell() + count * dtype.itemsize) // _ALIGNED) * _ALIGNED)
    return found
