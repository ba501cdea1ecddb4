"""`python -m tests.sealed UNIT COMMAND…` runs a command under the system call rules of a systemd unit, without systemd.

What a unit says is compiled into the same seccomp filters by the same library: SystemCallFilter, MemoryDenyWriteExecute,
RestrictAddressFamilies and RestrictNamespaces. Linux on x86-64, with systemd-analyze (which knows the groups) and libseccomp.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import shutil
import socket
import subprocess
import sys
from ctypes.util import find_library
from functools import cache
from mmap import PROT_EXEC, PROT_WRITE
from pathlib import Path

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EQUAL, MASKED = 4, 7
MOST_FAMILIES = 46
CLONE_NEW = 0x7E020080  # all kinds of namespaces


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def lacking() -> str:
    """Return why nothing can be sealed here, "" where it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the filters are written for Linux on x86-64"
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is not installed"
    return "" if find_library("seccomp") else "libseccomp is not installed"


def said(unit: Path, key: str) -> list[str]:
    """Return all values a unit gives a key, in order."""
    lines = (line.partition("=") for line in unit.read_text("utf-8").splitlines())
    return [value.strip() for name, _, value in lines if name == key]


@cache
def group(name: str) -> frozenset[str]:
    """Return the system calls of a group such as @system-service."""
    text = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
    ).stdout
    found: set[str] = set()
    for word in text.split("\n", 2)[2].split():
        found |= group(word) if word.startswith("@") else {word}
    return frozenset(found)


def allowed(unit: Path) -> frozenset[str]:
    """Return the system calls that a unit's SystemCallFilter leaves."""
    names = set(group("@default"))
    for value in said(unit, "SystemCallFilter"):
        words = value.removeprefix("~").split()
        listed = set().union(*(group(word) if word.startswith("@") else {word} for word in words))
        names = names - listed if value.startswith("~") else names | listed
    return frozenset(names)


class Filter:
    """A seccomp filter."""

    def __init__(self, default: int) -> None:
        self._lib = ctypes.CDLL(find_library("seccomp"))
        self._lib.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._lib.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action: int, name: str, *when: Compare) -> None:
        number = self._lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this architecture
            return
        array = (Compare * len(when))(*when)
        code = self._lib.seccomp_rule_add_array(self._context, ctypes.c_uint32(action), number, len(when), array)
        assert code == 0, f"{name}: {os.strerror(-code)}"

    def load(self) -> None:
        assert self._lib.seccomp_load(self._context) == 0


def seal(unit: Path) -> None:
    """Put this process and all it starts under the rules of `unit`; there is no way back."""
    names = allowed(unit)
    refused = Filter(ALLOW)
    if said(unit, "MemoryDenyWriteExecute") == ["yes"]:
        both = PROT_EXEC | PROT_WRITE
        refused.add(ERRNO | errno.EPERM, "mmap", Compare(2, MASKED, both, both))
        refused.add(ERRNO | errno.EPERM, "mprotect", Compare(2, MASKED, PROT_EXEC, PROT_EXEC))
        refused.add(ERRNO | errno.EPERM, "pkey_mprotect", Compare(2, MASKED, PROT_EXEC, PROT_EXEC))
    if said(unit, "RestrictNamespaces") == ["yes"]:
        for name, place in (("clone", 0), ("unshare", 0)):
            for bit in range(64):
                if CLONE_NEW & 1 << bit:
                    refused.add(ERRNO | errno.EPERM, name, Compare(place, MASKED, 1 << bit, 1 << bit))
        refused.add(ERRNO | errno.ENOSYS, "clone3")
        refused.add(ERRNO | errno.EPERM, "setns")
    families = {getattr(socket, word) for value in said(unit, "RestrictAddressFamilies") for word in value.split()}
    for number in set(range(MOST_FAMILIES)) - families if families else ():
        refused.add(ERRNO | errno.EAFNOSUPPORT, "socket", Compare(0, EQUAL, number, 0))
    refused.load()
    calls = Filter(ERRNO | getattr(errno, said(unit, "SystemCallErrorNumber")[0]))
    for name in sorted(names):
        calls.add(ALLOW, name)
    calls.load()


if __name__ == "__main__":
    seal(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
