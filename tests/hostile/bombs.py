"""Small bodies that unpack to a gibibyte, made in pieces when they are first asked for."""

from __future__ import annotations

import base64
import zlib
from functools import cache

GIB = 1 << 30
_MIB = 1 << 20
# One gibibyte of zeros by brotli 1.1 (quality 11, window 24) is 841 bytes, zlib and base64 make it these.
_BROTLI = (
    "eNo7//9//Q91hkcbHRS+/5v/////D/4MRxIZG979tQdyHs5n6DisxHD3d/2///8P2zMKtLMy7Pr+/8///+31TAp83Awl7////P+f/z+Lg4wYw4t7/z///"
    "y//j7PBQofhwt7/z///t/8jzFAYwbCg+v95qEUbGBxwWcQ0atGoRUPUInsAVujmqA=="
)


@cache
def gzipped() -> bytes:
    """Return a gibibyte of zeros as gzip: one block that is repeated, about 1 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * _MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(GIB // _MIB):
        check = zlib.crc32(b"\0" * _MIB, check)
    tail = packer.flush() + check.to_bytes(4, "little") + GIB.to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * (GIB // _MIB) + tail


@cache
def deflated() -> bytes:
    """Return the same as raw deflate."""
    return gzipped()[10:-8]


@cache
def brotli() -> bytes:
    """Return the same as brotli, 841 bytes."""
    return zlib.decompress(base64.b64decode(_BROTLI))


@cache
def zstandard() -> bytes:
    """Return a gibibyte of spaces as zstd: 8,192 blocks (RFC 8878) that each say "128 kB of this byte"."""
    size, run = 131_072, 1
    blocks = GIB // size
    heads = ((run << 1 | size << 3 | (number == blocks - 1)).to_bytes(3, "little") for number in range(blocks))
    return b"\x28\xb5\x2f\xfd\x00\x38" + b"".join(head + b" " for head in heads)


def stacked(layers: int) -> bytes:
    """Return a body packed by gzip so many times over."""
    body = b"<p>hello</p>"
    for _ in range(layers):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
    return body
