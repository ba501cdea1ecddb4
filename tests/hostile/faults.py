"""What a hostile or broken server can do, one function a fault, by the path that asks for it."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

from monitor.errors import Reason
from tests.hostile import bombs, spellings

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
PAGE = b"<!doctype html><html><head><title>Harbour</title></head><body><p>Ships stay in the harbour.</p></body></html>"
# Paths that redirect lead here at last.
END = "/page"


@dataclass(frozen=True)
class Fault:
    """`makes`: the reason of the client's error, or the status of its page. `reads`: the reason why a page's body cannot
    be unpacked; None: it can.
    """

    path: str
    makes: Reason | int
    serve: Serve
    reads: Reason | None = None


FAULTS: dict[str, Fault] = {}


def add(path: str, makes: Reason | int, serve: Serve | bytes, reads: Reason | None = None) -> None:
    """Put a fault into the table; bytes are sent as they are."""
    assert path not in FAULTS
    FAULTS[path] = Fault(path, makes, partial(send, data=serve) if isinstance(serve, bytes) else serve, reads)


def fault(path: str, makes: Reason | int) -> Callable[[Serve], Serve]:
    """Put the function below into the table."""

    def put(serve: Serve) -> Serve:
        add(path, makes, serve)
        return serve

    return put


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def repeat(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause: float = 0.0) -> None:
    """Send pieces until there are no more, or nobody listens."""
    for piece in pieces:
        await send(writer, piece)
        if pause:
            await asyncio.sleep(pause)


def reply(body: bytes = PAGE, *headers: bytes, status: str = "200 OK") -> bytes:
    """Return a whole answer; a Content-Type is added where none is given."""
    lines = (
        list(headers) if any(line.lower().startswith(b"content-type") for line in headers) else [*headers, HTML[:-2]]
    )
    lines = [f"HTTP/1.1 {status}".encode(), *lines, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


# ---- slow


@fault("/silent", Reason.TIMEOUT)
async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


@fault("/silent/headers", Reason.TIMEOUT)
async def silent_after_headers(writer: asyncio.StreamWriter) -> None:
    await send(writer, OK + HTML + b"Content-Length: 100\r\n\r\n")
    await asyncio.sleep(3600)


@fault("/silent/half", Reason.TIMEOUT)
async def silent_in_a_header(writer: asyncio.StreamWriter) -> None:
    await send(writer, OK + b"Content-")
    await asyncio.sleep(3600)


@fault("/slow/headers", Reason.TIMEOUT)
async def slow_headers(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.chain([OK], itertools.repeat(b"X-A: b\r\n")), 0.5)


@fault("/slow/byte", Reason.TIMEOUT)
async def a_byte_a_second(writer: asyncio.StreamWriter) -> None:
    await send(writer, OK + HTML + b"Content-Length: 100000\r\n\r\n")
    await repeat(writer, itertools.repeat(b"x"), 1.0)


@fault("/slow/status", Reason.TIMEOUT)
async def a_status_letter_a_second(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, (bytes([byte]) for byte in reply()), 1.0)


@fault("/slow/chunks", Reason.TIMEOUT)
async def a_chunk_a_second(writer: asyncio.StreamWriter) -> None:
    await send(writer, OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n")
    await repeat(writer, itertools.repeat(b"1\r\nx\r\n"), 1.0)


@fault("/slow/continue", Reason.TIMEOUT)
async def a_continue_a_second(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), 1.0)


# ---- endless


@fault("/endless/body", Reason.TOO_LARGE)
async def endless_body(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.chain([OK + HTML + b"\r\n"], itertools.repeat(b"<p>x" * 16_384)))


@fault("/endless/chunks", Reason.TOO_LARGE)
async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
    await repeat(writer, itertools.chain([head], itertools.repeat(b"10000\r\n" + b"x" * 65_536 + b"\r\n")))


@fault("/endless/tiny-chunks", Reason.PROTOCOL)
async def endless_tiny_chunks(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
    await repeat(writer, itertools.chain([head], itertools.repeat(b"1\r\nx\r\n" * 2_000)))


@fault("/endless/chunk-extension", Reason.PROTOCOL)
async def endless_chunk_extension(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n1;"
    await repeat(writer, itertools.chain([head], itertools.repeat(b"a" * 65_536)))


@fault("/endless/chunk-extensions", Reason.TOO_LARGE)
async def endless_chunk_extensions(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
    await repeat(writer, itertools.chain([head], itertools.repeat(b"1;" + b"a" * 50_000 + b"\r\nx\r\n")))


@fault("/endless/trailers", Reason.PROTOCOL)
async def endless_trailers(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    await repeat(writer, itertools.chain([head], itertools.repeat(b"X-Trailer: y\r\n" * 1_000)))


@fault("/endless/headers", Reason.PROTOCOL)
async def endless_headers(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.chain([OK], itertools.repeat(b"X-Header: y\r\n" * 1_000)))


@fault("/endless/header", Reason.PROTOCOL)
async def endless_header(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.chain([OK + b"X: "], itertools.repeat(b"y" * 65_536)))


@fault("/endless/continue", Reason.TOO_LARGE)
async def endless_continue(writer: asyncio.StreamWriter) -> None:
    await repeat(writer, itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000))


# ---- bombs


def _packed(encoding: bytes, body: Callable[[], bytes]) -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        await send(writer, reply(body(), b"Content-Encoding: " + encoding))

    return serve


add("/bomb/gzip", 200, _packed(b"gzip", bombs.gzipped), Reason.TOO_LARGE)
add("/bomb/x-gzip", 200, _packed(b"X-GZIP", bombs.gzipped), Reason.TOO_LARGE)
add("/bomb/deflate", 200, _packed(b"deflate", bombs.deflated), Reason.TOO_LARGE)
add("/bomb/br", 200, _packed(b"br", bombs.brotli), Reason.ENCODING)
add("/bomb/zstd", 200, _packed(b"zstd", bombs.zstandard), Reason.ENCODING)
add("/bomb/stacked-2", 200, _packed(b"gzip, gzip", lambda: bombs.stacked(2)), Reason.ENCODING)
add("/bomb/stacked-100", 200, _packed(b", ".join([b"gzip"] * 100), lambda: bombs.stacked(100)), Reason.ENCODING)
add("/bomb/stacked-20000", Reason.PROTOCOL, _packed(b", ".join([b"gzip"] * 20_000), lambda: b"x"))
add("/bomb/not-packed", 200, reply(PAGE, b"Content-Encoding: gzip"), Reason.ENCODING)
add("/bomb/unknown", 200, reply(PAGE, b"Content-Encoding: rot13"), Reason.ENCODING)


@fault("/bomb/endless-gzip", Reason.TOO_LARGE)
async def endless_gzip(writer: asyncio.StreamWriter) -> None:
    head = OK + HTML + b"Content-Encoding: gzip\r\n\r\n"
    await repeat(writer, itertools.chain([head], itertools.repeat(bombs.gzipped())))


# ---- broken framing

add("/length/too-long", Reason.PROTOCOL, OK + HTML + b"Content-Length: 1000\r\n\r\nshort")
add("/length/too-short", 200, OK + HTML + b"Content-Length: 5\r\n\r\nshort and some more")
add("/length/huge", Reason.TOO_LARGE, OK + b"Content-Length: 99999999999999999999\r\n\r\n")
add("/length/longer-than-h11-reads", Reason.PROTOCOL, OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n")
add("/length/negative", Reason.PROTOCOL, OK + b"Content-Length: -1\r\n\r\n")
add("/length/text", Reason.PROTOCOL, OK + b"Content-Length: five\r\n\r\nshort")
add("/length/two", Reason.PROTOCOL, OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nshort")
add("/length/both", 200, OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
add("/length/304-with-body", 304, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello")
add("/length/204-with-body", 204, b"HTTP/1.1 204 No Content\r\n\r\nhello")
for number, size in enumerate([b"zz", b"-1", b"", b"0x5", b"ffffffffffffffffffff", b" 5", b"5 \x00", b"1" * 300_000]):
    head = OK + HTML + b"Transfer-Encoding: chunked\r\n\r\n"
    add(f"/chunk/bad-size-{number}", Reason.PROTOCOL, head + size + b"\r\nhello\r\n0\r\n\r\n")
add("/chunk/huge", Reason.PROTOCOL, OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\nhello")
add("/chunk/cut", Reason.PROTOCOL, OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel")
add("/chunk/no-end", Reason.PROTOCOL, OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
add("/chunk/no-line-end", Reason.PROTOCOL, OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n")
add("/chunk/other-coding", Reason.PROTOCOL, OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
add("/header/200-kb", Reason.PROTOCOL, OK + b"X: " + b"y" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n")
add("/header/70-kb", Reason.PROTOCOL, OK + b"X: " + b"y" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n")
add("/header/10000", Reason.PROTOCOL, OK + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n")
add("/header/1000", Reason.PROTOCOL, OK + b"".join(b"X-%d: y\r\n" % n for n in range(1_000)) + b"\r\n")
add("/header/nul", Reason.PROTOCOL, OK + b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n")
add("/header/cr", Reason.PROTOCOL, OK + b"X-A: a\rb\r\nContent-Length: 0\r\n\r\n")
add("/header/no-colon", Reason.PROTOCOL, OK + b"this is no header\r\n\r\n")
add("/header/no-name", Reason.PROTOCOL, OK + b": x\r\n\r\n")
add("/header/space-in-name", Reason.PROTOCOL, OK + b"X A: x\r\n\r\n")
add("/header/folded", 200, OK + b"X-A: a\r\n b\r\nContent-Length: 5\r\n\r\nhello")
add("/header/folded-first", Reason.PROTOCOL, OK + b" X-A: a\r\n\r\n")
add("/header/latin-1", 200, reply(PAGE, b"X-A: caf\xe9 \xff"))
add("/header/bare-newlines", 200, OK.replace(b"\r", b"") + b"Content-Length: 5\n\nhello")
add("/status/099", Reason.PROTOCOL, reply(status="99 X"))
add("/status/600", 600, reply(status="600 X"))
add("/status/999", 999, reply(status="999 Request denied"))
add("/status/abc", Reason.PROTOCOL, reply(status="abc X"))
add("/status/0", Reason.PROTOCOL, reply(status="0 X"))
add("/status/none", Reason.PROTOCOL, b"HTTP/1.1\r\n\r\n")
add("/status/no-words", 200, b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx")
add("/status/101", Reason.PROTOCOL, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")
add("/status/http-0.9", Reason.PROTOCOL, PAGE)
add("/status/http-1.0", 200, b"HTTP/1.0 200 OK\r\n\r\n" + PAGE)
add("/status/http-2", Reason.PROTOCOL, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
add("/status/http-3.7", 200, b"HTTP/3.7 200 OK\r\nContent-Length: 1\r\n\r\nx")
add("/status/ssh", Reason.PROTOCOL, b"SSH-2.0-OpenSSH_9.2\r\n")
add("/status/smtp", Reason.PROTOCOL, b"220 mail.example ESMTP\r\n")
add("/status/garbage", Reason.PROTOCOL, bytes(range(256)) * 40)
add("/status/newlines", Reason.PROTOCOL, b"\r\n" * 50_000)
add("/status/continue-then-page", 200, b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000 + reply())
add("/status/hints-then-page", 200, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply())
for status in (400, 401, 402, 403, 404, 408, 410, 418, 421, 425, 451, 500, 502, 504, 511, 520, 530):
    add(f"/status/{status}", status, reply(b"no", status=f"{status} X"))


@fault("/close/at-once", Reason.PROTOCOL)
async def close_at_once(writer: asyncio.StreamWriter) -> None:
    writer.close()


@fault("/close/in-headers", Reason.PROTOCOL)
async def close_in_headers(writer: asyncio.StreamWriter) -> None:
    await send(writer, OK + b"Content-Le")


async def _reset(writer: asyncio.StreamWriter, before: bytes) -> None:
    if before:
        await send(writer, before)
        # What was sent must arrive before the reset, which would take it back.
        await asyncio.sleep(0.05)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


add("/reset/at-once", Reason.CONNECT, partial(_reset, before=b""))
add("/reset/headers", Reason.CONNECT, partial(_reset, before=OK + b"X-A: b\r\n"))
add("/reset/body", Reason.CONNECT, partial(_reset, before=OK + b"Content-Length: 1000\r\n\r\nhello"))

# ---- redirects


def moved(to: bytes, status: str = "302 Found") -> bytes:
    return reply(b"", b"Location: " + to, status=status)


add("/loop", Reason.REDIRECTS, moved(b"/loop"))
add("/loop/a", Reason.REDIRECTS, moved(b"/loop/b"))
add("/loop/b", Reason.REDIRECTS, moved(b"/loop/a"))
for number in range(10):
    to = f"/chain/{number + 1}" if number < 9 else END
    add(f"/chain/{number}", Reason.REDIRECTS if number < 5 else 200, moved(to.encode()))
add("/moved/nowhere", 302, reply(b"", status="302 Found"))
add("/moved/empty", 302, moved(b""))
add("/moved/two", 404, reply(b"", b"Location: /loop", b"Location: /loop", status="302 Found"))
add("/moved/long", Reason.BAD_URL, moved(b"/" + b"x" * 60_000))
add("/moved/bytes", 404, moved(b"/caf\xe9\xff"))
add("/moved/line-break", Reason.PROTOCOL, moved(b"/page\rSet-Cookie: a=b"))
add("/moved/two-lines", 200, moved(b"/page\r\nSet-Cookie: a=b"))
add("/moved/encoded-line-break", 404, moved(b"/page%0d%0aSet-Cookie:%20a=b"))
add("/moved/304-with-location", 304, b"HTTP/1.1 304 Not Modified\r\nLocation: /page\r\n\r\n")
for status in (301, 303, 307, 308):
    add(f"/moved/{status}", 200, moved(END.encode(), f"{status} X"))
add("/moved/300", 300, moved(END.encode(), "300 Multiple Choices"))


@fault("/moved/endless", Reason.TOO_LARGE)
async def redirect_with_endless_body(writer: asyncio.StreamWriter) -> None:
    # The body of a redirect is not read at all; where it leads is.
    await repeat(
        writer, itertools.chain([b"HTTP/1.1 302 X\r\nLocation: /endless/body\r\n\r\n"], itertools.repeat(b"x" * 65_536))
    )


# Any of these reasons keeps us from dialling; which one it is depends on what the system makes of a spelling.
INWARD = frozenset({Reason.BLOCKED_ADDRESS, Reason.BAD_URL, Reason.DNS})
for number, url in enumerate(spellings.PATHS):
    add(f"/moved/path-{number}", 404, moved(url.encode()))
for number, url in enumerate(spellings.EVERY):
    add(f"/inward/{number}", Reason.BLOCKED_ADDRESS, moved(url.encode()))

# ---- what the bytes are

for path, kind, body in (
    ("pdf", b"application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" * 200),
    ("mp4", b"video/mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 400),
    ("zip", b"application/zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)) * 100),
    ("png", b"image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 100),
    ("elf", b"application/octet-stream", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100),
):
    add(f"/type/{path}", 200, reply(body, b"Content-Type: " + kind))
    add(f"/type/{path}-as-html", 200, reply(body))
for number, kind in enumerate(
    [b"", b"text", b"text/html;", b"text/html; charset", b"text/html; charset=", b";;;", b"a/b/c", b"\xff\xfe", b"x" * 9_000,
     b"text/html, text/plain", b"multipart/x-mixed-replace; boundary=x", b"application/json", b"text/css"]
):  # fmt: skip
    add(f"/type/odd-{number}", 200, reply(PAGE, b"Content-Type: " + kind))
add("/type/empty", 200, reply(b""))
add("/type/none", 200, OK + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
for label in (
    "idna", "punycode", "hex", "rot13", "zlib", "bz2", "base64", "uu", "quopri", "undefined", "utf-7", "utf-99",
    "unicode_escape", "raw_unicode_escape", "mbcs", "utf-16", "utf-16-le", "utf-32", "cp65001", "x" * 500, "../../etc", "\x7f",
):  # fmt: skip
    add(f"/charset/{label[:20].strip(chr(127)).replace('/', '')}", 200,
        reply(PAGE, b"Content-Type: text/html; charset=" + label.encode()))  # fmt: skip
add(
    "/charset/utf-16-without-mark",
    200,
    reply(PAGE.decode().encode("utf-16-le"), b"Content-Type: text/html; charset=utf-16"),
)
add("/charset/nul", 200, reply(PAGE.replace(b" ", b" \x00")))
add("/charset/not-utf-8", 200, reply(b"<p>" + bytes(range(128, 256)) * 100))
add("/page/one-line", Reason.TOO_LARGE, reply(b"<p>" + b"word " * 999_999))
add("/page/million-tags", Reason.TOO_LARGE, reply(b"<p>x" * 1_000_000))

# ---- what servers ask of a guest

_SOON = datetime.now(UTC) + timedelta(minutes=2)
for number, value in enumerate(
    ["120", "0", "-5", "99999999999999999999", "1.5", "soon", "", "2 minutes", "Wed, 21 Oct 2015 07:28:00 GMT",
     format_datetime(_SOON, usegmt=True), _SOON.isoformat(), "Wednesday, 21-Oct-65 07:28:00 GMT", "9" * 5_000, "٣"]
):  # fmt: skip
    line = b"Retry-After: " + value.encode()
    add(f"/busy/503-{number}", 503, reply(b"later", line, status="503 X"))
    add(f"/busy/429-{number}", 429, reply(b"later", line, status="429 X"))
add("/busy/503", 503, reply(b"later", status="503 X"))
add("/busy/429", 429, reply(b"later", status="429 X"))
add(
    "/cookies",
    200,
    reply(PAGE, *(b"Set-Cookie: c%d=%s; Domain=.example; Max-Age=99999" % (n, b"x" * 200) for n in range(100))),
)
add("/validators", 200, reply(PAGE, b'ETag: "' + b"x" * 50_000 + b'"', b"Last-Modified: yesterday"))
add(END, 200, reply())
