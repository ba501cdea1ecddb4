"""A worker in a process of its own: `python -m tests.queue.worker ADDRESS FILE SLOTS SECONDS`.

Each job lasts so many seconds; `began KEY` and `did KEY` are lines of the file. SIGTERM: no more are taken.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from monitor.queue.jobs import Jobs, Kind


async def main(address: str, path: str, slots: int, seconds: float) -> None:
    lines = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def hand(key: str) -> None:
        os.write(lines, f"began {key}\n".encode())
        await asyncio.sleep(seconds)
        os.write(lines, f"did {key}\n".encode())

    await Jobs(address, path.rpartition("/")[2]).work({Kind.HOST: hand}, {Kind.HOST: slots}, stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
