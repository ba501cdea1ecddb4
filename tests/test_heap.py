"""What malloc does with large pieces, asked of it in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
import ctypes, sys
from monitor import heap

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks".split()]
    _fields_ += [(name, ctypes.c_size_t) for name in ("fordblks", "keepcost")]

info = getattr(ctypes.CDLL(None), "mallinfo2", None)
if info is None:
    print("-")
    sys.exit()
info.restype = Info
if sys.argv[1] == "apart":
    heap.keep_apart()
bytearray(20 << 20)
before = info().hblkhd
held = bytearray(1 << 20)
print(info().hblkhd - before >= 1 << 20)
"""


SHARE = """
import ctypes, sys, threading
from monitor import heap

if not hasattr(ctypes.CDLL(None), "malloc_info"):
    print("-")
    sys.exit()
if sys.argv[1] == "shared":
    heap.share()
held = []
for _ in range(3):
    thread = threading.Thread(target=lambda: held.append([bytes(2_000) for _ in range(500)]))
    thread.start()
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
"""


@pytest.mark.parametrize(("how", "several"), [("shared", False), ("as it is", True)])
def test_threads_that_share_have_one_heap(how: str, several: bool) -> None:
    said = subprocess.run([sys.executable, "-c", SHARE, how], capture_output=True, text=True, check=True, timeout=60)
    if said.stdout.strip() == "-":
        pytest.skip("glibc is asked: this malloc does not tell")
    assert (said.stdout.count("<heap nr=") > 1) is several


@pytest.mark.parametrize(("how", "mapped"), [("apart", "True"), ("as it is", "False")])
def test_large_pieces_are_mapped_by_themselves_also_after_larger_ones_were_freed(how: str, mapped: str) -> None:
    said = subprocess.run([sys.executable, "-c", LOOK, how], capture_output=True, text=True, check=True, timeout=60)
    if said.stdout.strip() == "-":
        pytest.skip("glibc 2.33 or later is asked: this malloc does not tell")
    assert said.stdout.strip() == mapped
