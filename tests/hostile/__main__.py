"""`python -m tests.hostile [--port N] [--trust FILE]`: run the hostile server and print its URLs.

Each line: URL, and what monitor makes of it. `/to?URL` redirects to URL. `--trust` writes the certificate of the authority
that signed what is signed properly.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.hostile import bombs
from tests.hostile.faults import FAULTS
from tests.hostile.server import TLS, hostile


async def run(port: int, trust: str, names: list[str]) -> None:
    # Half a second, in which nothing else would be served.
    bombs.gzipped()
    async with hostile(port, *names) as server:
        if trust:
            server.authority.cert_pem.write_to_path(trust)
        for fault in FAULTS.values():
            print(f"http://127.0.0.1:{server.port}{fault.path}\t{fault.makes}")
        for kind, makes in TLS.items():
            print(f"https://127.0.0.1:{server.tls[kind]}/page\t{makes}\t{kind}")
        print("end it with Ctrl-C", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--port", type=int, default=8666, help="of the plain server; 0: a free one")
    parser.add_argument("--trust", default="", metavar="FILE")
    parser.add_argument("--name", action="append", default=[], help="a further name of the good certificate")
    said = parser.parse_args()
    try:
        asyncio.run(run(said.port, said.trust, said.name))
    except KeyboardInterrupt:
        raise SystemExit(0) from None
